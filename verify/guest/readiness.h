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
#include "verify/guest/account.h"
#include "verify/guest/libvirt.h"
#include "verify/guest/memory.h"
#include "verify/guest/qemu.h"

namespace verify::guest {

// The guest that the user wants to run.
struct Wanted {
  uint64_t memory = 0;  // bytes; 0: not given
  std::string user;     // starts the guest; "": the invoking user
};

struct GroupNode {
  int group = 0;
  host::Result<Node> node;
};

struct Readiness {
  Wanted wanted;
  std::optional<host::Result<Account>> account;  // nothing: a captured tree has no users
  LockLimit lock_limit;
  std::vector<HugePages> huge_pages;
  host::Result<Node> container = host::Error{ENOENT, "open /dev/vfio/vfio"};
  std::vector<GroupNode> groups;
  std::string qemu;                                     // the program; "": not found
  std::optional<host::Result<bool>> qemu_has_vfio_pci;  // nothing: it was not asked
  std::vector<UefiFirmware> firmware;
  Libvirt libvirt;
};

// The sources that are used besides files.
struct Extent {
  bool live = true;      // users, devices, other programs
  bool programs = true;  // false: QEMU and libvirt are not asked (--quick)
};

Readiness look(const host::Root& root, const Wanted& wanted, const Extent& extent,
               const std::vector<int>& groups, const std::vector<host::PciAddress>& functions);

}  // namespace verify::guest
