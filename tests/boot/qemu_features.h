// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the installed QEMU has: devices and their properties come, go and change their names from
// version to version. QEMU itself is asked (`-device NAME,help`), once for each device; the answers
// are kept in features/VERSION/ of the lab's directory.
#pragma once

#include <string>

#include "tests/boot/qemu.h"

namespace lab {

// "QEMU 7.2.22". Throws std::runtime_error where no QEMU is installed.
const std::string& qemu_version();

bool qemu_has_device(const std::string& device);
bool qemu_has_property(const std::string& device, const std::string& property);

// Interrupts in x2APIC mode: a processor and an intel-iommu that have it, in an emulated machine.
bool qemu_has_x2apic();

// The first device or property of `qemu`, a command that starts it, that this QEMU does not have:
// "pcie-root-port.disable-acs" or "device igb". "": it has them all.
std::string missing_in_qemu(const Command& qemu);

}  // namespace lab
