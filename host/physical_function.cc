// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/physical_function.h"

#include "host/extended_capability.h"
#include "host/text.h"

namespace host {
namespace {

// Routing ID: bus, device, function (PCIe 6.0, 2.2.6.2).
uint32_t routing_id(const PciAddress& address) {
  return uint32_t{address.slot.bus} << 8 | uint32_t{address.slot.device} << 3 | address.function;
}

PciAddress address_of(uint32_t domain, uint32_t id) {
  return {.slot = {.domain = domain,
                   .bus = static_cast<uint8_t>(id >> 8),
                   .device = static_cast<uint8_t>(id >> 3 & 0x1f)},
          .function = static_cast<uint8_t>(id & 7)};
}

std::optional<uint16_t> number_in(const Root& root, const std::string& file, int base = 10) {
  const auto number = parse_number(root.read_line(file), base, 0xffff);
  if (!number) return std::nullopt;
  return static_cast<uint16_t>(*number);
}

// Linux has no such attributes before 4.17.
void read_registers(const Root& root, PhysicalFunction& physical) {
  constexpr uint16_t kSriov = 0x0010;
  constexpr unsigned kOffset = 0x14, kStride = 0x16, kDevice = 0x1a;
  const auto capability = ExtendedCapability::find(root, physical.address, kSriov);
  if (!capability) return;
  physical.offset = capability->word(kOffset).value_or(0);
  physical.stride = capability->word(kStride).value_or(0);
  physical.device = capability->word(kDevice).value_or(0);
}

}  // namespace

// If the offset is 0, any later function of its slot counts.
bool PhysicalFunction::may_have(const PciAddress& other) const {
  if (other.slot.domain != address.slot.domain) return false;
  const uint32_t own = routing_id(address), wanted = routing_id(other);
  if (offset == 0) return other.slot == address.slot && wanted > own;
  if (wanted < own + offset) return false;
  const uint32_t distance = wanted - own - offset;
  return stride == 0 ? distance == 0 : distance % stride == 0 && distance / stride < total;
}

std::optional<PciAddress> PhysicalFunction::virtual_function(size_t number) const {
  if (number < created.size()) return created[number];
  // With a single virtual function, the stride may be 0.
  if (number >= total || offset == 0 || (stride == 0 && number > 0)) return std::nullopt;
  const size_t id = routing_id(address) + offset + number * stride;
  if (id > 0xffff) return std::nullopt;
  return address_of(address.slot.domain, static_cast<uint32_t>(id));
}

// Reading sriov_numvfs would wait for the lock of the device, which a probe holds
// (sriov_numvfs_show in drivers/pci/iov.c).
std::vector<PciAddress> read_virtual_functions(const Root& root, const PciAddress& address) {
  std::vector<PciAddress> created;
  for (;;) {
    const auto virtual_function = PciAddress::parse(
        root.link_name(address.sysfs() + "/virtfn" + std::to_string(created.size())));
    if (!virtual_function) return created;
    created.push_back(*virtual_function);
  }
}

std::optional<PhysicalFunction> read_physical_function(const Root& root,
                                                       const PciAddress& address) {
  const std::string device = address.sysfs();
  const auto total = number_in(root, device + "/sriov_totalvfs");  // few functions have it
  if (!total) return std::nullopt;
  PhysicalFunction physical{.address = address, .total = *total, .created = {}};
  const auto offset = number_in(root, device + "/sriov_offset");
  if (offset) {
    physical.offset = *offset;
    physical.stride = number_in(root, device + "/sriov_stride").value_or(0);
    physical.device = number_in(root, device + "/sriov_vf_device", 16).value_or(0);
  } else {
    read_registers(root, physical);
  }
  physical.created = read_virtual_functions(root, address);
  return physical;
}

}  // namespace host
