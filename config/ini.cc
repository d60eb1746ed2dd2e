// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/ini.h"

#include <algorithm>

#include "host/text.h"

namespace config {
namespace {

using host::trim;

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t' && c != '\r' && c != '\n') || byte == 0x7f;
}

// Each fault becomes a line of the kernel log, and a text that is not a configuration has one in
// each line: only the first few are reported.
void add_fault(std::vector<IniFault>& faults, int line, std::string what) {
  if (faults.size() > kMaxIniFaults) return;
  if (faults.size() == kMaxIniFaults) what = "more mistakes follow; they are not listed";
  faults.push_back({line, std::move(what)});
}

void parse_header(std::string_view line, int number, Ini& ini) {
  const std::string_view name =
      line.ends_with(']') ? trim(line.substr(1, line.size() - 2)) : std::string_view();
  const bool bad =
      name.empty() || name.size() > kMaxIniName || name.find_first_of("[]") != name.npos;
  if (ini.sections.size() >= kMaxIniSections)
    return add_fault(ini.faults, number,
                     "too many sections (limit: " + std::to_string(kMaxIniSections) + ")");
  ini.sections.push_back(
      {.name = bad ? "" : std::string(name), .line = number, .entries = {}, .faults = {}});
  if (bad) add_fault(ini.sections.back().faults, number, "expected a section header like [gaming]");
}

void parse_entry(std::string_view line, int number, IniSection& section) {
  const size_t equals = line.find('=');
  const std::string_view key = trim(line.substr(0, equals));
  if (equals == line.npos || key.empty())
    return add_fault(section.faults, number, "expected 'key = value'");
  const std::string_view value = trim(line.substr(equals + 1));
  section.entries.push_back({std::string(key), std::string(value), number});
}

void parse_line(std::string_view raw, int number, Ini& ini) {
  const std::string_view line = trim(raw);
  if (line.empty() || line.front() == '#' || line.front() == ';') return;
  if (line.front() == '[') return parse_header(line, number, ini);
  if (ini.sections.empty())
    return add_fault(ini.faults, number, "this line is before the first [section]");
  if (line.size() > kMaxIniLine)
    return add_fault(ini.sections.back().faults, number,
                     "the line is longer than " + std::to_string(kMaxIniLine) + " bytes");
  parse_entry(line, number, ini.sections.back());
}

}  // namespace

Ini parse_ini(std::string_view text) {
  Ini ini;
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());

  if (const auto bad = std::find_if(text.begin(), text.end(), is_control); bad != text.end()) {
    const auto line = 1 + std::count(text.begin(), bad, '\n');
    ini.faults.push_back({static_cast<int>(line),
                          "the line has a control character, so the file is not a text file"});
    return ini;
  }
  for (int number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    parse_line(text.substr(0, end), number, ini);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return ini;
}

}  // namespace config
