// SPDX-License-Identifier: GPL-2.0-or-later
//
// The host's PCI functions that a libvirt domain is given, for a domain named instead of cards.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/pci_address.h"
#include "host/result.h"
#include "host/root.h"

namespace bench {

// The PCI functions of the host in a domain's XML (libvirt, virDomainHostdevDef), in its order.
std::vector<host::PciAddress> passed_through_functions(std::string_view xml);

// Asks virsh, read-only. Returns the slots ("0000:01:00") with a display controller of which
// `domain` is given a function. Error: virsh does not know the domain, or there is no such slot.
host::Result<std::vector<std::string>> cards_of_domain(const host::Root& root,
                                                       const std::string& domain);

}  // namespace bench
