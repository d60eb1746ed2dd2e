// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/physical_slots.h"

#include <algorithm>
#include <cerrno>

#include "host/printable.h"
#include "host/text.h"

namespace host {
namespace {

constexpr const char* kTable = "/sys/firmware/dmi/tables/DMI";
constexpr const char* kSlots = "/sys/bus/pci/slots";
constexpr size_t kMaxTable = size_t{1} << 20;

// A structure of SMBIOS: its formatted area, and the strings that follow it (SMBIOS 3.7, 6.1).
struct Structure {
  std::string_view area;
  std::string_view strings;  // each with its NUL

  uint8_t byte(size_t offset) const {
    return offset < area.size() ? static_cast<uint8_t>(area[offset]) : uint8_t{0xff};
  }
  uint16_t word(size_t offset) const {
    return static_cast<uint16_t>(byte(offset) | byte(offset + 1) << 8);
  }
  // Strings are counted from 1; 0: none.
  std::string_view string(uint8_t number) const {
    std::string_view rest = strings;
    for (uint8_t i = 1; i < number && !rest.empty(); ++i)
      rest.remove_prefix(std::min(rest.find('\0'), rest.size() - 1) + 1);
    return number == 0 ? std::string_view() : rest.substr(0, rest.find('\0'));
  }
};

// Removes the first structure from the table; nullopt: it is the last one, or damaged.
std::optional<Structure> take_structure(std::string_view& table) {
  constexpr size_t kHeader = 4, kLength = 1;
  constexpr std::string_view kEnd("\0\0", 2);  // of the strings, also if there is none
  if (table.size() < kHeader) return std::nullopt;
  const size_t length = static_cast<uint8_t>(table[kLength]);
  if (length < kHeader || length > table.size()) return std::nullopt;
  const size_t end = table.find(kEnd, length);
  if (end == table.npos) return std::nullopt;
  const Structure structure = {table.substr(0, length), table.substr(length, end + 1 - length)};
  table.remove_prefix(end + kEnd.size());
  return structure;
}

// All ones: the slot has no bus (SMBIOS 3.7, 7.10.8 and 7.10.9). Before SMBIOS 2.6 the structure
// ends before these fields.
std::optional<PciAddress> address_of(const Structure& slot) {
  constexpr size_t kDomain = 0x0d, kBus = 0x0f, kDeviceFunction = 0x10;
  const uint8_t bus = slot.byte(kBus), function = slot.byte(kDeviceFunction);
  if (slot.area.size() <= kDeviceFunction || (bus == 0xff && function == 0xff)) return std::nullopt;
  return PciAddress{{slot.word(kDomain), bus, static_cast<uint8_t>(function >> 3)},
                    static_cast<uint8_t>(function & 7)};
}

// "0000:01:00"; without a device if the slot is a whole bus (drivers/pci/slot.c).
std::optional<PciAddress> address_in(const std::string& text) {
  auto slot = PciSlot::parse(text);
  if (!slot) slot = PciSlot::parse(text + ":00");
  return slot ? std::optional(PciAddress{*slot, 0}) : std::nullopt;
}

}  // namespace

bool PhysicalSlot::is_called(std::string_view name) const {
  return lower(label) == lower(trim(name));
}

std::vector<PhysicalSlot> slots_in_smbios(std::string_view table) {
  constexpr uint8_t kSystemSlot = 9, kEndOfTable = 127;
  constexpr size_t kType = 0, kDesignation = 4;
  std::vector<PhysicalSlot> slots;
  while (const auto structure = take_structure(table)) {
    if (structure->byte(kType) == kEndOfTable) break;
    if (structure->byte(kType) != kSystemSlot || structure->area.size() <= kDesignation) continue;
    std::string label = printable(trim(structure->string(structure->byte(kDesignation))));
    std::replace(label.begin(), label.end(), '\n', '?');
    if (!label.empty()) slots.push_back({label, address_of(*structure)});
  }
  return slots;
}

PhysicalSlots read_physical_slots(const Root& root) {
  PhysicalSlots slots;
  const auto table = root.read(kTable, kMaxTable);
  if (table)
    slots.all = slots_in_smbios(*table);
  else if (table.error().code != ENOENT)
    slots.unreadable = table.error();
  for (const std::string& name : root.list(kSlots).value_or({}))
    slots.all.push_back(
        {name, address_in(root.read_line(std::string(kSlots) + "/" + name + "/address"))});
  return slots;
}

}  // namespace host
