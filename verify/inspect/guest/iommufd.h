// SPDX-License-Identifier: GPL-2.0-or-later
//
// iommufd (/dev/iommu): can guests use it instead of type1, VFIO's older interface with groups and
// a container? The facts for this: device nodes, kernel options, QEMU and libvirt.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/pci_address.h"
#include "host/result.h"
#include "host/root.h"
#include "verify/inspect/kernel_options.h"

namespace verify::guest {

// A function that a vfio driver holds has such an entry in sysfs (…/vfio-dev/vfio0), also if the
// kernel has no device nodes for iommufd.
struct VfioDevice {
  host::PciAddress address;
  std::string name;             // "vfio0"
  bool has_number = false;      // the kernel created a character device for it (`dev` in sysfs)
  bool has_device_node = true;  // /dev/vfio/devices/vfio0 exists; true with --root: not known

  std::string node() const { return "/dev/vfio/devices/" + name; }
};

// A version of libvirt.
struct Version {
  unsigned major = 0, minor = 0;

  auto operator<=>(const Version&) const = default;
  // "12.1.0\n".
  static std::optional<Version> parse(std::string_view text);
  std::string str() const;  // "12.1"
};

struct Iommufd {
  std::optional<bool> node;  // /dev/iommu exists; nothing: not known with --root
  std::vector<VfioDevice> devices;
  std::optional<KernelOptions> options;             // nothing: no file has them
  std::string qemu;                                 // the program; "": not found
  std::optional<host::Result<bool>> qemu_supports;  // nothing: QEMU was not asked
  bool libvirt_installed = false;
  std::optional<Version> libvirt;  // nothing: not asked, or unknown
};

// `programs`: ask QEMU and virsh.
Iommufd read_iommufd(const host::Root& root, const std::vector<host::PciAddress>& functions,
                     bool programs);

// Is iommufd in the output of `-object help`, a list of one object a line?
bool names_iommufd(std::string_view help);

}  // namespace verify::guest
