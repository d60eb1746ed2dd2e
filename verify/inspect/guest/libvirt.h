// SPDX-License-Identifier: GPL-2.0-or-later
//
// libvirt's data about the cards, to compare them with the kernel's: a daemon that missed a change
// prepares a guest with outdated data. They are read with `virsh --readonly`, and only if the
// daemon is running: it is not started for this.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/pci_address.h"
#include "host/result.h"
#include "host/root.h"

namespace verify::guest {

// One function.
struct NodeDevice {
  host::PciAddress address;
  std::string driver;  // "" none
  std::optional<int> group;
};

struct Libvirt {
  bool installed = false;
  bool running = false;
  std::vector<host::Result<NodeDevice>> devices;  // in the given order, up to the first error
};

Libvirt query_libvirt(const host::Root& root, const std::vector<host::PciAddress>& functions,
                      bool live);

// "pci_0000_01_00_0".
std::string device_name(const host::PciAddress& address);
// The XML of `virsh nodedev-dumpxml` (libvirt, formatnode).
NodeDevice parse_node_device(const host::PciAddress& address, std::string_view xml);

}  // namespace verify::guest
