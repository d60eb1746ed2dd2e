// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which chips deliver this machine's interrupts, from /proc/interrupts. A chip whose name begins
// with "IR-" goes through interrupt remapping.
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
  int direct = 0;       // I/O APIC and PCI messages past the remapping hardware
  std::string example;  // of the remapped, else of the direct: "IR-PCI-MSI-0000:01:00.1"
};

// Counts x86's chips; another architecture's count as neither.
InterruptChips parse_interrupts(std::string_view text);
host::Result<InterruptChips> read_interrupts(const host::Root& root);

// Is the kernel told to let a guest have interrupts that are not remapped? Each of its two
// interfaces has a switch of its own; nothing where that module is not there.
struct UnsafeInterrupts {
  std::optional<bool> type1;    // of vfio_iommu_type1
  std::optional<bool> iommufd;  // of iommufd
  // Of modules that are not loaded: "vfio_iommu_type1 gets allow_unsafe_interrupts=1 from
  // /etc/modprobe.d/vfio.conf:3 when it is loaded".
  std::vector<std::string> on_load;

  // Of the one that serves /dev/vfio/vfio: iommufd does only where there is no type1
  // (IOMMUFD_VFIO_CONTAINER, drivers/iommu/iommufd/Kconfig).
  std::optional<bool> of_container() const { return type1 ? type1 : iommufd; }
  // "vfio_iommu_type1 has allow_unsafe_interrupts=N, iommufd has …=N".
  std::string str() const;
};
UnsafeInterrupts read_unsafe_interrupts(const host::Root& root,
                                        const host::CommandLine& command_line);

// A unit of VT-d, and whether it is able to remap interrupts.
struct RemappingUnit {
  std::string name;  // "dmar0"
  bool able = false;
};
// Those that the kernel shows; none on other hardware than Intel's.
std::vector<RemappingUnit> read_remapping_units(const host::Root& root);

}  // namespace verify
