// SPDX-License-Identifier: GPL-2.0-or-later
//
// Finds QEMU, and the UEFI firmware for guests, which a card without a legacy option ROM needs. The
// firmware is found as libvirt and others do it, by QEMU's descriptors (docs/interop/firmware.json
// of QEMU).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "host/environment.h"
#include "host/result.h"
#include "host/root.h"

namespace verify::guest {

// QEMU for guests with this machine's processor: the first of the paths that distributions use; "":
// not found.
std::string find_qemu(const host::Root& root);

// Does QEMU have the device vfio-pci? Runs it with `-device help`.
host::Result<bool> has_vfio_device(const std::string& program);
// Is it in the output of `-device help`: name "vfio-pci", bus PCI, …?
bool names_vfio_device(std::string_view help);

struct UefiFirmware {
  std::string descriptor;  // "/usr/share/qemu/firmware/60-edk2-x86_64.json"
  std::string executable;  // "/usr/share/OVMF/OVMF_CODE_4M.fd"
  bool present = false;
  bool secure_boot = false;
};

// The firmware for guests with this machine's processor, a q35 machine of x86_64 or a virt machine
// of Arm, in the order in which it must be tried.
std::vector<UefiFirmware> find_uefi_firmware(const host::Root& root);
std::optional<UefiFirmware> parse_descriptor(
    const std::string& text, host::Architecture architecture = host::Architecture::kX86);

}  // namespace verify::guest
