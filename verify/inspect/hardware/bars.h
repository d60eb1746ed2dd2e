// SPDX-License-Identifier: GPL-2.0-or-later
//
// The memory of a function: the addresses of its BARs and its option ROM, and the sizes that the
// BARs can be set to.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/pci_address.h"
#include "host/root.h"
#include "verify/inspect/registers.h"

namespace verify::hardware {

// A line of sysfs' `resource`.
struct Window {
  uint64_t first = 0;
  uint64_t last = 0;
  uint64_t flags = 0;  // include/linux/ioport.h

  uint64_t bytes() const { return last > first ? last - first + 1 : 0; }
  // It has a size, but the kernel found no room for it (IORESOURCE_UNSET).
  bool is_unassigned() const { return bytes() != 0 && (first == 0 || flags & 0x20000000); }
  // Of the ROM: it is the copy that x86 firmware left in memory (IORESOURCE_ROM_SHADOW).
  bool is_shadow() const { return flags & 2; }
};

inline constexpr size_t kBars = 6;
inline constexpr size_t kRom = 6;  // PCI_ROM_RESOURCE

// BAR 0 to 5, then the ROM; fewer if `resource` cannot be read.
std::vector<Window> read_windows(const host::Root& root, const host::PciAddress& address);

// PCIe 6.0, 7.8.6.
struct ResizableBar {
  size_t bar = 0;
  uint64_t bytes = 0;  // current size
  uint64_t sizes = 0;  // bit N: 2^N MiB is possible

  uint64_t largest() const;
};

std::vector<ResizableBar> resizable_bars(const Registers& registers);

// "256 MiB"; the largest unit without a fraction.
std::string size_text(uint64_t bytes);

}  // namespace verify::hardware
