// SPDX-License-Identifier: GPL-2.0-or-later
//
// Applies a proposal as a whole or not at all, and takes it back. The caller holds kLock.
//
//   enable   writes the ledger and the copies, applies each change, builds the images again, judges
//            them, and writes the ledger once more: all new changes are settled
//   disable  marks changes as not settled, and then does what follows
//   recover  takes back all changes that are not settled, the last one first, builds the images
//            again if that had begun, and removes the ledger or writes it without them
//
// A step of `enable` that fails is followed by `recover`, and so is a crash, when vfio-early runs
// the next time. Each step can be repeated.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "early/enable/change.h"
#include "early/enable/file_change.h"
#include "early/enable/ledger.h"
#include "host/child.h"
#include "host/result.h"
#include "host/root.h"

namespace early::enable {

// For take_lock(). A lock of its own: images are built for minutes, and cards must be claimed then.
inline constexpr const char* kLock = "/run/vfio-early/enable.lock";

struct Actions {
  std::function<host::Result<void>(const host::Command&)> run;
  // What builds the images again when changes are taken back, if an earlier run recorded these
  // commands. Not set: the recorded commands.
  std::function<host::Result<std::vector<host::Command>>(const std::vector<host::Command>&)>
      rebuild_now = {};
  // Are the new images right? Optional.
  std::function<host::Result<void>()> judge = {};
  // Does the user want to stop? Asked between the steps of enable(); the last one ends with the
  // ledger. Optional.
  std::function<bool()> interrupted = {};
};

// What could not be taken back. It stays in the ledger, and the next run tries again.
struct Leftover {
  std::string what;  // the words of the change; "": `why` names it
  host::Error why;
  std::string diff;  // what would be taken back of a file that was changed since
};

struct Outcome {
  std::optional<host::Error> failure;  // the step that failed
  std::vector<Leftover> leftovers;
  // Why no program builds the images again: the ledger has nothing more to do, but the user has.
  std::optional<host::Error> not_rebuilt;
  // What happened to files that were edited since, for the user: whole sentences.
  std::vector<std::string> notes;

  // All is done; or the machine is as it was before.
  bool done() const { return !failure && undone(); }
  bool as_before() const { return failure && undone(); }
  bool undone() const { return leftovers.empty() && !not_rebuilt; }
};

// Runs a program of the running machine, for at most 15 minutes: `run` for a live root. The error
// has the last line of its standard error.
host::Result<void> run_program(const host::Command& command);

// Why enable() would refuse the proposal before it changes anything: a file was changed since the
// proposal was made, or cannot be changed.
host::Result<void> check(const host::Root& root, const Proposal& proposal);

Outcome enable(const host::Root& root, const Proposal& proposal, const Actions& actions);

// The changes that all cards share.
enum class Shared {
  kWithLastCard,  // they are taken back if no other card is left
  kStay,          // a section of the user's own needs them
};

// Marks the changes that disable() takes back as not settled: those of `card`, or of all cards; and
// those that the user took back by hand.
void unsettle(const host::Root& root, Ledger& ledger, const std::optional<std::string>& card,
              Shared shared);

Outcome disable(const host::Root& root, const std::optional<std::string>& card,
                const Actions& actions, Edited edited = Edited::kKeep,
                Shared shared = Shared::kWithLastCard);

// Does nothing if nothing is unfinished.
Outcome recover(const host::Root& root, const Actions& actions, Edited edited = Edited::kKeep);

}  // namespace early::enable
