// SPDX-License-Identifier: GPL-2.0-or-later
//
// Everything that vfio-verify may read of a machine, by a list. A list, and not a record of what
// one run opened: a run stops at the first thing that is missing and looks at configured cards
// only, while who reads a bug report wants to see what lies beside them.
//
// Only what is named is read: an attribute of a graphics driver may wake its card, and the memory
// behind a BAR is no text.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "host/root.h"
#include "verify/capture/anonymiser.h"

namespace verify::capture {

struct Entry {
  enum class Kind { kFile, kLink, kDirectory };
  Kind kind = Kind::kFile;
  std::string content;  // of a file; of a link where it leads
};

struct Collection {
  std::map<std::string, Entry> entries;  // by path, as on the machine: "/proc/cmdline"
  std::vector<std::string> unreadable;   // "open /dev/kmsg: Permission denied"
};

// What is there, without what names the machine.
Collection collect(const host::Root& root, Anonymiser& anonymiser);

}  // namespace verify::capture
