// SPDX-License-Identifier: GPL-2.0-or-later
//
// The disks below a PCI function, a USB stick on its ports perhaps, and whether somebody uses them.
#pragma once

#include <string>
#include <vector>

#include "host/fd.h"
#include "host/pci_address.h"
#include "host/root.h"

namespace early {

// Whole disks, by name ("sda").
std::vector<std::string> disks_below(const host::Root& root, const host::PciAddress& function);

// Opens each disk for itself alone, which fails where it is mounted, swapped to or part of
// something larger (bd_prepare_to_claim in block/bdev.c). Nobody can begin to use it while that
// lasts.
class DiskHold {
 public:
  DiskHold(const host::Root& root, const std::vector<std::string>& disks);

  // Those that are in use, or of which nobody can say.
  const std::vector<std::string>& in_use() const { return in_use_; }

 private:
  std::vector<host::Fd> held_;
  std::vector<std::string> in_use_;
};

}  // namespace early
