// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstdio>

#include "early/commands.h"
#include "early/enable/card_choice.h"
#include "early/enable/card_users.h"
#include "early/enable/commands.h"
#include "early/enable/conversation.h"
#include "early/enable/images.h"
#include "early/enable/interruption.h"
#include "early/enable/offer.h"
#include "early/enable/preparation.h"
#include "early/machine_warnings.h"
#include "early/print_plan.h"
#include "host/printable.h"

namespace early::enable {
namespace {

using host::Machine;
using host::Root;

int fail_usage(const std::string& why) {
  print_problem(why);
  return kUsage;
}

std::optional<NamedCard> choose(const Root& root, const Machine& machine) {
  const auto configuration = config::read_configuration(root, config::kConfigurationFile);
  const auto cards = cards_to_choose(machine);
  host::print(stdout, "Graphics cards and accelerators of this machine:\n%s",
              choice_text(root, machine, configuration, cards).c_str());
  const auto answer = ask("Number of the card that guests get (Enter: none):");
  return answer ? chosen(cards, *answer) : std::nullopt;
}

void print_users(const Root& root, const Offer& offer) {
  const auto users = users_of(root, functions_of(offer.planned.machine, offer.card));
  if (!users.empty())
    host::print(stdout, "The card is in use by %s. It is bound to vfio-pci at the next boot.\n",
                shortened(users).c_str());
}

void print_offer(const Root& root, const Offer& offer) {
  print_plan(
      offer.planned.plan, offer.planned.configuration, offer.planned.machine,
      machine_warnings(root, offer.planned.machine, plan::claimed_functions(offer.planned.plan)));
  print_users(root, offer);
  for (const std::string& note : offer.notes) host::print(stdout, "%s\n", note.c_str());
  if (!offer.proposal.changes.empty()) host::print(stdout, "\nChanges:\n");
  print_changes(offer.proposal.changes);
  host::print(stdout, "\nCommands that build the images of all kernels again:\n");
  print_commands(offer.proposal.rebuild);
}

host::Result<void> judge(const Root& root, const std::string& then) {
  const AnswerToInterruption answer("waiting for vfio-verify to end; " + then);
  const JudgedImages judged = judge_images(root);
  switch (judged.images) {
    case Images::kRight:
      host::print(stdout, "The images are checked: a boot from each of them binds the card.\n");
      break;
    case Images::kWrong:
      host::print(stdout, "%s", judged.report.c_str());
      return host::Error{0, "a boot from the new images would not bind the card"};
    case Images::kInconclusive:
      host::print(stdout, "%s", judged.report.c_str());
      host::print(stdout,
                  "The check of the images is inconclusive: see `vfio-verify image --all`.\n");
      break;
    case Images::kNotJudged:
      host::print(stdout, "The images are not checked: %s.\n", judged.report.c_str());
  }
  return {};
}

int report(const Outcome& outcome, const Offer& offer) {
  print_undone(outcome);
  if (outcome.done()) {
    host::print(
        stdout,
        "%s is enabled as [%s].\nNext step: reboot; then `vfio-verify` checks the result.\n",
        offer.card.str().c_str(), offer.name.c_str());
    return kAllClaimed;
  }
  const std::string failed = outcome.failure ? describe(*outcome.failure) : "";
  if (offer.proposal.changes.empty())  // the images may be built in part
    print_problem(failed, "correct the cause, and run `vfio-early enable` again");
  else if (outcome.as_before())
    print_problem(failed + ". All changes were undone: the machine is as it was");
  else
    print_problem(failed + ". Not all changes could be undone",
                  "correct the cause, and run `vfio-early disable`");
  return kNotAllClaimed;
}

// Everything is set, but the images may be older.
Outcome rebuild_only(const Offer& offer, const Actions& actions) {
  Outcome outcome;
  for (const host::Command& command : offer.proposal.rebuild) {
    const auto ran = actions.run(command);
    if (!ran) outcome.failure = ran.error();
    if (ran && actions.interrupted()) outcome.failure = host::Error{0, "interrupted by the user"};
    if (outcome.failure) return outcome;
  }
  if (actions.judge)
    if (const auto judged = actions.judge(); !judged) outcome.failure = judged.error();
  return outcome;
}

int carry_out(const Root& root, const Offer& offer) {
  const bool changes = !offer.proposal.changes.empty();
  const std::string then = changes ? "then all changes are undone" : "then `vfio-early` ends";
  Actions actions = printing_actions(root, then);
  if (offer.rebuilds_here) actions.judge = [&] { return judge(root, then); };
  return report(changes ? enable(root, offer.proposal, actions) : rebuild_only(offer, actions),
                offer);
}

int offer_and_enable(const Root& root, const Options& options, const Machine& machine,
                     const NamedCard& card) {
  const Offer offer = make_offer(root, machine, card, !options.only_display.empty());
  if (offer.refusal) {
    print_problem(card.str() + " cannot be enabled: " + offer.refusal->why, offer.refusal->remedy);
    return kNotAllClaimed;
  }
  print_offer(root, offer);
  if (const auto checked = check(root, offer.proposal); !checked)
    return print_problem(describe(checked.error())), kNotAllClaimed;
  if (options.dry_run) return kAllClaimed;
  if (!options.yes && !ask_to_continue()) {
    host::print(stdout, "Nothing was changed.\n");
    return kNotAllClaimed;
  }
  return carry_out(root, offer);
}

}  // namespace

int run_enable(const Root& root, const Options& options) {
  if (const auto right = check_use(root, options, "enable"); !right)
    return fail_usage(right.error().step);
  if (options.argument.empty() && !has_terminal())
    return fail_usage("'enable' needs the address of a card, for example 01:00");
  const auto begun = begin(root, options);
  if (!begun) return print_problem(describe(begun.error())), kNotAllClaimed;
  const auto machine = host::read_machine(root, {.paths = true,
                                                 .serials = true,
                                                 .groups = true,
                                                 .physical_slots = true,
                                                 .environment = true,
                                                 .display_drivers = true});
  if (!machine) return print_problem(describe(machine.error())), kNotAllClaimed;

  if (options.argument.empty()) {
    const auto card = choose(root, *machine);
    if (!card) return print_problem("no card was chosen; nothing was changed"), kNotAllClaimed;
    return offer_and_enable(root, options, *machine, *card);
  }
  const auto card = find_card(*machine, options.argument);
  if (!card) return fail_usage(card.error().step);
  return offer_and_enable(root, options, *machine, *card);
}

}  // namespace early::enable
