// SPDX-License-Identifier: GPL-2.0-or-later
//
// A module's alias, as depmod(8) writes it, against the modalias of a device.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace host {

// As fnmatch(3), which libkmod uses: "*", "?" and "[0-9]" in `pattern`. A pattern may be hostile:
// the time is limited by the product of both lengths, which no specification promises for
// fnmatch().
bool matches_pattern(std::string_view pattern, std::string_view text);

// The alias of a PCI function: "pci:v000010DEd*sv*sd*bc03sc*i*" (do_pci_entry in
// scripts/mod/file2alias.c). A list has tens of thousands, and each is compared with each function
// of a machine.
class PciAlias {
 public:
  // nullopt: `text` has a different form.
  static std::optional<PciAlias> parse(std::string_view text);

  // As matches_pattern(), of two such texts.
  bool matches(const PciAlias& modalias) const;

 private:
  // v, d, sv, sd, bc, sc, i; with a mask of 0 any value matches.
  std::array<uint32_t, 7> values_ = {}, masks_ = {};
};

}  // namespace host
