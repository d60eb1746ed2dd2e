// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/enable/transaction.h"

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "early/enable/file_change.h"
#include "early/enable/text_file.h"
#include "host/text.h"

namespace early::enable {
namespace {

using host::Command;
using host::Error;
using host::Result;
using host::Root;

constexpr std::chrono::minutes kRunLimit{15};  // images of several kernels on a slow disk

constexpr size_t kOutput = size_t{64} << 10;  // a generator may print more: a line for each file

constexpr const char* kGone =
    " no longer has the change of `vfio-early enable`: it counts as undone.";
constexpr const char* kOurLines =
    " was edited since: only the lines of `vfio-early enable` were undone.";

struct Planned {
  Entry entry;
  const Change* change;

  const FileChange* file() const { return std::get_if<FileChange>(change); }
  const CommandChange* commands() const { return std::get_if<CommandChange>(change); }
};

bool changes_nothing(const Change& change) {
  const auto* file = std::get_if<FileChange>(&change);
  return file && file->before == file->after;
}

Result<Entry> propose(const Root& root, const Change& change) {
  if (const auto* file = std::get_if<FileChange>(&change)) return propose_file(root, *file);
  const auto* commands = std::get_if<CommandChange>(&change);
  Entry entry;
  entry.card = commands->card;
  entry.kind = Kind::kCommands;
  entry.words = commands->words;
  entry.undo = commands->undo;
  return entry;
}

// Is the file as it was before the change, although the change is finished?
bool is_undone_by_hand(const Root& root, const Entry& entry) {
  if (entry.kind != Kind::kFile || !entry.settled) return false;
  const auto content = content_of(root, entry);
  return content && *content == Content::kBefore;
}

// Two cards cannot share a file: the changes could be taken back only in reverse order.
Result<void> require_own_file(const Entry& entry, const std::vector<Entry>& others) {
  for (const Entry& other : others)
    if (entry.kind == Kind::kFile && other.kind == Kind::kFile && other.file == entry.file &&
        other.card != entry.card)
      return Error{0, entry.file + " was changed for " +
                          (other.card.empty() ? "all cards" : "the card " + other.card) +
                          " already: first run `vfio-early disable" +
                          (other.card.empty() ? "" : " " + other.card) + "`"};
  return {};
}

Result<std::vector<Planned>> plan_entries(const Root& root, const Proposal& proposal,
                                          const Ledger& ledger) {
  std::vector<Planned> all;
  int number = ledger.entries.empty() ? 0 : ledger.entries.back().number;
  for (const Change& change : proposal.changes) {
    if (changes_nothing(change)) continue;
    auto entry = propose(root, change);
    if (!entry) return entry.error();
    entry->number = ++number;
    if (auto own = require_own_file(*entry, ledger.entries); !own) return own.error();
    for (const Planned& other : all)
      if (entry->kind == Kind::kFile && other.entry.file == entry->file)
        return Error{EINVAL, "change " + entry->file + " twice"};
    all.push_back({std::move(*entry), &change});
  }
  return all;
}

// The ledger of a finished `enable`, or an empty one.
Result<Ledger> read_finished_ledger(const Root& root) {
  auto ledger = read_ledger(root);
  if (!ledger) return ledger.error();
  if (!*ledger) return Ledger{};
  if ((*ledger)->state != State::kEnabled)
    return Error{EBUSY, std::string(kLedgerFile) +
                            ": the last run of `vfio-early enable` or `disable` is not finished"};
  std::erase_if((*ledger)->entries,
                [&](const Entry& entry) { return is_undone_by_hand(root, entry); });
  return std::move(**ledger);
}

class Transaction {
 public:
  Transaction(const Root& root, const Actions& actions, Ledger ledger)
      : root_(root), actions_(actions), ledger_(std::move(ledger)) {}

  Outcome enable(const std::vector<Planned>& planned, const std::vector<Command>& rebuild) {
    Outcome outcome;
    const auto enabled = try_enable(planned, rebuild);
    if (enabled) return outcome;
    outcome.failure = enabled.error();
    // The step that failed may be the last one, after the ledger got its name.
    (void)write_ledger(root_, ledger_);
    take_back(outcome, Edited::kKeep);
    return outcome;
  }

  Outcome disable(const std::optional<std::string>& card, Edited edited, Shared shared) {
    Outcome outcome;
    unsettle(root_, ledger_, card, shared);
    if (!has_unsettled()) return outcome;
    ledger_.state = State::kDisabling;
    ledger_.rebuild_began = true;
    if (const auto written = write_ledger(root_, ledger_); !written) {
      outcome.failure = written.error();
      return outcome;
    }
    take_back(outcome, edited);
    return outcome;
  }

