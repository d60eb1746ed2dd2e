// SPDX-License-Identifier: GPL-2.0-or-later
//
// The INI form of the configuration: sections, `key = value`, comments on lines of their own (# or
// ;), each item with its line number.
//
// libinih is not used: by default it keeps trailing comments in values, joins indented lines, cuts
// lines at 200 bytes and reports one line number for the whole file. Code that corrects all this is
// longer than this parser.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace config {

struct IniEntry {
  std::string key;
  std::string value;
  int line = 0;  // from 1
};

struct IniFault {
  int line = 0;
  std::string what;    // "expected 'key = value'"
  std::string remedy;  // "": nothing more specific than to correct the line
  std::string text;    // the line, if it has no '='
};

struct IniSection {
  std::string name;  // "" if the header is invalid
  int line = 0;
  std::vector<IniEntry> entries;
  std::vector<IniFault> faults;
};

struct Ini {
  std::vector<IniSection> sections;
  std::vector<IniFault> faults;  // outside of sections; exactly one if this is not text
};

// Limits far above real configurations: the bytes of a line and of a name, the number of sections,
// and the number of faults that are reported for each section and outside of sections.
constexpr size_t kMaxIniLine = 1000;
constexpr size_t kMaxIniName = 100;
constexpr size_t kMaxIniSections = 64;
constexpr size_t kMaxIniFaults = 5;

// Never fails: a line that cannot be parsed becomes a fault, and so does a line with a stray
// character (stray_character.h) outside of comments and names. Line ends may be LF or CRLF; a UTF-8
// byte order mark is skipped. A file with a NUL or another control character is not a text file:
// one fault, no sections.
Ini parse_ini(std::string_view text);

}  // namespace config
