// SPDX-License-Identifier: GPL-2.0-or-later
//
// `vfio-verify setup CARD`: what is still missing on the way of a card into a guest, ready to be
// pasted: its section, what stands in its way, the image, and how libvirt and QEMU are given it.
#pragma once

#include <string>
#include <vector>

#include "plan/configuration.h"
#include "verify/inspection.h"

namespace verify {

// For the one card that was inspected, its machine with serial numbers. "" where there is none.
std::string setup_text(const Inspection& inspection, const plan::Configuration& configuration);

// For a domain's <devices>, one <hostdev> a function (libvirt, formatdomain "Host device
// assignment"). managed='no': vfio-early has bound the card, and libvirt is not to hand it back.
std::string libvirt_xml(const std::vector<host::PciAddress>& functions);

// A port of its own for the card, its functions together in one slot as on the host.
std::string qemu_arguments(const std::vector<host::PciAddress>& functions);

}  // namespace verify
