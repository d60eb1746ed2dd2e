// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the parsers of the three tables share. Each appends to `table` what `body` holds; `body` is
// the whole table, its common header included, so that offsets are those of the specifications.
#pragma once

#include <string>

#include "verify/firmware/bytes.h"
#include "verify/firmware/table.h"

namespace verify::firmware {

// Signature to creator revision (ACPI 6.5, 5.2.6).
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

// Does `piece` hold at least `size` bytes? If not, a fault says so.
bool holds(const Bytes& piece, size_t size, const std::string& structure, Table& table);

// What begins at `at` and says of itself that it is `length` bytes long. Nothing, and a fault,
// where that is shorter than what says so or ends behind `body`: no later structure can be found
// then.
std::optional<Bytes> take(const Bytes& body, size_t at, size_t length, size_t least,
                          const std::string& structure, Table& table);

}  // namespace verify::firmware
