// SPDX-License-Identifier: GPL-2.0-or-later
//
// libvirt's list of the device nodes that every guest may open, besides those of its own devices.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/root.h"

namespace verify::guest {

// The value of cgroup_device_acl in /etc/libvirt/qemu.conf; empty: not set, so libvirt uses its
// own list.
std::vector<std::string> read_device_acl(const host::Root& root);
std::vector<std::string> parse_device_acl(std::string_view text);

}  // namespace verify::guest
