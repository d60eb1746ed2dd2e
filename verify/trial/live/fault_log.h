// SPDX-License-Identifier: GPL-2.0-or-later
//
// The IOMMU driver's lines in the kernel log about blocked DMA. They are additional evidence, not a
// proof: the kernel limits their rate, and an emulated AMD IOMMU has none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/fd.h"
#include "host/root.h"

namespace verify {

struct IommuFault {
  std::string device;           // "01:00.1", or with its domain, as in the line
  std::optional<bool> written;  // nothing: the line does not say
  uint64_t address = 0;

  bool is_write_by(std::string_view function, uint64_t page, uint64_t size) const;
};

// Parses a line of Intel's driver (dmar_fault_do_one in drivers/iommu/intel/dmar.c), AMD's
// (amd_iommu_report_page_fault in drivers/iommu/amd/iommu.c) or virtio-iommu's; nothing for any
// other line.
std::optional<IommuFault> parse_fault(std::string_view line);

// The new lines of the log for one function ("0000:01:00.1").
class FaultLog {
 public:
  static FaultLog open(const host::Root& root, std::string address);

  // Ignores the lines up to now.
  void skip() { (void)new_lines(); }

  // The first new line about a write by the function to that page; "": none.
  std::string find_write_fault(uint64_t page, uint64_t size);

 private:
  FaultLog(host::Fd log, std::string address)
      : log_(std::move(log)), address_(std::move(address)) {}
  std::vector<std::string> new_lines();

  host::Fd log_;
  std::string address_;
};

}  // namespace verify
