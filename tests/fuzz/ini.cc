// SPDX-License-Identifier: GPL-2.0-or-later
//
// An INI file: what was parsed is the same after it is written and parsed again.
#include "config/ini.h"

#include "tests/fuzz/target.h"

namespace fuzz {
namespace {

std::vector<std::string> samples() {
  return {"# a comment\n[gaming]\naddress = 0000:01:00\nidentity = 10de:1b81\n\n[other]\nid=1:2\n",
          "\xef\xbb\xbf[a]\r\nk = v\r\n; c\r\n", "key = before\n[bad\n[]\nword\n= value\n"};
}

std::string write(const config::Ini& ini) {
  std::string text;
  for (const config::IniSection& section : ini.sections) {
    text += "[" + section.name + "]\n";
    for (const config::IniEntry& entry : section.entries)
      text += entry.key + " = " + entry.value + "\n";
  }
  return text;
}

void parse(std::string_view bytes) {
  const config::Ini ini = config::parse_ini(bytes);
  require(ini.sections.size() <= config::kMaxIniSections);
  require(ini.faults.size() <= config::kMaxIniFaults + 1);
  for (const config::IniSection& section : ini.sections) {
    require(section.line > 0 && section.faults.size() <= config::kMaxIniFaults + 1);
    require(section.name.empty() ==
            (!section.faults.empty() && section.faults[0].line == section.line));
    for (const config::IniEntry& entry : section.entries) require(entry.line > section.line);
  }
  const config::Ini again = config::parse_ini(write(ini));
  require(again.sections.size() == ini.sections.size() && write(again) == write(ini));
}

const Target kTarget("ini", samples, parse);

}  // namespace
}  // namespace fuzz
