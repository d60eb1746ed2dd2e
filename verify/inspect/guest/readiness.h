// SPDX-License-Identifier: GPL-2.0-or-later
//
// Is this machine ready to run a guest with the cards, started by the given user? The facts for the
// checks guest.*, as plain values.
#pragma once

#include <cerrno>
#include <optional>
#include <string>
#include <vector>

#include "host/pci_address.h"
#include "host/root.h"
#include "verify/inspect/guest/account.h"
#include "verify/inspect/guest/device_acl.h"
#include "verify/inspect/guest/iommufd.h"
#include "verify/inspect/guest/libvirt.h"
#include "verify/inspect/guest/memory.h"
#include "verify/inspect/guest/qemu.h"

namespace verify::guest {

// The guest that the user wants to run.
struct RequestedGuest {
  uint64_t memory = 0;  // bytes; 0: not given
  std::string user;     // starts the guest; "": the invoking user
};

struct GroupNode {
  int group = 0;
  host::Result<Node> node;
};

struct Readiness {
  RequestedGuest requested;
  std::optional<host::Result<Account>> account;  // nothing: a captured tree has no users
  LockLimit lock_limit;
  std::vector<HugePages> huge_pages;
  host::Result<Node> container = host::Error{ENOENT, "open /dev/vfio/vfio"};
  std::vector<GroupNode> groups;
  std::string qemu;                                     // the program; "": not found
  std::optional<host::Result<bool>> qemu_has_vfio_pci;  // nothing: it was not asked
  std::vector<UefiFirmware> firmware;
  Libvirt libvirt;
  Iommufd iommufd;
  std::vector<std::string> device_acl;  // of libvirt, see device_acl.h
};

// The sources that are used besides files.
struct AllowedSources {
  bool live = true;      // users, devices, other programs
  bool programs = true;  // false: QEMU and libvirt are not asked (--quick)
};

Readiness read_readiness(const host::Root& root, const RequestedGuest& requested,
                         const AllowedSources& sources, const std::vector<int>& groups,
                         const std::vector<host::PciAddress>& functions);

}  // namespace verify::guest
