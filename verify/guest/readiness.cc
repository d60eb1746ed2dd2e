// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/guest/readiness.h"

#include <cstdlib>

#include <unistd.h>

#include "verify/progress.h"

namespace verify::guest {

namespace {

// root seldom starts guests: with sudo, the invoking user starts them.
std::string who_starts(const Wanted& wanted) {
  const char* caller = ::geteuid() == 0 ? std::getenv("SUDO_USER") : nullptr;
  return wanted.user.empty() && caller ? caller : wanted.user;
}

}  // namespace

Readiness look(const host::Root& root, const Wanted& wanted, const Extent& extent,
               const std::vector<int>& groups, const std::vector<host::PciAddress>& functions) {
  Readiness found;
  found.wanted = wanted;
  found.huge_pages = read_huge_pages(root);
  found.qemu = find_qemu(root);
  found.firmware = find_uefi_firmware(root);
  if (extent.live) {
    found.account = find_account(who_starts(wanted));
    if (*found.account) found.lock_limit = read_lock_limit(root, **found.account);
    found.container = read_node(root, "/dev/vfio/vfio");
    for (const int group : groups)
      found.groups.push_back({group, read_node(root, "/dev/vfio/" + std::to_string(group))});
  }
  const bool ask = extent.live && extent.programs;
  if (ask && !found.qemu.empty()) {
    const Progress step("asking QEMU for its devices");
    found.qemu_has_vfio_pci = has_vfio_device(found.qemu);
  }
  const Progress step("asking libvirt for the cards");
  found.libvirt = ask_libvirt(root, functions, ask);
  return found;
}

}  // namespace verify::guest
