// SPDX-License-Identifier: GPL-2.0-or-later
//
// The disks below a PCI function, such as a USB stick on its ports, and whether they are in use.
#pragma once

#include <string>
#include <vector>

#include "host/fd.h"
#include "host/pci_address.h"
#include "host/root.h"

namespace early {

// Whole disks, by name ("sda").
std::vector<std::string> disks_below(const host::Root& root, const host::PciAddress& function);

// Opens each disk exclusively. This fails if the disk is mounted, used for swap or part of another
// device (bd_prepare_to_claim in block/bdev.c). While this object exists, nobody can begin to use
// the disks.
class DiskHold {
 public:
  DiskHold(const host::Root& root, const std::vector<std::string>& disks);

  // The disks that are in use, or that could not be opened.
  const std::vector<std::string>& in_use() const { return in_use_; }

 private:
  std::vector<host::Fd> held_;
  std::vector<std::string> in_use_;
};

}  // namespace early
