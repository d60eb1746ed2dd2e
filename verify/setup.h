// SPDX-License-Identifier: GPL-2.0-or-later
//
// `vfio-verify setup CARD`: what is still missing on the way of a card into a guest, ready to be
// pasted: its section, kernel parameters, the image, and how libvirt and QEMU are given it.
#pragma once

#include <string>
#include <vector>

#include "host/machine.h"
#include "plan/configuration.h"
#include "verify/remedy.h"

namespace verify {

// `card`: the name of a section, or a slot ("0000:01:00") that no section names yet. Needs
// Details::serials. "" where there is no such card.
std::string setup_text(const Platform& platform, const host::Machine& machine,
                       const plan::Configuration& configuration, const std::string& card);

// For a domain's <devices>, one <hostdev> a function (libvirt, formatdomain "Host device
// assignment"). managed='no': vfio-early has bound the card, and libvirt is not to hand it back.
std::string libvirt_xml(const std::vector<host::PciAddress>& functions);

// A port of its own for the card, its functions together in one slot as on the host.
std::string qemu_arguments(const std::vector<host::PciAddress>& functions);

}  // namespace verify
