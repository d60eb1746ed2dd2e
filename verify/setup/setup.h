// SPDX-License-Identifier: GPL-2.0-or-later
//
// `vfio-verify setup CARD`: the remaining steps to give a card to a guest, as text to copy: its
// configuration section, failed checks with remedies, the image, and what the guest's program
// needs.
#pragma once

#include <string>

#include "config/configuration.h"
#include "verify/check/inspection.h"
#include "verify/setup/targets.h"

namespace verify {

// `inspection` is of one card, and its machine has serial numbers. Without a `target` (nullptr) the
// guest is for Proxmox VE on Proxmox VE, otherwise for libvirt and QEMU. The text is empty if the
// card was not found.
std::string setup_text(Inspection inspection, const config::Configuration& configuration,
                       const Target* target = nullptr);

}  // namespace verify
