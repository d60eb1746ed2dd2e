// SPDX-License-Identifier: GPL-2.0-or-later
//
// Takes out of texts what names a machine or its owner, and nothing else: each secret becomes the
// same stand-in wherever it occurs, so that what belonged together still does.
//
// Found by their form: UUIDs, hardware addresses, serial numbers of PCI functions, machine ids, and
// what stands behind root=, ip= and their like on a command line. Found by being told: the
// machine's name, the board's serial numbers.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace verify::capture {

class Anonymiser {
 public:
  // A word that is to go wherever it stands by itself; `kind` for the stand-in: "hostname-1". Too
  // short or too common ones are let be.
  void hide(const std::string& secret, const std::string& kind);

  std::string text(std::string_view text);
  // A function's configuration space, whose serial number it is (PCIe 6.0, 7.9.3).
  std::string config_space(std::string bytes);

  // How many different secrets of each kind were met.
  std::map<std::string, size_t> counts() const;

 private:
  // The stand-in of `secret`, always the same.
  std::string stand_in(const std::string& kind, const std::string& secret);
  // At a word's beginning: how much of it is a secret by its form, and what stands there instead.
  size_t match(std::string_view text, std::string& instead);

  std::map<std::string, std::string> told_;                              // secret, kind
  std::map<std::string, std::map<std::string, std::string>> stand_ins_;  // by kind, secret
};

}  // namespace verify::capture
