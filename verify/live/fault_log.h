// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the IOMMU's driver says in the kernel's log about DMA that it stopped. It corroborates and
// proves nothing: the kernel rations such lines, and an emulated AMD IOMMU has none.
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
  std::string device;           // "01:00.1", or with its domain, as the line has it
  std::optional<bool> written;  // nothing: the line does not say
  uint64_t address = 0;

  bool is_of(std::string_view function, uint64_t page, uint64_t size) const;
};

// A line of Intel's (dmar_fault_do_one in drivers/iommu/intel/dmar.c), AMD's
// (amd_iommu_report_page_fault in drivers/iommu/amd/iommu.c) or a virtio-iommu's; nothing for any
// other.
std::optional<IommuFault> parse_fault(std::string_view line);

// The log from now on, for one function ("0000:01:00.1").
class FaultLog {
 public:
  static FaultLog open(const host::Root& root, std::string address);

  // What stands there by now is of no interest.
  void skip() { (void)fresh(); }

  // The first line since then about a write of the function's to that page; "" none.
  std::string of_write_to(uint64_t page, uint64_t size);

 private:
  FaultLog(host::Fd log, std::string address)
      : log_(std::move(log)), address_(std::move(address)) {}
  std::vector<std::string> fresh();

  host::Fd log_;
  std::string address_;
};

}  // namespace verify
