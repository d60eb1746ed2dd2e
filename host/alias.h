// SPDX-License-Identifier: GPL-2.0-or-later
//
// A module's alias, as depmod(8) writes it, against the modalias of a device.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace host {

// As fnmatch(3), which libkmod uses: "*", "?" and "[0-9]" in `pattern`. It takes time in proportion
// to the product of both lengths: a pattern may be anyone's, and fnmatch() tries each way to divide
// the text among several "*".
bool matches_alias(std::string_view pattern, std::string_view text);

// Of a PCI function: "pci:v000010DEd*sv*sd*bc03sc*i*" (do_pci_entry in scripts/mod/file2alias.c). A
// list has tens of thousands, which are compared with each function of a machine.
class PciAlias {
 public:
  // Nothing: it is not written in that way.
  static std::optional<PciAlias> parse(std::string_view text);

  // As matches_alias(), of two such texts.
  bool matches(const PciAlias& modalias) const;

 private:
  // v, d, sv, sd, bc, sc, i; the value where no bit of the mask is set is any.
  std::array<uint32_t, 7> values_ = {}, masks_ = {};
};

}  // namespace host
