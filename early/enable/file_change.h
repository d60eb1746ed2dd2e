// SPDX-License-Identifier: GPL-2.0-or-later
//
// Applies and takes back one change of a file. Both look at the content first, so that they can be
// repeated after a crash, and never overwrite what another program or the user wrote.
#pragma once

#include <optional>
#include <string>

#include "early/enable/change.h"
#include "early/enable/ledger.h"
#include "host/result.h"
#include "host/root.h"

namespace early::enable {

enum class Content {
  kBefore,  // the change is not applied
  kAfter,   // it is applied
  kOther,   // the file was changed since
};

// The entry for a change that is to be applied. Fails, without writing anything, if the file no
// longer has the text `before`.
host::Result<Entry> propose_file(const host::Root& root, const FileChange& change);

// Copies the texts before and after the change, so that undo_file() can restore the file.
host::Result<void> save_copies(const host::Root& root, const Entry& entry,
                               const std::optional<std::string>& after);

host::Result<Content> content_of(const host::Root& root, const Entry& entry);

// Success if the change is applied already. Creates the directories above the file.
host::Result<void> apply_file(const host::Root& root, const Entry& entry,
                              const std::optional<std::string>& after);

enum class Undo {
  kNothing,    // the change is not applied
  kRestore,    // the file gets its text before the change
  kOurLines,   // it was edited elsewhere: only the lines of the change are taken back
  kGone,       // it was edited, and the change was taken back by hand
  kAmbiguous,  // it was edited: which lines are those of the change is not certain
};

struct PlannedUndo {
  Undo how = Undo::kNothing;
  std::optional<std::string> text, undone;  // of the file: now and afterwards; kAmbiguous: the same
};

// What undo_file() would do.
host::Result<PlannedUndo> plan_undo(const host::Root& root, const Entry& entry);

enum class Edited {
  kKeep,    // of a file that was edited since, only certain lines are taken back
  kForget,  // it stays as it is, and the change is forgotten
};

// Takes the change back; fails if that is ambiguous. The file keeps the mode and owner that it has
// now; a file that was removed gets those that it had.
host::Result<Undo> undo_file(const host::Root& root, const Entry& entry,
                             Edited edited = Edited::kKeep);

// The diff from the text after the change to the text before it: for the user, who can undo the
// change of an edited file with it. "": a copy is missing or damaged.
std::string diff_to_undo(const host::Root& root, const Entry& entry);

}  // namespace early::enable
