// SPDX-License-Identifier: GPL-2.0-or-later
//
// What `vfio-early enable` wants to change: files, and settings that only another program can
// change (grubby, kernelstub). Both can be taken back.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "host/child.h"

namespace early::enable {

struct FileChange {
  std::string card;  // the card that needs it; "": all cards share it
  std::string file;  // absolute; a symbolic link is followed, and the file it leads to is changed
  // The whole texts. No text: the file does not exist before, or is removed.
  std::optional<std::string> before, after;
  unsigned mode = 0644;    // of a new file; an existing file keeps its mode and owner
  std::string words = {};  // for the user: "the hook vfio-early"
  // For undoing the change of a file that the user has edited since.
  std::string added = {};  // the parameter or hook that all cards share: "vfio-early"; "": none
  bool is_command_line = false;  // a new file, whose other parameters every boot needs: "root="
};

// The commands must be safe to repeat, and `undo` must also succeed if `apply` ran only in part or
// not at all: this process may be killed at any time.
struct CommandChange {
  std::string card;
  std::string words;  // for the user: "intel_iommu=on"
  std::vector<host::Command> apply, undo;
};

using Change = std::variant<FileChange, CommandChange>;

struct Proposal {
  std::vector<Change> changes;         // in the order in which they are applied
  std::vector<host::Command> rebuild;  // builds the images again; safe to repeat
};

}  // namespace early::enable
