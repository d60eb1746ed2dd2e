// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/image/systemd_settings.h"

#include <algorithm>

#include "host/text.h"

namespace verify {

std::vector<SystemdSetting> read_settings(std::string_view text, size_t& room) {
  std::vector<SystemdSetting> found;
  // Longer than all known names. Each setting has a copy of its section's name.
  constexpr size_t kMaxSectionName = 64;
  std::string line, section;
  const auto take_line = [&] {
    if (line.starts_with('['))
      section = line.substr(1, std::min(line.find(']') - 1, kMaxSectionName));
    else if (const size_t equals = line.find('='); equals != line.npos && room > 0) {
      found.push_back({section, std::string(host::trim(line.substr(0, equals))),
                       std::string(host::trim(line.substr(equals + 1)))});
      --room;
    }
    line.clear();
  };
  while (!text.empty() && room > 0) {
    const size_t end = text.find('\n');
    const std::string_view piece = host::trim(text.substr(0, end));
    text.remove_prefix(std::min(end, text.size() - 1) + 1);
    if (piece.starts_with('#') || piece.starts_with(';')) continue;
    line += piece;
    if (piece.ends_with('\\'))
      line.back() = ' ';
    else
      take_line();
  }
  take_line();
  return found;
}

}  // namespace verify
