// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which chips deliver this machine's interrupts, from /proc/interrupts. A chip whose name begins
// with "IR-" goes through interrupt remapping.
#pragma once

#include <optional>
#include <string>
#include <string_view>

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

// Is the kernel told to let a guest have interrupts that are not remapped? Nothing where it can't
// be read. type1 and iommufd have one switch each; only one of them serves /dev/vfio/vfio
// (IOMMUFD_VFIO_CONTAINER, drivers/iommu/iommufd/Kconfig).
std::optional<bool> read_unsafe_interrupts(const host::Root& root);

}  // namespace verify
