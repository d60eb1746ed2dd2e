// SPDX-License-Identifier: GPL-2.0-or-later
//
// What /proc/iomem has in the BARs of functions, found once for all functions of a machine: boot
// framebuffers, and the regions that drivers and other parts of the kernel have requested.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "host/pci_address.h"
#include "host/result.h"
#include "host/root.h"

namespace host {

class IoMemory {
 public:
  explicit IoMemory(std::string_view iomem);
  static Result<IoMemory> read(const Root& root);

  // As overlapping_framebuffers() of host/framebuffer.h.
  std::vector<std::string> overlapping_framebuffers(std::string_view resource,
                                                    const PciAddress& address) const;

  // The names of the regions directly inside BARs of the function, each once: "vfio-pci", "efifb".
  std::vector<std::string> regions_in_bars(const PciAddress& address) const;

 private:
  struct Framebuffer {
    std::string name;
    uint64_t first = 0, last = 0;
    std::vector<std::string> enclosing;  // the enclosing regions, outermost first
  };
  std::vector<Framebuffer> framebuffers_;
  std::map<std::string, std::vector<std::string>, std::less<>> in_bars_;  // by PCI address
};

// The boot framebuffers over the BARs of the function at `address`. The caller reads `memory` once
// for all functions.
Result<std::vector<std::string>> read_overlapping_framebuffers(const Root& root,
                                                               const PciAddress& address,
                                                               const Result<IoMemory>& memory);

}  // namespace host
