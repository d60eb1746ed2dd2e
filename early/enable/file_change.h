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

// Restores the text from its copy; success if the change is not applied. The file keeps the mode
// and owner that it has now; a file that was removed gets those that it had.
host::Result<void> undo_file(const host::Root& root, const Entry& entry);

// The diff from the text after the change to the text before it: for the user, who can undo the
// change of an edited file with it. "": a copy is missing or damaged.
std::string diff_to_undo(const host::Root& root, const Entry& entry);

}  // namespace early::enable
