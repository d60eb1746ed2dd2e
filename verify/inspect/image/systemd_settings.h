// SPDX-License-Identifier: GPL-2.0-or-later
//
// Parser for systemd's unit and configuration files (systemd.syntax(7)).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace verify {

struct SystemdSetting {
  std::string section, key, value;
  std::string str() const { return key + "=" + value; }
};

// Comments and continued lines as in config_parse() of src/shared/conf-parser.c: an empty line or
// the end of the file ends a continued line. `room` is the number of settings that may still be
// read; at 0 the rest of the text is not read.
std::vector<SystemdSetting> read_settings(std::string_view text, size_t& room);

}  // namespace verify
