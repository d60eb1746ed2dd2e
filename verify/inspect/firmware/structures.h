// SPDX-License-Identifier: GPL-2.0-or-later
//
// The parsers of the three tables, and the functions that they share. Each parser appends the
// structures in `body` to `table`. `body` is the whole table with its common header, so that
// offsets are those of the specifications.
#pragma once

#include <string>

#include "verify/inspect/firmware/bytes.h"
#include "verify/inspect/firmware/table.h"

namespace verify::firmware {

// From the signature to the creator revision (ACPI 6.5, 5.2.6).
inline constexpr size_t kHeaderSize = 36;

void parse_dmar(const Bytes& body, Table& table);
void parse_ivrs(const Bytes& body, Table& table);
void parse_viot(const Bytes& body, Table& table);

struct FlagBit {
  uint32_t bit;
  Flag flag;
};

template <size_t N>
std::vector<Flag> flags_in(uint32_t value, const FlagBit (&known)[N]) {
  std::vector<Flag> flags;
  for (const FlagBit& bit : known)
    if (value >> bit.bit & 1) flags.push_back(bit.flag);
  return flags;
}

void add_fault(Table& table, size_t offset, const std::string& structure, const std::string& what);

// Does `piece` hold at least `size` bytes? If not, adds a fault.
bool holds(const Bytes& piece, size_t size, const std::string& structure, Table& table);

// The structure at `at`, whose own length field says `length`. If that is less than `min_length` or
// exceeds `body`, returns nothing and adds a fault: later structures cannot be found then.
std::optional<Bytes> checked_structure(const Bytes& body, size_t at, size_t length,
                                       size_t min_length, const std::string& structure,
                                       Table& table);

}  // namespace verify::firmware