  void take_back(Outcome& outcome, Edited edited) {
    for (size_t i = ledger_.entries.size(); i-- > 0;) {
      if (ledger_.entries[i].settled) continue;
      if (auto leftover = take_back(ledger_.entries[i], edited, outcome.notes)) {
        outcome.leftovers.push_back(std::move(*leftover));
        continue;
      }
      ledger_.entries.erase(ledger_.entries.begin() + static_cast<ptrdiff_t>(i));
      // On a full disk this fails. Then the change is taken back once more after a crash.
      (void)write_ledger(root_, ledger_);
    }
    remove_directories(outcome);
    if (ledger_.rebuild_began) rebuild_again(outcome);
    finish(outcome);
  }

 private:
  Result<void> try_enable(const std::vector<Planned>& planned,
                          const std::vector<Command>& rebuild) {
    if (auto began = begin(planned, rebuild); !began) return began;
    for (const Planned& one : planned) {
      if (auto wanted = require_not_interrupted(); !wanted) return wanted;
      if (auto applied = apply(one); !applied) return applied;
    }
    if (auto built = build_images(); !built) return built;
    return settle();
  }

  Result<void> begin(const std::vector<Planned>& planned, const std::vector<Command>& rebuild) {
    ledger_.state = State::kEnabling;
    if (!rebuild.empty()) ledger_.rebuild = rebuild;
    for (const Planned& one : planned) {
      ledger_.entries.push_back(one.entry);
      for (const std::string& directory : missing_directories(root_, one.entry.file))
        if (!host::contains(ledger_.directories, directory))
          ledger_.directories.push_back(directory);
    }
    if (auto written = write_ledger(root_, ledger_); !written) return written;
    for (const Planned& one : planned)
      if (const FileChange* file = one.file())
        if (auto saved = save_copies(root_, one.entry, file->after); !saved) return saved;
    return {};
  }

  Result<void> apply(const Planned& planned) {
    if (const FileChange* file = planned.file())
      return apply_file(root_, planned.entry, file->after);
    for (Entry& entry : ledger_.entries)
      if (entry.number == planned.entry.number) entry.began = true;
    if (auto written = write_ledger(root_, ledger_); !written) return written;
    return run_all(planned.commands()->apply);
  }

  Result<void> build_images() {
    if (auto wanted = require_not_interrupted(); !wanted) return wanted;
    ledger_.rebuild_began = true;
    if (auto written = write_ledger(root_, ledger_); !written) return written;
    for (const Command& command : ledger_.rebuild) {
      if (auto ran = actions_.run(command); !ran) return ran;
      if (auto wanted = require_not_interrupted(); !wanted) return wanted;
    }
    if (!actions_.judge) return {};
    if (auto right = actions_.judge(); !right) return right;
    return require_not_interrupted();
  }

  // All is enabled when this ledger has its name.
  Result<void> settle() {
    Ledger settled = ledger_;
    settled.state = State::kEnabled;
    settled.rebuild_began = false;
    for (Entry& entry : settled.entries) entry.settled = true;
    return write_ledger(root_, settled);
  }

  Result<void> require_not_interrupted() const {
    if (actions_.interrupted && actions_.interrupted()) return Error{0, "interrupted by the user"};
    return {};
  }

  Result<void> run_all(const std::vector<Command>& commands) const {
    for (const Command& command : commands)
      if (auto ran = actions_.run(command); !ran) return ran;
    return {};
  }

  bool has_unsettled() const {
    return std::any_of(ledger_.entries.begin(), ledger_.entries.end(),
                       [](const Entry& entry) { return !entry.settled; });
  }

  std::optional<Leftover> take_back(const Entry& entry, Edited edited,
                                    std::vector<std::string>& notes) const {
    if (entry.kind == Kind::kFile) return take_back_file(entry, edited, notes);
    const auto undone = entry.began ? run_all(entry.undo) : Result<void>();
    if (undone) return {};
    return Leftover{entry.words, undone.error(), ""};
  }

  std::optional<Leftover> take_back_file(const Entry& entry, Edited edited,
                                         std::vector<std::string>& notes) const {
    const auto undone = undo_file(root_, entry, edited);
    if (undone) {
      if (*undone == Undo::kGone) notes.push_back(entry.file + kGone);
      if (*undone == Undo::kOurLines) notes.push_back(entry.file + kOurLines);
      return {};
    }
    const auto content = content_of(root_, entry);
    const bool other = content && *content == Content::kOther;
    return Leftover{entry.words, undone.error(), other ? diff_to_undo(root_, entry) : ""};
  }

