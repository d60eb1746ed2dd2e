// SPDX-License-Identifier: GPL-2.0-or-later
//
// A guest of libvirt's named in the place of cards: what of the host's it is given.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/pci_address.h"
#include "host/result.h"
#include "host/root.h"

namespace bench {

// The PCI functions of the host in a domain's XML (libvirt, virDomainHostdevDef), in its order.
std::vector<host::PciAddress> passed_to(std::string_view xml);

// Asks virsh, read-only, and answers with the slots ("0000:01:00") that have a display controller
// among what `domain` is given. The error: virsh knows no such domain, or there is no such slot.
host::Result<std::vector<std::string>> cards_of_domain(const host::Root& root,
                                                       const std::string& domain);

}  // namespace bench
