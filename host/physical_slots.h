// SPDX-License-Identifier: GPL-2.0-or-later
//
// The slots of a machine under the labels that are printed on its board: those that the firmware
// describes (SMBIOS 3.7, 7.10: type 9), and the hot-plug slots of the kernel
// (Documentation/ABI/testing/sysfs-bus-pci, /sys/bus/pci/slots).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/pci_address.h"
#include "host/result.h"
#include "host/root.h"

namespace host {

struct PhysicalSlot {
  std::string label;  // printable, and not empty: "PCIEX16_1", "4"
  // Of the device in the slot, or of the port above it, as the board's firmware prefers; nullopt:
  // the firmware does not name one.
  std::optional<PciAddress> address;

  bool operator==(const PhysicalSlot&) const = default;

  // Firmware pads labels, and people type them: case and spaces at the ends do not count.
  bool is_called(std::string_view name) const;
};

struct PhysicalSlots {
  std::vector<PhysicalSlot> all;    // those of the firmware first
  std::optional<Error> unreadable;  // why the firmware's table cannot be read, if it exists
};

// The slots in an SMBIOS table. Damaged structures end it.
std::vector<PhysicalSlot> slots_in_smbios(std::string_view table);

PhysicalSlots read_physical_slots(const Root& root);

}  // namespace host
