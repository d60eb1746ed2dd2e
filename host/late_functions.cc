// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/late_functions.h"

#include <algorithm>
#include <set>
#include <string>

#include "host/machine.h"
#include "host/text.h"

namespace host {
namespace {

uint8_t byte_at(const std::string& config, size_t offset) {
  return offset < config.size() ? static_cast<uint8_t>(config[offset]) : uint8_t{0};
}

std::optional<uint8_t> bus_number(const Root& root, const PciAddress& port, const char* attribute) {
  const auto number = parse_number(root.read_line(port.sysfs() + attribute), 10, 0xff);
  if (!number) return std::nullopt;
  return static_cast<uint8_t>(*number);
}

// Does the capability PCI Express (id 0x10) have Slot Implemented and Hot-Plug Capable? (PCIe 6.0,
// 7.5.3.2 and 7.5.3.9)
bool is_hot_plug_capable(const std::string& config) {
  constexpr size_t kCapabilities = 0x34, kMaxCapabilities = 48;
  constexpr uint8_t kExpress = 0x10, kSlotImplemented = 0x01, kHotPlugCapable = 0x40;
  size_t at = byte_at(config, kCapabilities);
  for (size_t i = 0; i < kMaxCapabilities && at >= 0x40; ++i, at = byte_at(config, at + 1))
    if (byte_at(config, at) == kExpress)
      return (byte_at(config, at + 3) & kSlotImplemented) != 0 &&
             (byte_at(config, at + 0x14) & kHotPlugCapable) != 0;
  return false;
}

// The buses of hot-plug slots: "0000:02:00" in …/slots/4/address (drivers/pci/slot.c).
std::set<std::string> hot_plug_slots(const Root& root) {
  constexpr const char* kSlots = "/sys/bus/pci/slots";
  std::set<std::string> slots;
  for (const std::string& name : root.list(kSlots).value_or({}))
    slots.insert(root.read_line(std::string(kSlots) + "/" + name + "/address"));
  return slots;
}

// The first bus below a bridge has a directory, even if it is empty: "pci_bus/0000:02".
std::optional<uint8_t> bus_in_sysfs(const Root& root, const PciAddress& port) {
  for (const std::string& name : root.list(port.sysfs() + "/pci_bus").value_or({}))
    if (const auto slot = PciSlot::parse(name + ":00")) return slot->bus;
  return std::nullopt;
}

bool is_bus_empty(const Machine& machine, uint32_t domain, uint8_t bus) {
  return std::none_of(machine.functions.begin(), machine.functions.end(), [&](const auto& each) {
    return each.address.slot.domain == domain && each.address.slot.bus == bus;
  });
}

// The registers of a function, read when the first of them is needed. Each read is an access to the
// device, and wakes it. All that are needed here are in the first 256 bytes.
class Registers {
 public:
  Registers(const Root& root, const PciAddress& address)
      : root_(root), file_(address.sysfs() + "/config") {}

  const std::string& bytes() {
    constexpr size_t kConventional = 256;  // PCI Local Bus 3.0, 6.1
    if (!bytes_) bytes_ = root_.read_beginning(file_, kConventional).value_or("");
    return *bytes_;
  }

 private:
  const Root& root_;
  std::string file_;
  std::optional<std::string> bytes_;
};

Port read_port(const Root& root, const Machine& machine, const PciAddress& address,
               const std::set<std::string>& slots) {
  constexpr size_t kSecondaryBus = 0x19, kSubordinateBus = 0x1a;
  Registers registers(root, address);
  Port port{.address = address};
  auto first = bus_number(root, address, "/secondary_bus_number");
  if (!first) first = bus_in_sysfs(root, address);
  port.first_bus = first ? *first : byte_at(registers.bytes(), kSecondaryBus);
  const auto last = bus_number(root, address, "/subordinate_bus_number");
  port.last_bus =
      std::max(port.first_bus, last ? *last : byte_at(registers.bytes(), kSubordinateBus));
  const PciSlot below = {address.slot.domain, port.first_bus, 0};
  port.hot_plug = slots.contains(below.str()) || is_hot_plug_capable(registers.bytes());
  port.is_empty = is_bus_empty(machine, address.slot.domain, port.first_bus);
  return port;
}

}  // namespace

LateFunctions read_late_functions(const Root& root, const Machine& machine) {
  LateFunctions late;
  const auto slots = hot_plug_slots(root);
  for (const PciFunction& function : machine.functions) {
    if (function.is_class("0604"))
      late.ports.push_back(read_port(root, machine, function.address, slots));
    else if (auto physical = read_physical_function(root, function.address);
             physical && physical->total > 0)
      late.physical_functions.push_back(std::move(*physical));
    late.has_thunderbolt |= function.is_class("0c0340") || function.driver == "thunderbolt";
  }
  return late;
}

}  // namespace host
