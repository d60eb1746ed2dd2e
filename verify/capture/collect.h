// SPDX-License-Identifier: GPL-2.0-or-later
//
// The content of a capture: the machine's sources (sources.h), with secrets replaced. Sources that
// may contain secrets are read twice, first to find the secrets: a secret in one file is replaced
// in all files.
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
  std::string content;  // of a file; the target of a link
};

struct Collection {
  std::map<std::string, Entry> entries;  // by path, as on the machine: "/proc/cmdline"
  std::vector<std::string> unreadable;   // "open /dev/kmsg: Permission denied"
};

// Reads the sources that exist, and replaces the secrets.
Collection collect(const host::Root& root, Anonymiser& anonymiser);

}  // namespace verify::capture
