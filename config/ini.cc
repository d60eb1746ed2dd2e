// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/ini.h"

#include <algorithm>

#include "config/stray_character.h"
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
void add_fault(std::vector<IniFault>& faults, IniFault fault) {
  if (faults.size() > kMaxIniFaults) return;
  if (faults.size() == kMaxIniFaults)
    fault = {fault.line, "more mistakes follow; they are not listed", {}, {}};
  faults.push_back(std::move(fault));
}

// The line end is not stray.
std::string_view without_line_end(std::string_view raw) {
  return raw.substr(0, raw.find_last_not_of(" \t\r") + 1);
}

// The fault of a stray character before a comment, from the byte `from` on. Columns count from the
// beginning of the line in the file.
std::optional<IniFault> stray_character_fault(std::string_view raw, size_t from, int number) {
  raw = without_line_end(raw);
  const auto stray = find_stray_character(raw.substr(0, raw.find_first_of("#;")), from);
  if (!stray) return std::nullopt;
  const std::string where = "column " + std::to_string(stray->column);
  const char* why = stray->visible ? "; keys and values are plain ASCII" : ", which is invisible";
  return IniFault{number,
                  where + " has " + stray->name + why,
                  "type the line again, without the character in " + where,
                  {}};
}

IniFault header_fault(std::string_view raw, int number) {
  const size_t end = std::min(raw.find(']'), raw.size());
  if (const auto stray = stray_character_fault(raw, end, number)) return *stray;
  if (end < raw.size() && trim(raw.substr(end + 1)).find_first_of("#;") == 0)
    return {number,
            "a comment cannot follow a section header",
            "put the comment on a line of its own",
            {}};
  return {number, "expected a section header like [gaming]", {}, {}};
}

void parse_header(std::string_view raw, int number, Ini& ini) {
  const std::string_view line = trim(raw);
  const std::string_view name =
      line.ends_with(']') ? trim(line.substr(1, line.size() - 2)) : std::string_view();
  const bool bad =
      name.empty() || name.size() > kMaxIniName || name.find_first_of("[]") != name.npos;
  if (ini.sections.size() >= kMaxIniSections)
    return add_fault(
        ini.faults,
        {number, "too many sections (limit: " + std::to_string(kMaxIniSections) + ")", {}, {}});
  ini.sections.push_back(
      {.name = bad ? "" : std::string(name), .line = number, .entries = {}, .faults = {}});
  if (bad) add_fault(ini.sections.back().faults, header_fault(raw, number));
}

void parse_entry(std::string_view line, int number, IniSection& section) {
  const size_t equals = line.find('=');
  const std::string_view key = trim(line.substr(0, equals));
  if (equals == line.npos || key.empty())
    return add_fault(section.faults, {number, "expected 'key = value'", {}, std::string(line)});
  const std::string_view value = trim(line.substr(equals + 1));
  section.entries.push_back({std::string(key), std::string(value), number});
}

void parse_line(std::string_view raw, int number, Ini& ini) {
  const std::string_view line = trim(raw);
  if (line.empty() || line.front() == '#' || line.front() == ';') return;
  if (line.front() == '[') return parse_header(raw, number, ini);
  auto& faults = ini.sections.empty() ? ini.faults : ini.sections.back().faults;
  if (line.size() > kMaxIniLine)
    return add_fault(
        faults,
        {number, "the line is longer than " + std::to_string(kMaxIniLine) + " bytes", {}, {}});
  if (auto fault = stray_character_fault(raw, 0, number))
    return add_fault(faults, std::move(*fault));
  if (ini.sections.empty())
    return add_fault(faults, {number,
                              "this line is before the first [section]",
                              "put a line like [gaming] above it",
                              {}});
  parse_entry(line, number, ini.sections.back());
}

// Editors of other systems may save text as UTF-16, in which every other byte of ASCII is a NUL.
std::string not_text(std::string_view text) {
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff"))
    return "the file is in UTF-16, not in UTF-8";
  return "the line has a control character, so the file is not a text file";
}

}  // namespace

Ini parse_ini(std::string_view text) {
  Ini ini;
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());

  if (const auto bad = std::find_if(text.begin(), text.end(), is_control); bad != text.end()) {
    const auto line = 1 + std::count(text.begin(), bad, '\n');
    ini.faults.push_back({static_cast<int>(line), not_text(text), "save it as UTF-8 text", {}});
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
