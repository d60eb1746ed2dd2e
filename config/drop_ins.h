// SPDX-License-Identifier: GPL-2.0-or-later
//
// The drop-ins of a configuration: FILE.d/*.conf.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "host/result.h"
#include "host/root.h"

namespace config {

struct DropIns {
  std::vector<std::string> files;  // their paths, in the order of their names
  // Have a section, but a name that does not end with .conf: the first ones, and the number of the
  // others.
  std::vector<std::string> ignored;
  size_t more_ignored = 0;
  host::Result<void> readable;  // why FILE.d cannot be listed
};

inline constexpr size_t kMaxIgnored = 6;  // of `ignored`

// Is this the name of a file that is not meant to be used: of an editor, of a package manager, or
// one that a user has put aside?
bool is_set_aside(std::string_view name);

// A boot waits for this: of the files with other names, only the first kMaxDropIns are read.
DropIns list_drop_ins(const host::Root& root, const std::string& file);

// The name without the end that replaces ".conf": "gaming" of "gaming.txt", "gaming.conf.txt" and
// "gaming.CONF".
std::string_view stem_of(std::string_view name);

}  // namespace config
