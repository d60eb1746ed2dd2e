// SPDX-License-Identifier: GPL-2.0-or-later
//
// DMAR: Intel Virtualization Technology for Directed I/O, revision 4.1, chapter 8. Section numbers
// refer to that document.
#include <fmt/format.h>

#include "verify/inspect/firmware/structures.h"

namespace verify::firmware {
namespace {

// 8.1, the byte at 37.
constexpr FlagBit kTableFlags[] = {
    {0, {"INTR_REMAP", "interrupt remapping"}},
    {1, {"X2APIC_OPT_OUT", "x2APIC opt-out"}},
    {2, {"DMA_CTRL_PLATFORM_OPT_IN_FLAG", "DMA protection opt-in"}},
};
constexpr FlagBit kDrhdFlags[] = {{0, {"INCLUDE_PCI_ALL", "all devices that no other unit lists"}}};
constexpr FlagBit kAtsrFlags[] = {{0, {"ALL_PORTS", "all root ports"}}};
constexpr FlagBit kSatcFlags[] = {{0, {"ATC_REQUIRED", "needs its translation cache"}}};

// 8.2: the structures, their minimum sizes, and the offsets of their device scopes (0: none).
struct Form {
  const char* name;
  size_t size;
  size_t scopes;
};
constexpr Form kForms[] = {
    {"DRHD", 16, 16},  // 0, 8.3
    {"RMRR", 24, 24},  // 1, 8.4
    {"ATSR", 8, 8},    // 2, 8.5
    {"RHSA", 20, 0},   // 3, 8.6
    {"ANDD", 8, 0},    // 4, 8.7
    {"SATC", 8, 8},    // 5, 8.8
    {"SIDP", 8, 8},    // 6, 8.9
};

// 8.3.1: the type of a device scope.
const char* scope_kind(uint8_t type) {
  constexpr const char* kKinds[] = {nullptr, "endpoint", "bridge", "IOAPIC", "HPET", "ACPI device"};
  return type > 0 && type < std::size(kKinds) ? kKinds[type] : "unknown";
}

// 8.3.1: start bus, then device and function of each hop.
host::PciPath path_in(const Bytes& scope, uint16_t segment) {
  host::PciPath path{.domain = segment, .root_bus = scope.u8(5), .hops = {}};
  for (size_t at = 6; at + 1 < scope.size(); at += 2)
    path.hops.push_back({scope.u8(at), scope.u8(at + 1)});
  return path;
}

void check_path(const Bytes& scope, const host::PciPath& path, const std::string& owner,
                Table& table) {
  if (scope.size() % 2 != 0)
    add_fault(table, scope.offset(), owner, "the last hop of its path is incomplete");
  for (const host::PciPath::Hop& hop : path.hops)
    if (hop.device > 31 || hop.function > 7)
      add_fault(table, scope.offset(), owner,
                fmt::format("its path {} has an invalid device or function number", path.str()));
}

void parse_scopes(const Bytes& structure, size_t at, Structure& parsed, Table& table) {
  const std::string owner = "device scope of " + parsed.name;
  while (at < structure.size()) {
    if (!holds(structure.from(at), 2, owner, table)) return;
    const auto scope = checked_structure(structure, at, structure.u8(at + 1), 8, owner, table);
    if (!scope) return;
    const host::PciPath path = path_in(*scope, parsed.segment.value_or(0));
    check_path(*scope, path, owner, table);
    parsed.scopes.push_back({.offset = scope->offset(),
                             .kind = scope_kind(scope->u8(0)),
                             .segment = parsed.segment.value_or(0),
                             .path = path,
                             .id = scope->u8(4),
                             .settings = scope->u16(2)});
    at += scope->size();
  }
}

void parse_fields(const Bytes& structure, uint16_t type, Structure& parsed) {
  switch (type) {
    case 0:  // DRHD
      parsed.role = Structure::Role::kUnit;
      parsed.raw_flags = structure.u8(4);
      parsed.flags = flags_in(parsed.raw_flags, kDrhdFlags);
      parsed.details = {{"register_pages", uint64_t{1} << (structure.u8(5) & 15)}};
      parsed.segment = structure.u16(6);
      parsed.base = structure.u64(8);
      break;
    case 1:  // RMRR
      parsed.role = Structure::Role::kReserved;
      parsed.segment = structure.u16(6);
      parsed.base = structure.u64(8);
      parsed.limit = structure.u64(16);
      break;
    case 2:  // ATSR
      parsed.raw_flags = structure.u8(4);
      parsed.flags = flags_in(parsed.raw_flags, kAtsrFlags);
      parsed.segment = structure.u16(6);
      break;
    case 3:  // RHSA
      parsed.base = structure.u64(8);
      parsed.details = {{"proximity_domain", structure.u32(16)}};
      break;
    case 4:  // ANDD
      parsed.details = {{"device_number", structure.u8(7)}};
      parsed.text = structure.text(8, structure.size());
      break;
    case 5:  // SATC
      parsed.raw_flags = structure.u8(4);
      parsed.flags = flags_in(parsed.raw_flags, kSatcFlags);
      parsed.segment = structure.u16(6);
      break;
    case 6:  // SIDP
      parsed.segment = structure.u16(6);
      break;
  }
}

Structure parse_structure(const Bytes& bytes, Table& table) {
  const uint16_t type = bytes.u16(0);
  const bool known = type < std::size(kForms);
  Structure parsed{.name = known ? kForms[type].name : fmt::format("type {}", type),
                   .offset = bytes.offset(),
                   .length = bytes.size()};
  // 8.2: software must skip types that it does not know.
  if (!known || !holds(bytes, kForms[type].size, parsed.name, table)) return parsed;
  parse_fields(bytes, type, parsed);
  if (kForms[type].scopes != 0) parse_scopes(bytes, kForms[type].scopes, parsed, table);
  return parsed;
}

void check_reservation(const Structure& parsed, Table& table) {
  if (parsed.limit && *parsed.limit < *parsed.base)
    add_fault(table, parsed.offset, parsed.name,
              fmt::format("it ends at {:#x}, before its start {:#x}", *parsed.limit, *parsed.base));
}

}  // namespace

void parse_dmar(const Bytes& body, Table& table) {
  constexpr size_t kFirst = 48;
  if (!holds(body, kFirst, "DMAR", table)) return;
  table.details = {{"host_address_width", body.u8(36) + 1u}};
  table.raw_flags = body.u8(37);
  table.flags = flags_in(table.raw_flags, kTableFlags);
  for (size_t at = kFirst; at < body.size();) {
    if (!holds(body.from(at), 4, "remapping structure", table)) return;
    const auto structure =
        checked_structure(body, at, body.u16(at + 2), 4, "remapping structure", table);
    if (!structure) return;
    table.structures.push_back(parse_structure(*structure, table));
    check_reservation(table.structures.back(), table);
    at += structure->size();
  }
}

}  // namespace verify::firmware
