// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstdio>

#include "early/commands.h"
#include "early/enable/commands.h"
#include "early/enable/conversation.h"
#include "early/enable/diff.h"
#include "early/enable/enabled_cards.h"
#include "early/enable/file_change.h"
#include "early/enable/ledger.h"
#include "early/enable/platform_commands.h"
#include "early/enable/preparation.h"
#include "early/planned_machine.h"
#include "host/printable.h"
#include "host/text.h"

namespace early::enable {
namespace {

using host::Root;

// The card is in a file of the user's own, or nowhere.
int fail_unknown(const Root& root, const Ledger& ledger, const std::string& text) {
  if (const auto section = section_of_user(root, text)) {
    print_problem(text + " is configured in " + *section +
                      ", which `vfio-early enable` did not write, so it is not changed",
                  "remove the section, and build the initramfs again");
    return kNotAllClaimed;
  }
  const auto cards = enabled_cards(ledger);
  print_problem("no card '" + text + "' is enabled; enabled cards: " +
                (cards.empty() ? "none" : host::join(cards, ", ")));
  return kUsage;
}

// An error is reported when the change is to be undone.
void print_undo_of_file(const Root& root, const Entry& entry) {
  const auto planned = plan_undo(root, entry);
  if (!planned) return print_diff(diff_to_undo(root, entry));
  if (planned->how == Undo::kAmbiguous) {
    host::print(stdout, "%s was edited since, and stays as it is.\n", entry.file.c_str());
    return;
  }
  print_diff(unified_diff(entry.file, planned->text, planned->undone));
}

// What the last card would take with it, if no section of the user's own needed it.
void print_staying(const Root& root, const Ledger& ledger, const std::optional<std::string>& card,
                   const std::string& section) {
  for (const Entry* entry : entries_to_take_back(root, ledger, card, Shared::kWithLastCard))
    if (entry->card.empty())
      host::print(stdout, "%s stays: %s needs it.\n", entry->words.c_str(), section.c_str());
}

void print_undo(const Root& root, const Ledger& ledger, const std::vector<const Entry*>& entries) {
  host::print(stdout, "Changes:\n");
  for (const Entry* entry : entries) {
    if (entry->kind == Kind::kFile)
      print_undo_of_file(root, *entry);
    else
      print_commands(entry->undo);
  }
  host::print(stdout, "\nCommands that build the images of all kernels again:\n");
  const auto commands = rebuild_commands_now(root, ledger.rebuild);
  if (commands) return print_commands(*commands);
  host::print(stdout, "  none: %s\n", describe(commands.error()).c_str());
}

int report(const Outcome& outcome) {
  print_undone(outcome);
  if (outcome.done()) {
    host::print(stdout, "The changes are undone. Next step: reboot.\n");
    return kAllClaimed;
  }
  if (outcome.failure) print_problem(describe(*outcome.failure));
  if (outcome.failure || !outcome.leftovers.empty())
    print_problem(
        "not all changes are undone",
        "correct the cause, and run `vfio-early disable` again; --keep-edited leaves edited files as they are");
  return kNotAllClaimed;
}

int disable_cards(const Root& root, const Options& options, const Ledger& ledger,
                  const std::optional<std::string>& card) {
  const auto section = section_that_stays(root, ledger, card);
  const Shared shared = section ? Shared::kStay : Shared::kWithLastCard;
  if (section) print_staying(root, ledger, card, *section);
  const auto entries = entries_to_take_back(root, ledger, card, shared);
  if (entries.empty()) {
    host::print(stdout, "No card is enabled: nothing is left to undo.\n");
    return kAllClaimed;
  }
  print_undo(root, ledger, entries);
  if (options.dry_run) return kAllClaimed;
  if (!options.yes && !ask_to_continue()) {
    host::print(stdout, "Nothing was changed.\n");
    return kNotAllClaimed;
  }
  return report(disable(root, card, printing_actions(root, kUndoneAnyway),
                        options.keep_edited ? Edited::kForget : Edited::kKeep, shared));
}

int disable_one(const Root& root, const Options& options, const Ledger& ledger) {
  const auto cards = enabled_cards(root, ledger, options.argument);
  if (cards.empty()) return fail_unknown(root, ledger, options.argument);
  if (cards.size() == 1) return disable_cards(root, options, ledger, cards.front());
  print_problem(
      "several enabled cards match '" + options.argument + "': " + host::join(cards, ", "),
      "name one of them by its address");
  return kUsage;
}

}  // namespace

int run_disable(const Root& root, const Options& options) {
  if (const auto right = check_use(root, options, "disable"); !right)
    return print_problem(right.error().step), kUsage;
  const auto begun = begin(root, options);
  if (!begun) return print_problem(describe(begun.error())), kNotAllClaimed;
  const auto read = read_ledger(root);
  if (!read) return print_problem(describe(read.error())), kNotAllClaimed;
  const Ledger ledger = read->value_or(Ledger{});
  if (!options.argument.empty()) return disable_one(root, options, ledger);
  // Do not disable the other cards as well.
  if (begun->recovered && (!*read || !enabled_cards(ledger).empty())) {
    host::print(stdout, "The changes of the last run are undone. Next step: reboot.\n");
    return kAllClaimed;
  }
  return disable_cards(root, options, ledger, std::nullopt);
}

}  // namespace early::enable
