// SPDX-License-Identifier: GPL-2.0-or-later
//
// IVRS: AMD I/O Virtualization Technology (IOMMU) specification, publication 48882, revision 3.08,
// section 5.2. Section numbers refer to that document. The table describes one IOMMU up to three
// times: in an IVHD of type 10h, 11h and 40h, each for newer software than the one before.
#include <fmt/format.h>

#include "verify/inspect/firmware/structures.h"

namespace verify::firmware {
namespace {

// 5.2.1, IVinfo.
constexpr FlagBit kTableFlags[] = {
    {0, {"EFRSup", "extended features described here"}},
    {1, {"DMA_remap", "DMA protection before the boot"}},
    {22, {"HtAtsResv", "HyperTransport addresses reserved"}},
};
// 5.2.2.1, flags of an IVHD.
constexpr FlagBit kIvhdFlags[] = {
    {0, {"HtTunEn", "HyperTransport tunnel"}},
    {1, {"PassPW", "passes posted writes"}},
    {2, {"ResPassPW", "responses pass writes"}},
    {3, {"Isoc", "isochronous"}},
    {4, {"IotlbSup", "remote IOTLBs"}},
    {5, {"Coherent", "coherent table walks"}},
    {6, {"PrefSup", "prefetch"}},
    {7, {"PPRSup", "page requests"}},
};
// 5.2.2.2.
constexpr FlagBit kIvmdFlags[] = {
    {0, {"Unity", "mapped one to one"}},
    {1, {"IR", "readable"}},
    {2, {"IW", "writable"}},
    {3, {"ExclusionRange", "not translated"}},
};

constexpr uint8_t kRangeStart = 0x03, kRangeEnd = 0x04, kAliasSelect = 0x42, kAliasRange = 0x43,
                  kExtendedSelect = 0x46, kExtendedRange = 0x47, kSpecial = 0x48, kAcpi = 0xf0;

// 5.2.2.3 to 5.2.2.7: the length of an entry, from the two upper bits of its type, except for an
// ACPI entry. 0: unknown.
size_t entry_size(const Bytes& entry) {
  const uint8_t type = entry.u8(0);
  if (type == kAcpi) return 22u + entry.u8(21);
  return type > kAcpi ? 0 : size_t{4} << (type >> 6);
}

// The entries of one IVHD. One entry opens a range, and the next entry closes it.
class Entries {
 public:
  Entries(Structure& unit, Table& table) : unit_(unit), table_(table) {}

  void parse(const Bytes& entries) {
    for (size_t at = 0; at < entries.size();) {
      const Bytes rest = entries.from(at);
      const size_t size = entry_size(rest);
      if (size == 0) return fault(rest, fmt::format("its type {:#04x} is unknown", rest.u8(0)));
      const auto entry = checked_structure(entries, at, size, 4, owner(), table_);
      if (!entry) return;
      add(*entry);
      at += size;
    }
    if (open_) add_fault(table_, open_->offset, owner(), "it starts a range that no entry ends");
  }

 private:
  std::string owner() const { return "device entry of " + unit_.name; }
  void fault(const Bytes& entry, const std::string& what) {
    add_fault(table_, entry.offset(), owner(), what);
  }

  DeviceScope scope(const Bytes& entry, const char* kind) const {
    const RequesterId id = entry.u16(1);
    return {.offset = entry.offset(),
            .kind = kind,
            .segment = unit_.segment.value_or(0),
            .devices = std::pair{id, id},
            .settings = entry.u8(3)};
  }

  void add(const Bytes& entry) {
    const uint8_t type = entry.u8(0);
    if (type == kRangeEnd) return close(entry);
    if (open_) {
      fault(entry, "an entry of a different type is inside a range");
      open_.reset();
    }
    switch (type) {
      case 0x00:  // padding
      case 0x40:
        return;
      case 0x01:
        unit_.scopes.push_back(scope(entry, "all"));
        unit_.scopes.back().devices = std::pair{RequesterId{0}, RequesterId{0xffff}};
        return;
      case 0x02:
      case kExtendedSelect:
        unit_.scopes.push_back(scope(entry, "device"));
        return;
      case kAliasSelect:
        unit_.scopes.push_back(scope(entry, "device"));
        unit_.scopes.back().alias = entry.u16(5);
        return;
      case kRangeStart:
      case kExtendedRange:
        open_ = scope(entry, "range");
        return;
      case kAliasRange:
        open_ = scope(entry, "range");
        open_->alias = entry.u16(5);
        return;
      case kSpecial:
        return add_special(entry);
      case kAcpi:
        return add_acpi(entry);
      default:  // 5.2.2.3: reserved, must be skipped
        unit_.scopes.push_back({.offset = entry.offset(), .kind = "unknown"});
    }
  }

  void close(const Bytes& entry) {
    if (!open_) return fault(entry, "it ends a range that no entry started");
    open_->devices->second = entry.u16(1);
    if (open_->devices->second < open_->devices->first)
      fault(entry, "its range ends before its start");
    unit_.scopes.push_back(*open_);
    open_.reset();
  }

