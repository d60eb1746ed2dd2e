// SPDX-License-Identifier: GPL-2.0-or-later
//
// The card in libvirt's XML.
#pragma once

#include <string>
#include <vector>

#include "host/pci_address.h"

namespace verify {

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

}  // namespace verify
