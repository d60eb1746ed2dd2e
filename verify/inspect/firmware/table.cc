// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/firmware/table.h"

#include <algorithm>

#include <fmt/format.h>

#include "host/pci_address.h"
#include "verify/inspect/firmware/structures.h"

namespace verify::firmware {
namespace {

// A truncated table is read to the end of the file. Bytes after a table are not read.
Bytes check_length(const Bytes& file, Table& table) {
  const uint32_t length = file.u32(4);
  if (length < kHeaderSize || length > file.size())
    add_fault(
        table, 4, "header",
        fmt::format("its length is {} bytes, but the file has {} bytes", length, file.size()));
  if (length < kHeaderSize) return file;
  if (length < file.size())
    add_fault(table, length, "header",
              fmt::format("{} bytes follow the end of the table", file.size() - length));
  return file.cut(0, length);
}

void check_sum(const Bytes& body, Table& table) {
  if (const uint8_t sum = body.sum(); sum != 0)
    add_fault(table, 9, "header",
              fmt::format("the checksum is wrong: all bytes add up to {:#04x}, not to 0", sum));
}

}  // namespace

bool Table::has(std::string_view flag) const {
  return std::any_of(flags.begin(), flags.end(), [&](const Flag& set) { return set.name == flag; });
}

Table parse_table(std::span<const uint8_t> bytes) {
  Table table;
  const Bytes file(bytes);
  if (!holds(file, kHeaderSize, "header", table)) return table;
  table.signature = file.text(0, 4);
  const Bytes body = check_length(file, table);
  table.length = body.size();
  table.revision = body.u8(8);
  table.oem = body.text(10, 6) + " " + body.text(16, 8);
  if (table.faults.empty()) check_sum(body, table);
  if (table.signature == "DMAR")
    parse_dmar(body, table);
  else if (table.signature == "IVRS")
    parse_ivrs(body, table);
  else if (table.signature == "VIOT")
    parse_viot(body, table);
  else
    add_fault(table, 0, "header",
              "the signature is '" + table.signature + "', not DMAR, IVRS or VIOT");
  return table;
}

std::string requester_str(uint16_t segment, RequesterId id) {
  const auto part = [id](int shift, unsigned mask) {
    return static_cast<uint8_t>(static_cast<unsigned>(id) >> shift & mask);
  };
  return host::PciAddress{{segment, part(8, 0xff), part(3, 0x1f)}, part(0, 7)}.str();
}

void add_fault(Table& table, size_t offset, const std::string& structure, const std::string& what) {
  table.faults.push_back({offset, structure, what});
}

bool holds(const Bytes& piece, size_t size, const std::string& structure, Table& table) {
  if (piece.size() >= size) return true;
  add_fault(table, piece.offset(), structure,
            fmt::format("it needs {} bytes, but has only {}", size, piece.size()));
  return false;
}

std::optional<Bytes> checked_structure(const Bytes& body, size_t at, size_t length,
                                       size_t min_length, const std::string& structure,
                                       Table& table) {
  const Bytes rest = body.from(at);
  if (length >= min_length && length <= rest.size()) return rest.cut(0, length);
  add_fault(table, rest.offset(), structure,
            length < min_length
                ? fmt::format("its length is {}, but the minimum is {}; the rest is not read",
                              length, min_length)
                : fmt::format("its length is {}, but only {} bytes are left", length, rest.size()));
  return std::nullopt;
}

}  // namespace verify::firmware
