// SPDX-License-Identifier: GPL-2.0-or-later
//
// Matches module aliases, as depmod(8) writes them, against the modalias of a device.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace host {

// Matches as fnmatch(3), which libkmod uses: "*", "?" and "[0-9]" in `pattern`. A pattern may be
// hostile: the number of steps is at most the product of both lengths. No specification promises
// such a limit for fnmatch().
bool matches_pattern(std::string_view pattern, std::string_view text);

// The alias of a PCI function: "pci:v000010DEd*sv*sd*bc03sc*i*" (do_pci_entry in
// scripts/mod/file2alias.c). modules.alias has thousands of them, and each is compared with every
// function of a machine: so the fields are kept as numbers.
class PciAlias {
 public:
  // nullopt: `text` does not have this form.
  static std::optional<PciAlias> parse(std::string_view text);

  // Gives the result of matches_pattern() for the two texts.
  bool matches(const PciAlias& modalias) const;

 private:
  // v, d, sv, sd, bc, sc, i; with a mask of 0 any value matches.
  std::array<uint32_t, 7> values_ = {}, masks_ = {};
};

}  // namespace host
