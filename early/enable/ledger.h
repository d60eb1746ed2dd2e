// SPDX-License-Identifier: GPL-2.0-or-later
//
// The ledger: what `vfio-early enable` changed on this machine and how to take it back. It is
// written before the first change, so that it is complete whenever this process or the machine
// stops.
//
// It holds no text of a file, only hashes. The texts are beside it, one file for each: before/ has
// the old text with the mode and owner of the original, after/ the new text, to show what a change
// was. Their names start with the number of the change, so that a file may be changed twice.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "host/child.h"
#include "host/result.h"
#include "host/root.h"

namespace early::enable {

inline constexpr const char* kLedgerDirectory = "/var/lib/vfio-early/enable";
inline constexpr const char* kLedgerFile = "/var/lib/vfio-early/enable/ledger.json";

enum class State {
  kEnabling,   // "enabling": not finished; the unsettled changes must be taken back
  kEnabled,    // "enabled": all changes are applied
  kDisabling,  // "disabling": not finished; the unsettled changes must be taken back
};

enum class Kind { kFile, kCommands };

// One change.
struct Entry {
  int number = 0;  // names its copies; larger than the numbers of older changes
  std::string card;
  bool settled = false;  // belongs to a finished `enable`, and to no unfinished `disable`
  Kind kind = Kind::kFile;
  std::string words;  // for the user: "intel_iommu=on"

  // Kind::kFile
  std::string file;           // no symbolic link
  std::string before, after;  // hash_of() the text
  int mode = 0;               // of a new file
  std::string added;          // these two as in FileChange
  bool is_command_line = false;

  // Kind::kCommands
  std::vector<host::Command> undo;
  bool began = false;  // set before the first command runs

  std::string before_copy() const;
  std::string after_copy() const;

  bool operator==(const Entry&) const = default;
};

struct Ledger {
  State state = State::kEnabling;
  bool rebuild_began = false;  // the images must be built again when changes were taken back
  std::vector<host::Command> rebuild;
  std::vector<std::string> directories;  // that `enable` creates, parents first
  std::vector<Entry> entries;            // in the order in which they are applied

  bool operator==(const Ledger&) const = default;
};

// "" for a file that does not exist; otherwise 16 hexadecimal digits, FNV-1a. It detects edits, not
// attacks: only root can write these files.
std::string hash_of(const std::optional<std::string>& text);

std::string to_json(const Ledger& ledger);

// Fails for every member that is missing or has another type, and for another format: half a ledger
// would leave changes on the machine. The error names the file.
host::Result<Ledger> ledger_from_json(const std::string& text);

// nullopt: nothing is enabled.
host::Result<std::optional<Ledger>> read_ledger(const host::Root& root);

// The ledger is on the disk afterwards, or the old one still is.
host::Result<void> write_ledger(const host::Root& root, const Ledger& ledger);

// Removes the ledger, the copies and their directories; success if they do not exist.
host::Result<void> remove_ledger(const host::Root& root);

// Removes copies that no entry of `ledger` needs, and unfinished files of a process that was
// killed.
host::Result<void> remove_unused_copies(const host::Root& root, const Ledger& ledger);

}  // namespace early::enable