  // 5.2.2.6: an interrupt controller or timer, and the requester id of its interrupts.
  void add_special(const Bytes& entry) {
    constexpr const char* kVarieties[] = {"unknown", "IOAPIC", "HPET"};
    const uint8_t variety = entry.u8(7);
    DeviceScope special = scope(entry, kVarieties[variety < std::size(kVarieties) ? variety : 0]);
    special.devices = std::pair{entry.u16(5), entry.u16(5)};
    special.id = entry.u8(4);
    unit_.scopes.push_back(special);
  }

  // 5.2.2.7: hardware id, unique id.
  void add_acpi(const Bytes& entry) {
    DeviceScope device = scope(entry, "ACPI device");
    device.name = entry.text(4, 8);
    // A unique id is a number, or text.
    if (entry.u8(20) == 2)
      device.name += " " + entry.text(22, entry.u8(21));
    else if (entry.u8(20) == 1)
      device.name += fmt::format(" {:#x}", entry.u64(22));
    unit_.scopes.push_back(device);
  }

  Structure& unit_;
  Table& table_;
  std::optional<DeviceScope> open_;
};

void parse_ivhd(const Bytes& bytes, Structure& parsed, Table& table) {
  const uint8_t type = bytes.u8(0);
  const size_t entries = type == 0x10 ? 24 : 40;
  parsed.role = Structure::Role::kUnit;
  if (!holds(bytes, entries, parsed.name, table)) return;
  parsed.raw_flags = bytes.u8(1);
  parsed.flags = flags_in(parsed.raw_flags, kIvhdFlags);
  parsed.base = bytes.u64(8);
  parsed.segment = bytes.u16(16);
  parsed.device = bytes.u16(4);
  parsed.details = {{"capability", bytes.u16(6), true}, {"info", bytes.u16(18), true}};
  if (type == 0x10) {
    parsed.details.push_back({"features", bytes.u32(20), true});
  } else {
    parsed.details.push_back({"attributes", bytes.u32(20), true});
    parsed.details.push_back({"efr", bytes.u64(24), true});
    if (type == 0x40) parsed.details.push_back({"efr2", bytes.u64(32), true});
  }
  Entries(parsed, table).parse(bytes.from(entries));
}

// 5.2.2.2: for all devices, for one, or for a range.
void parse_ivmd(const Bytes& bytes, Structure& parsed, Table& table) {
  parsed.role = Structure::Role::kReserved;
  if (!holds(bytes, 32, parsed.name, table)) return;
  const uint8_t type = bytes.u8(0);
  const RequesterId first = type == 0x20 ? RequesterId{0} : bytes.u16(4);
  const RequesterId last = type == 0x20 ? RequesterId{0xffff} : bytes.u16(type == 0x22 ? 6 : 4);
  const uint64_t length = bytes.u64(24);
  constexpr const char* kKinds[] = {"all", "device", "range"};
  parsed.raw_flags = bytes.u8(1);
  parsed.flags = flags_in(parsed.raw_flags, kIvmdFlags);
  parsed.segment = bytes.u16(8);
  parsed.base = bytes.u64(16);
  parsed.limit = *parsed.base + length - 1;
  parsed.scopes.push_back({.offset = bytes.offset(),
                           .kind = kKinds[type - 0x20],
                           .segment = *parsed.segment,
                           .devices = std::pair{first, last}});
  if (length == 0 || *parsed.limit < *parsed.base)
    add_fault(
        table, bytes.offset(), parsed.name,
        fmt::format("a length of {:#x} bytes from {:#x} on is invalid", length, *parsed.base));
}

std::string name_of(uint8_t type) {
  const bool unit = type == 0x10 || type == 0x11 || type == 0x40;
  const bool memory = type >= 0x20 && type <= 0x22;
  return fmt::format("{} {:02x}h", unit ? "IVHD" : memory ? "IVMD" : "type", type);
}

}  // namespace

void parse_ivrs(const Bytes& body, Table& table) {
  constexpr size_t kFirst = 48;
  if (!holds(body, kFirst, "IVRS", table)) return;
  table.raw_flags = body.u32(36);
  table.flags = flags_in(table.raw_flags, kTableFlags);
  table.details = {{"physical_address_width", table.raw_flags >> 8 & 0x7f},
                   {"virtual_address_width", table.raw_flags >> 15 & 0x7f}};
  for (size_t at = kFirst; at < body.size();) {
    if (!holds(body.from(at), 4, "IVDB", table)) return;
    const auto block = checked_structure(body, at, body.u16(at + 2), 4, "IVDB", table);
    if (!block) return;
    Structure parsed{
        .name = name_of(block->u8(0)), .offset = block->offset(), .length = block->size()};
    if (parsed.name.starts_with("IVHD")) parse_ivhd(*block, parsed, table);
    if (parsed.name.starts_with("IVMD")) parse_ivmd(*block, parsed, table);
    table.structures.push_back(std::move(parsed));
    at += block->size();
  }
}

}  // namespace verify::firmware
