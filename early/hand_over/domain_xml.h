// SPDX-License-Identifier: GPL-2.0-or-later
//
// The PCI functions of the host that a domain of libvirt gets, from its XML.
#pragma once

#include <string_view>
#include <vector>

#include "host/pci_address.h"
#include "host/result.h"

namespace early::hand_over {

// libvirt's API accepts at most 4 MiB (REMOTE_STRING_MAX in src/remote/remote_protocol.x); the
// rest is for what libvirt adds, such as addresses and aliases. A longer text is refused: the part
// that is not read could name a card.
inline constexpr size_t kMaxDomainXml = size_t{64} << 20;

// The addresses in domain/devices/{hostdev,interface}/source. Elements, attributes, comments,
// CDATA and processing instructions are recognized; a document type is refused. Pure.
//
// libvirt writes this text itself, so no more of XML is needed: no namespaces, and no entities in
// the numbers of an address.
host::Result<std::vector<host::PciAddress>> passed_functions(std::string_view xml);

}  // namespace early::hand_over