  // A directory with files of others stays.
  void remove_directories(Outcome& outcome) {
    for (size_t i = ledger_.directories.size(); i-- > 0;) {
      const auto removed = remove_directory(root_, ledger_.directories[i]);
      if (removed)
        ledger_.directories.erase(ledger_.directories.begin() + static_cast<ptrdiff_t>(i));
      else if (removed.error().code != ENOTEMPTY)
        outcome.leftovers.push_back({"", removed.error(), ""});
    }
  }

  void rebuild_again(Outcome& outcome) const {
    const auto commands = actions_.rebuild_now ? actions_.rebuild_now(ledger_.rebuild)
                                               : Result<std::vector<Command>>(ledger_.rebuild);
    if (!commands) {
      outcome.not_rebuilt = commands.error();
      return;
    }
    for (const Command& command : *commands)
      if (const auto ran = actions_.run(command); !ran)
        outcome.leftovers.push_back({"the images", ran.error(), ""});
  }

  void finish(Outcome& outcome) {
    auto finished = outcome.leftovers.empty() && ledger_.entries.empty()
                        ? remove_ledger(root_)
                        : save_rest(outcome.leftovers.empty());
    if (!finished) outcome.leftovers.push_back({"", finished.error(), ""});
  }

  // The changes of other cards, and those that could not be taken back.
  Result<void> save_rest(bool finished) {
    if (finished) ledger_.state = State::kEnabled;
    if (finished) ledger_.rebuild_began = false;
    const auto saved = read_ledger(root_);  // on a full disk, the right one may be there
    if (!saved || *saved != ledger_)
      if (auto written = write_ledger(root_, ledger_); !written) return written;
    return remove_unused_copies(root_, ledger_);
  }

  const Root& root_;
  const Actions& actions_;
  Ledger ledger_;
};

Outcome failed(const Error& error) {
  Outcome outcome;
  outcome.failure = error;
  return outcome;
}

}  // namespace

Result<void> run_program(const Command& command) {
  const auto output = host::output_of(
      {.command = command, .limit = kRunLimit, .output_limit = kOutput, .only_end = true});
  if (!output) return output.error();
  return {};
}

Result<void> check(const Root& root, const Proposal& proposal) {
  const auto ledger = read_finished_ledger(root);
  if (!ledger) return ledger.error();
  if (const auto planned = plan_entries(root, proposal, *ledger); !planned) return planned.error();
  return {};
}

Outcome enable(const Root& root, const Proposal& proposal, const Actions& actions) {
  auto ledger = read_finished_ledger(root);
  if (!ledger) return failed(ledger.error());
  const auto planned = plan_entries(root, proposal, *ledger);
  if (!planned) return failed(planned.error());
  return Transaction(root, actions, std::move(*ledger)).enable(*planned, proposal.rebuild);
}

void unsettle(const Root& root, Ledger& ledger, const std::optional<std::string>& card,
              Shared shared) {
  for (Entry& entry : ledger.entries) {
    const bool taken_back = !entry.card.empty() && (!card || entry.card == *card);
    if (taken_back || is_undone_by_hand(root, entry)) entry.settled = false;
  }
  const bool needed =
      std::any_of(ledger.entries.begin(), ledger.entries.end(),
                  [](const Entry& entry) { return entry.settled && !entry.card.empty(); });
  if (needed || shared == Shared::kStay) return;
  for (Entry& entry : ledger.entries) entry.settled = false;
}

Outcome disable(const Root& root, const std::optional<std::string>& card, const Actions& actions,
                Edited edited, Shared shared) {
  auto ledger = read_ledger(root);
  if (!ledger) return failed(ledger.error());
  if (!*ledger) return {};
  return Transaction(root, actions, std::move(**ledger)).disable(card, edited, shared);
}

Outcome recover(const Root& root, const Actions& actions, Edited edited) {
  auto ledger = read_ledger(root);
  if (!ledger) return failed(ledger.error());
  Outcome outcome;
  if (*ledger && (*ledger)->state != State::kEnabled) {
    Transaction(root, actions, std::move(**ledger)).take_back(outcome, edited);
    return outcome;
  }
  // The last step of a killed process may be missing.
  const auto cleaned = *ledger ? remove_unused_copies(root, **ledger) : remove_ledger(root);
  if (!cleaned) outcome.failure = cleaned.error();
  return outcome;
}

}  // namespace early::enable
