// SPDX-License-Identifier: GPL-2.0-or-later
//
// The INI form of the configuration: sections, `key = value`, comments on lines of their own
// (# or ;), every item with the line that it stands on.
//
// Written by us rather than taken from libinih: that library's defaults keep trailing comments in
// values, join indented lines, cut lines at 200 bytes and report one line number for the whole
// file, and the reader that undoes all this is longer than this parser.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace plan {

struct IniEntry {
  std::string key;
  std::string value;
  int line = 0;  // from 1
};

struct IniFault {
  int line = 0;
  std::string what;  // "expected 'key = value'"
};

struct IniSection {
  std::string name;  // "" where the header is faulty
  int line = 0;
  std::vector<IniEntry> entries;
  std::vector<IniFault> faults;
};

struct Ini {
  std::vector<IniSection> sections;
  std::vector<IniFault> faults;  // that belong to no section; not text at all: exactly one
};

// Limits that no sensible configuration comes near: bytes of a line and of a name, sections, and
// faults that are told of each section and of what stands outside.
constexpr size_t kMaxIniLine = 1000;
constexpr size_t kMaxIniName = 100;
constexpr size_t kMaxIniSections = 64;
constexpr size_t kMaxIniFaults = 5;

// Never fails: what can't be read becomes a fault. Line ends may be LF or CRLF; a UTF-8 byte order
// mark is passed over. A NUL or another control character means that this is no text file: one
// fault, no sections.
Ini parse_ini(std::string_view text);

}  // namespace plan
