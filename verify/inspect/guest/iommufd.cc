// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/guest/iommufd.h"

#include <algorithm>
#include <chrono>

#include "host/child.h"
#include "host/text.h"
#include "verify/inspect/guest/qemu.h"
#include "verify/output/progress.h"

namespace verify::guest {
namespace {

constexpr std::chrono::seconds kLimit{5};

// vfio_init_device_cdev() in drivers/vfio/device_cdev.c sets the number of the device, without
// which sysfs has no `dev`. It is a part of the kernel only with CONFIG_VFIO_DEVICE_CDEV.
std::vector<VfioDevice> read_devices(const host::Root& root,
                                     const std::vector<host::PciAddress>& functions) {
  std::vector<VfioDevice> devices;
  for (const host::PciAddress& address : functions) {
    const std::string directory = address.sysfs() + "/vfio-dev";
    for (const std::string& name : root.list(directory).value_or({})) {
      VfioDevice device{.address = address, .name = name};
      device.has_number = root.exists(directory + "/" + name + "/dev");
      if (root.live()) device.has_device_node = root.exists(device.node());
      devices.push_back(std::move(device));
    }
  }
  return devices;
}

void ask_programs(const host::Root& root, Iommufd& found) {
  if (!found.qemu.empty()) {
    const Progress step("asking QEMU for iommufd");
    const auto help =
        host::output_of({.command = {found.qemu, "-object", "help"}, .limit = kLimit});
    found.qemu_supports =
        help ? host::Result<bool>(names_iommufd(*help)) : host::Result<bool>(help.error());
  }
  const auto virsh = host::find_program(root, "virsh");
  if (!virsh) return;
  const auto version = host::output_of({.command = {*virsh, "--version"}, .limit = kLimit});
  if (version) found.libvirt = Version::parse(*version);
}

}  // namespace

std::optional<Version> Version::parse(std::string_view text) {
  const auto words = host::split(host::trim(text), ".");
  if (words.size() < 2) return std::nullopt;
  const auto major = host::parse_number(words[0], 10), minor = host::parse_number(words[1], 10);
  if (!major || !minor) return std::nullopt;
  return Version{*major, *minor};
}

std::string Version::str() const {
  return std::to_string(major) + "." + std::to_string(minor);
}

bool names_iommufd(std::string_view help) {
  const auto lines = host::split(help, "\n");
  return std::any_of(lines.begin(), lines.end(),
                     [](std::string_view line) { return host::trim(line) == "iommufd"; });
}

Iommufd read_iommufd(const host::Root& root, const std::vector<host::PciAddress>& functions,
                     bool programs) {
  Iommufd found;
  if (root.live()) found.node = root.exists("/dev/iommu");
  found.devices = read_devices(root, functions);
  if (auto options = KernelOptions::read(root)) found.options = std::move(*options);
  found.qemu = find_qemu(root);
  found.libvirt_installed = host::find_program(root, "virsh").has_value();
  if (root.live() && programs) ask_programs(root, found);
  return found;
}

}  // namespace verify::guest
