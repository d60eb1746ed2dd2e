// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/guest/readiness.h"

#include <cstdlib>

#include <unistd.h>

#include "verify/output/progress.h"

namespace verify::guest {

namespace {

// root seldom starts guests: with sudo, the invoking user starts them.
std::string starting_user(const RequestedGuest& requested) {
  const char* caller = ::geteuid() == 0 ? std::getenv("SUDO_USER") : nullptr;
  return requested.user.empty() && caller ? caller : requested.user;
}

}  // namespace

Readiness read_readiness(const host::Root& root, const RequestedGuest& requested,
                         const AllowedSources& sources, const std::vector<int>& groups,
                         const std::vector<host::PciAddress>& functions) {
  Readiness found;
  found.requested = requested;
  found.huge_pages = read_huge_pages(root);
  found.qemu = find_qemu(root);
  found.firmware = find_uefi_firmware(root);
  found.device_acl = read_device_acl(root);
  if (sources.live) {
    found.account = find_account(starting_user(requested));
    if (*found.account) found.lock_limit = read_lock_limit(root, **found.account);
    found.container = read_node(root, "/dev/vfio/vfio");
    for (const int group : groups)
      found.groups.push_back({group, read_node(root, "/dev/vfio/" + std::to_string(group))});
  }
  const bool ask = sources.live && sources.programs;
  if (ask && !found.qemu.empty()) {
    const Progress step("asking QEMU for its devices");
    found.qemu_has_vfio_pci = has_vfio_device(found.qemu);
  }
  found.iommufd = read_iommufd(root, functions, ask);
  const Progress step("asking libvirt for the cards");
  found.libvirt = query_libvirt(root, functions, ask);
  return found;
}

}  // namespace verify::guest
