// SPDX-License-Identifier: GPL-2.0-or-later
//
// The lines of modprobe.d(5), each with its file and line number. libkmod reads the same lines, but
// does not report where they are, and reads no other machine's tree.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/root.h"

namespace host {

struct ModprobeLine {
  std::vector<std::string> words;  // at least two: "install", "vfio-pci", "/sbin/x.sh"
  std::string where;               // "/etc/modprobe.d/vfio.conf:3"

  const std::string& command() const { return words[0]; }  // "install"
  // Is the line about `module`? Its second word may be a pattern, as fnmatch(3) matches it, in an
  // "install", "remove" or "softdep" line.
  bool names(std::string_view module) const;
  std::string str() const;  // "install vfio-pci /sbin/x.sh"
};

// The lines of one file. A line that ends in a backslash continues on the next one.
std::vector<ModprobeLine> parse_modprobe_lines(std::string_view text, const std::string& file);

// The lines of all modprobe.d directories. `unread`: see read_drop_ins().
std::vector<ModprobeLine> read_modprobe_lines(const Root& root,
                                              std::vector<std::string>* unread = nullptr);

// Is it a file that libkmod reads: "vfio.conf", "vfio.alias"?
bool is_modprobe_file(std::string_view name);

// "install MODULE /bin/false": the line keeps the module from being loaded, and does nothing else.
bool loads_nothing(const ModprobeLine& line);

}  // namespace host
