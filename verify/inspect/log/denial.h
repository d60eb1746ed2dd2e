// SPDX-License-Identifier: GPL-2.0-or-later
//
// Messages of the audit subsystem: AppArmor or SELinux denied a program access to a device node of
// VFIO. They are in the kernel log only if auditd does not run.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace verify {

struct Denial {
  enum class By { kAppArmor, kSelinux };
  By by = By::kAppArmor;
  std::string node;     // "/dev/vfio/4", "/dev/vfio/devices/vfio0", "/dev/iommu"
  std::string program;  // "qemu-system-x86", at most 15 characters; "": unknown
};

// nullopt: the line is something else, or the access was only logged.
std::optional<Denial> denial_in(std::string_view line);

}  // namespace verify
