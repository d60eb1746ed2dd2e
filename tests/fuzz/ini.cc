// SPDX-License-Identifier: GPL-2.0-or-later
//
// An INI file: what was parsed is the same after it is written and parsed again.
#include "plan/ini.h"

#include "tests/fuzz/target.h"

namespace fuzz {
namespace {

std::vector<std::string> samples() {
  return {"# a comment\n[gaming]\naddress = 0000:01:00\nidentity = 10de:1b81\n\n[other]\nid=1:2\n",
          "\xef\xbb\xbf[a]\r\nk = v\r\n; c\r\n", "key = before\n[bad\n[]\nword\n= value\n"};
}

std::string write(const plan::Ini& ini) {
  std::string text;
  for (const plan::IniSection& section : ini.sections) {
    text += "[" + section.name + "]\n";
    for (const plan::IniEntry& entry : section.entries)
      text += entry.key + " = " + entry.value + "\n";
  }
  return text;
}

void parse(std::string_view bytes) {
  const plan::Ini ini = plan::parse_ini(bytes);
  hold(ini.sections.size() <= plan::kMaxIniSections);
  hold(ini.faults.size() <= plan::kMaxIniFaults + 1);
  for (const plan::IniSection& section : ini.sections) {
    hold(section.line > 0 && section.faults.size() <= plan::kMaxIniFaults + 1);
    hold(section.name.empty() ==
         (!section.faults.empty() && section.faults[0].line == section.line));
    for (const plan::IniEntry& entry : section.entries) hold(entry.line > section.line);
  }
  const plan::Ini again = plan::parse_ini(write(ini));
  hold(again.sections.size() == ini.sections.size() && write(again) == write(ini));
}

const Target kTarget("ini", samples, parse);

}  // namespace
}  // namespace fuzz
