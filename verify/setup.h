// SPDX-License-Identifier: GPL-2.0-or-later
//
// `vfio-verify setup CARD`: the remaining steps to give a card to a guest, as text to copy: its
// configuration section, failed checks with remedies, the image, libvirt's XML, QEMU's arguments.
#pragma once

#include <string>
#include <vector>

#include "config/configuration.h"
#include "verify/check/inspection.h"

namespace verify {

// `inspection` is of one card, and its machine has serial numbers. "": the card was not found.
std::string setup_text(const Inspection& inspection, const config::Configuration& configuration);

struct HostdevChoice {
  const host::PciAddress* in_guest =
      nullptr;           // the address in the guest; nullptr: libvirt's choice
  bool iommufd = false;  // the guest uses iommufd, not type1
};

// One <hostdev> for each function, for <devices> of a domain (libvirt, formatdomain "Host device
// assignment"). managed='no': vfio-early has bound the card, and libvirt must not give it back to
// the host.
std::string libvirt_xml(const std::vector<host::PciAddress>& functions,
                        const HostdevChoice& choice = {});

// A root port for the card alone, with all its functions in one slot as on the host.
std::string qemu_arguments(const std::vector<host::PciAddress>& functions);

// The options of Proxmox VE's `qm set` (qm(1)): " -hostpci0 0000:01:00,pcie=1". A slot stands for
// all its functions.
std::string proxmox_options(const host::Machine& machine,
                            const std::vector<host::PciAddress>& functions);

// An Intel processor's display, on the root bus of the guest at the same address as on the host.
std::string igpu_qemu_arguments(const host::PciAddress& address, bool opregion);

}  // namespace verify
