// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/setup/targets.h"

namespace verify {
namespace {

constexpr Target kTargets[] = {
    {.name = "libvirt",
     .documentation = "https://libvirt.org/formatdomain.html#host-device-assignment",
     .add_guest = add_libvirt_guest},
    {.name = "qemu",
     .documentation = "https://www.qemu.org/docs/master/system/qemu-manpage.html",
     .add_guest = add_qemu_guest},
    {.name = "proxmox",
     .documentation = "https://pve.proxmox.com/pve-docs/chapter-qm.html#qm_pci_passthrough",
     .add_guest = add_proxmox_guest_or_mapping},
    {.name = "kubevirt",
     .documentation = "https://kubevirt.io/user-guide/compute/host-devices/",
     .add_guest = add_kubevirt_guest},
    {.name = "talos",
     .documentation =
         "https://docs.siderolabs.com/talos/latest/reference/configuration/hardware/pcidriverrebindconfig",
     .add_guest = add_talos_guest,
     .platform = "Talos Linux",
     .runs_vfio_early = false},
    {.name = "incus",
     .documentation = "https://linuxcontainers.org/incus/docs/main/reference/devices_gpu/",
     .add_guest = add_incus_guest},
    {.name = "nixos",
     .documentation = "https://search.nixos.org/options?query=boot.initrd.prepend",
     .add_guest = add_libvirt_and_qemu_guest,
     .platform = "NixOS"},
};

}  // namespace

std::span<const Target> targets() {
  return kTargets;
}

const Target* target_named(std::string_view name) {
  for (const Target& target : kTargets)
    if (target.name == name) return &target;
  return nullptr;
}

}  // namespace verify
