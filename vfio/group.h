// SPDX-License-Identifier: GPL-2.0-or-later
//
// An IOMMU group as VFIO hands it out, /dev/vfio/N. It opens once at a time: held here, no guest
// can start with it; held by a guest, it can't be opened here. The node is there while at least
// one function of the group is bound to a vfio driver.
#pragma once

#include "host/fd.h"
#include "host/result.h"
#include "host/root.h"
#include "vfio/container.h"

namespace vfio {

class Group {
 public:
  static host::Result<Group> open(const host::Root& root, int number);

  // Is every function of the group free of drivers that do DMA on the host's behalf?
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
