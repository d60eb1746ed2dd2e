// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/disks.h"

#include <cerrno>

#include <fcntl.h>

namespace early {

std::vector<std::string> disks_below(const host::Root& root, const host::PciAddress& function) {
  const std::string part = "/" + function.str() + "/";  // of …/0000:01:00.0/usb2/…/block/sda
  std::vector<std::string> disks;
  for (const std::string& name : root.list("/sys/class/block").value_or({})) {
    const std::string block = "/sys/class/block/" + name;
    if (root.link_target(block).find(part) != std::string::npos &&
        !root.exists(block + "/partition"))
      disks.push_back(name);
  }
  return disks;
}

DiskHold::DiskHold(const host::Root& root, const std::vector<std::string>& disks) {
  for (const std::string& disk : disks) {
    auto opened = root.open_file("/dev/" + disk, O_RDONLY | O_EXCL | O_NONBLOCK);
    if (opened)
      held_.push_back(std::move(*opened));
    else if (opened.error().code != ENOMEDIUM)  // a card reader without a card
      in_use_.push_back(disk);
  }
}

}  // namespace early
