// SPDX-License-Identifier: GPL-2.0-or-later
//
// The chips that deliver this machine's interrupts, from /proc/interrupts. Interrupts of a chip
// whose name begins with "IR-" are remapped.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/command_line.h"
#include "host/result.h"
#include "host/root.h"

namespace verify {

struct InterruptChips {
  int remapped = 0;
  int direct = 0;       // of the I/O APIC and PCI messages that bypass the remapping hardware
  std::string example;  // a remapped one, else a direct one: "IR-PCI-MSI-0000:01:00.1"
};

// Counts the chips of x86 only.
InterruptChips parse_interrupts(std::string_view text);
host::Result<InterruptChips> read_interrupts(const host::Root& root);

// The parameter allow_unsafe_interrupts, with which the kernel lets a guest have a device whose
// interrupts are not remapped. vfio_iommu_type1 and iommufd each have one. nullopt: the module is
// not loaded, or its parameter cannot be read.
struct UnsafeInterrupts {
  std::optional<bool> type1;    // of vfio_iommu_type1
  std::optional<bool> iommufd;  // of iommufd
  // For a module that is not loaded, but whose configuration sets the parameter: "vfio_iommu_type1
  // gets allow_unsafe_interrupts=1 from /etc/modprobe.d/vfio.conf:3 when it is loaded".
  std::vector<std::string> on_load;

  // The parameter of the module behind /dev/vfio/vfio. That is iommufd only if there is no type1
  // (IOMMUFD_VFIO_CONTAINER, drivers/iommu/iommufd/Kconfig).
  std::optional<bool> container_parameter() const { return type1 ? type1 : iommufd; }
  // "vfio_iommu_type1 has allow_unsafe_interrupts=N, iommufd has …=N".
  std::string str() const;
};
UnsafeInterrupts read_unsafe_interrupts(const host::Root& root,
                                        const host::CommandLine& command_line);

// A VT-d unit, and whether it is able to remap interrupts.
struct RemappingUnit {
  std::string name;  // "dmar0"
  bool can_remap = false;
};
// The units in sysfs; none if the hardware is not Intel's.
std::vector<RemappingUnit> read_remapping_units(const host::Root& root);

}  // namespace verify
