// SPDX-License-Identifier: GPL-2.0-or-later
//
// Is this machine ready to run a guest with the cards, for the user who is to start it? Everything
// that was looked at, as plain values for the checks guest.*.
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

// Of the guest that is to be.
struct Wanted {
  uint64_t memory = 0;  // bytes; 0: nobody said
  std::string user;     // "": who runs this
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
  std::string qemu;                                     // the program; "": there is none
  std::optional<host::Result<bool>> qemu_has_vfio_pci;  // nothing: it was not asked
  std::vector<UefiFirmware> firmware;
  Libvirt libvirt;
};

// What to ask beyond files.
struct Extent {
  bool live = true;      // users, devices, other programs
  bool programs = true;  // false: QEMU and libvirt are left in peace (--quick)
};

Readiness look(const host::Root& root, const Wanted& wanted, const Extent& extent,
               const std::vector<int>& groups, const std::vector<host::PciAddress>& functions);

}  // namespace verify::guest
