// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a capture holds of a machine: its sources (sources.h), without what names it. All of them
// are read twice: first for secrets, so that one that is found anywhere is replaced everywhere.
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
