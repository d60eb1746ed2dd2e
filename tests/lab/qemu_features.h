// SPDX-License-Identifier: GPL-2.0-or-later
//
// The features of the installed QEMU: devices and properties are added, removed and renamed between
// versions. QEMU is asked once for each device (`-device NAME,help`); the answers are cached in
// features/VERSION/ of the tests' build directory.
#pragma once

#include <string>

#include "tests/lab/qemu.h"

namespace lab {

// "QEMU 7.2.22". Throws std::runtime_error if QEMU is not installed.
const std::string& qemu_version();

bool qemu_has_device(const std::string& device);
bool qemu_has_property(const std::string& device, const std::string& property);

// True if QEMU can emulate a processor and an intel-iommu with interrupts in x2APIC mode.
bool qemu_has_x2apic();

// The first device or property that this QEMU does not have, of those in `qemu`, a command that
// starts it: "pcie-root-port.disable-acs" or "device igb". "": none is missing.
std::string missing_in_qemu(const Command& qemu);

}  // namespace lab
