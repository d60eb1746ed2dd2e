// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/enable/preparation.h"

#include <cerrno>
#include <cstdio>
#include <utility>

#include <unistd.h>

#include "early/enable/conversation.h"
#include "early/enable/interruption.h"
#include "early/enable/ledger.h"
#include "early/enable/transaction.h"
#include "early/lock.h"
#include "host/printable.h"

namespace early::enable {
namespace {

using host::Error;
using host::Result;
using host::Root;

constexpr int kLockSeconds = 2;

Result<bool> is_unfinished(const Root& root) {
  const auto ledger = read_ledger(root);
  if (!ledger) return ledger.error();
  return *ledger && (*ledger)->state != State::kEnabled;
}

// What would change depends on what the unfinished run changed.
Result<void> require_finished(const Root& root) {
  const auto unfinished = is_unfinished(root);
  if (!unfinished) return unfinished.error();
  if (*unfinished)
    return Error{
        0, "the last run did not finish; first run `vfio-early disable`, which undoes its changes"};
  return {};
}

// True: there was something to undo.
Result<bool> undo_unfinished(const Root& root, bool keep_edited) {
  auto unfinished = is_unfinished(root);
  if (!unfinished || !*unfinished) return unfinished;
  host::print(stdout, "The last run did not finish. Its changes are undone first.\n");
  const Outcome outcome = recover(root, printing_actions(root, kUndoneAnyway),
                                  keep_edited ? Edited::kForget : Edited::kKeep);
  print_undone(outcome);
  if (outcome.failure) return *outcome.failure;
  if (!outcome.undone())
    return Error{0, "some changes of the last run could not be undone; nothing else was changed"};
  return true;
}

}  // namespace

Result<void> check_use(const Root& root, const Options& options, const std::string& name) {
  if (!options.only_display.empty() && options.only_display != "allow")
    return Error{0, "--only-display takes only 'allow'"};
  if (options.dry_run) return {};
  if (!root.live()) return Error{0, "'" + name + "' takes --root only with --dry-run"};
  if (::geteuid() != 0) return Error{0, "run '" + name + "' as root"};
  if (!options.yes && !has_terminal())
    return Error{
        0,
        "'" + name +
            "' asks before it changes anything, but this is not a terminal; use --yes or --dry-run"};
  return {};
}

Result<Begun> begin(const Root& root, const Options& options) {
  if (options.dry_run) {
    if (auto finished = require_finished(root); !finished) return finished.error();
    return Begun();
  }
  note_interruptions();
  if (auto made = root.make_directory("/run/vfio-early"); !made) return made.error();
  auto lock = take_lock(root, kLockSeconds, kLock);
  if (!lock && lock.error().code == EWOULDBLOCK)
    return Error{0, "another `vfio-early enable` or `disable` is running"};
  if (!lock) return lock.error();
  const auto undone = undo_unfinished(root, options.keep_edited);
  if (!undone) return undone.error();
  return Begun{.lock = std::move(*lock), .recovered = *undone};
}

}  // namespace early::enable
