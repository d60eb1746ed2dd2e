// SPDX-License-Identifier: GPL-2.0-or-later
//
// VIOT, the table of virtual IOMMUs: ACPI 6.5, 5.2.33. A node is an IOMMU, or endpoints with the
// offset of their IOMMU's node.
#include <fmt/format.h>

#include "verify/inspect/firmware/structures.h"

namespace verify::firmware {
namespace {

constexpr uint8_t kPciRange = 1, kMmioEndpoint = 2, kPciIommu = 3, kMmioIommu = 4;

const char* name_of(uint8_t type) {
  constexpr const char* kNames[] = {nullptr, "PCI range", "MMIO endpoint", "virtio-iommu on PCI",
                                    "virtio-iommu at MMIO"};
  return type > 0 && type < std::size(kNames) ? kNames[type] : "node";
}

DeviceScope devices(const Bytes& node, uint16_t segment, RequesterId first, RequesterId last) {
  return {.offset = node.offset(),
          .kind = first == last ? "device" : "range",
          .segment = segment,
          .devices = std::pair{first, last}};
}

void parse_node(const Bytes& node, Structure& parsed, Table& table) {
  const uint8_t type = node.u8(0);
  if (!holds(node, type == kPciIommu || type == kMmioIommu ? 16 : 24, parsed.name, table)) return;
  switch (type) {
    case kPciRange:
      parsed.segment = node.u16(8);
      parsed.details = {{"first_endpoint", node.u32(4)},
                        {"last_segment", node.u16(10)},
                        {"iommu_at", node.u16(16)}};
      parsed.scopes = {devices(node, *parsed.segment, node.u16(12), node.u16(14))};
      break;
    case kMmioEndpoint:
      parsed.base = node.u64(8);
      parsed.details = {{"endpoint", node.u32(4)}, {"iommu_at", node.u16(16)}};
      break;
    case kPciIommu:
      parsed.role = Structure::Role::kUnit;
      parsed.segment = node.u16(4);
      parsed.device = node.u16(6);
      break;
    case kMmioIommu:
      parsed.role = Structure::Role::kUnit;
      parsed.base = node.u64(8);
      break;
  }
}

// Adds the endpoints to the scopes of their IOMMU's unit, as DRHD and IVHD have them.
void add_endpoints_to_units(Table& table) {
  for (const Structure& endpoint : table.structures)
    for (const Detail& detail : endpoint.details)
      for (Structure& unit : table.structures)
        if (detail.name == std::string_view("iommu_at") && unit.role == Structure::Role::kUnit &&
            unit.offset == detail.value)
          unit.scopes.insert(unit.scopes.end(), endpoint.scopes.begin(), endpoint.scopes.end());
}

}  // namespace

void parse_viot(const Bytes& body, Table& table) {
  if (!holds(body, 48, "VIOT", table)) return;
  size_t at = body.u16(38);
  for (size_t node = 0; node < body.u16(36); ++node) {
    if (!holds(body.from(at), 4, "VIOT node", table)) return;
    const auto bytes = checked_structure(body, at, body.u16(at + 2), 4, "VIOT node", table);
    if (!bytes) return;
    Structure parsed{
        .name = name_of(bytes->u8(0)), .offset = bytes->offset(), .length = bytes->size()};
    const bool known = bytes->u8(0) >= kPciRange && bytes->u8(0) <= kMmioIommu;
    if (known) parse_node(*bytes, parsed, table);
    table.structures.push_back(std::move(parsed));
    at += bytes->size();
  }
  add_endpoints_to_units(table);
}

}  // namespace verify::firmware
