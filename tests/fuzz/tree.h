// SPDX-License-Identifier: GPL-2.0-or-later
//
// The files of a machine as one text, which can be damaged as a whole:
//
//   @/proc/cmdline                           a file; what follows is in it
//   quiet splash
//   >/sys/class/x/device ../../devices/y     a symbolic link
//
// An entry ends at the line end before the next '@' or '>' at the beginning of a line.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "host/root.h"

namespace fuzz {

struct TreeEntry {
  bool link = false;
  std::string content;  // of a file; or the target of a link

  bool operator==(const TreeEntry&) const = default;
};

using Tree = std::map<std::string, TreeEntry>;  // by path: "/proc/cmdline"

std::string tree_text(const Tree& tree);

// At most 300 entries with plain paths. None is below a file or a link, so that nothing is written
// through one.
Tree parse_tree(std::string_view text);

// A directory below $TMPDIR that holds exactly `tree`. Each call changes the same directory, which
// is faster than making a new one.
host::Root make_tree(const Tree& tree);

// Removes that directory. It is also removed when the process exits normally.
void remove_tree();

}  // namespace fuzz
