// SPDX-License-Identifier: GPL-2.0-or-later
//
// A VFIO group, /dev/vfio/N: an IOMMU group. It can be opened only once at a time: while it is open
// here, no guest can start with it, and while a guest has it open, it cannot be opened here. The
// node exists while at least one function of the group is bound to a vfio driver.
#pragma once

#include "host/fd.h"
#include "host/result.h"
#include "host/root.h"
#include "vfio/container.h"

namespace vfio {

class Group {
 public:
  static host::Result<Group> open(const host::Root& root, int number);

  // Is no function of the group bound to a driver that does DMA for the host?
  host::Result<bool> viable() const;

  host::Result<void> set_container(const Container& container);
  host::Result<void> unset_container();

  const host::Fd& fd() const { return fd_; }

 private:
  Group(host::Fd fd, int number) : fd_(std::move(fd)), number_(number) {}

  std::string step(const char* ioctl) const;

  host::Fd fd_;
  int number_;
};

}  // namespace vfio
