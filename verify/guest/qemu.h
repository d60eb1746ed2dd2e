// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a guest is started with: QEMU, and the UEFI firmware that a card without a legacy option ROM
// can't do without. The firmware is found as libvirt and others find it, by QEMU's descriptors
// (docs/interop/firmware.json of QEMU).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "host/result.h"
#include "host/root.h"

namespace verify::guest {

// Where distributions put it; "": nowhere there.
std::string find_qemu(const host::Root& root);

// Has it the device vfio-pci? It is asked.
host::Result<bool> has_vfio_device(const std::string& program);
// In the answer to `-device help`: name "vfio-pci", bus PCI, …
bool names_vfio_device(std::string_view help);

struct UefiFirmware {
  std::string descriptor;  // "/usr/share/qemu/firmware/60-edk2-x86_64.json"
  std::string executable;  // "/usr/share/OVMF/OVMF_CODE_4M.fd"
  bool there = false;
  bool secure_boot = false;
};

// Those for a q35 machine of x86_64, in the order in which they are to be tried.
std::vector<UefiFirmware> find_uefi_firmware(const host::Root& root);
std::optional<UefiFirmware> parse_descriptor(const std::string& text);

}  // namespace verify::guest
