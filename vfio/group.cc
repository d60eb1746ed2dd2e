// SPDX-License-Identifier: GPL-2.0-or-later
#include "vfio/group.h"

#include <string>

#include <fcntl.h>
#include <linux/vfio.h>

#include "vfio/ioctl.h"

namespace vfio {

host::Result<Group> Group::open(const host::Root& root, int number) {
  auto fd = root.open_file("/dev/vfio/" + std::to_string(number), O_RDWR);
  if (!fd) return fd.error();
  return Group(std::move(*fd), number);
}

host::Result<bool> Group::viable() const {
  vfio_group_status status = {};
  status.argsz = sizeof(status);
  const auto answer = call(fd_, VFIO_GROUP_GET_STATUS, step("VFIO_GROUP_GET_STATUS"), &status);
  if (!answer) return answer.error();
  return (status.flags & VFIO_GROUP_FLAGS_VIABLE) != 0;
}

host::Result<void> Group::set_container(const Container& container) {
  int container_fd = container.fd().get();
  const auto answer =
      call(fd_, VFIO_GROUP_SET_CONTAINER, step("VFIO_GROUP_SET_CONTAINER"), &container_fd);
  if (!answer) return answer.error();
  return {};
}

host::Result<void> Group::unset_container() {
  const auto answer = call(fd_, VFIO_GROUP_UNSET_CONTAINER, step("VFIO_GROUP_UNSET_CONTAINER"));
  if (!answer) return answer.error();
  return {};
}

std::string Group::step(const char* ioctl) const {
  return std::string(ioctl) + " on group " + std::to_string(number_);
}

}  // namespace vfio
