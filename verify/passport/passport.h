// SPDX-License-Identifier: GPL-2.0-or-later
//
// The passport of a machine: its state, as far as passthrough depends on it and an update may
// change it. Two passports are compared in sentences: "the card moved", "its group gained an NVMe
// disk".
//
// Functions of two passports are the same only if ids, class and function number are equal and the
// serial numbers do not differ. Among several candidates the serial number decides, then the
// address, then the path through the bridges, then the order.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "host/result.h"
#include "host/root.h"

namespace verify {

inline constexpr const char* kPassportFile = "/var/lib/vfio-early/passport.json";

struct PassportFunction {
  std::string address;     // "0000:01:00.0"
  std::string path;        // "0000:00/02.0/00.0"; "": unknown
  std::string id;          // "10de:1b81:1458:3701"
  std::string class_code;  // "030000"
  std::string serial;      // "": none, or not readable
  std::string card;        // the section that selects it; "": none
  std::optional<int> group;
  std::string reset_methods;   // "flr bus"; "": none, or not shown by this kernel
  std::vector<uint64_t> bars;  // bytes of BAR 0 to 5; 0: none
};

struct Passport {
  std::string kernel;                         // "6.12.117+deb12-amd64"
  std::string firmware;                       // "F32 (2025-03-01), ASUS X570"; "": unknown
  std::vector<std::string> iommus;            // "dmar0"
  std::map<std::string, std::string> tables;  // DMAR, IVRS, VIOT in hexadecimal; "": unreadable
  std::vector<PassportFunction> functions;    // in address order
};

// Kernel, firmware, tables and IOMMUs only: an update changes these, and they are cheap to read.
Passport take_passport_head(const host::Root& root);

// Values that are not readable stay empty. Fails only if the PCI bus cannot be read.
host::Result<Passport> take_passport(const host::Root& root, const std::string& configuration_file);

std::string passport_json(const Passport& passport);
host::Result<Passport> parse_passport(const std::string& json);

host::Result<void> save_passport(const Passport& passport, const std::string& file);
host::Result<Passport> load_passport(const std::string& file);

// One sentence for each change, the most important first; empty: no change.
std::vector<std::string> compare_passports(const Passport& before, const Passport& now);

}  // namespace verify
