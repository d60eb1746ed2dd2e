// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/hand_over/recover.h"

#include <algorithm>

#include "config/slot_or_function.h"
#include "early/commands.h"
#include "early/hand_over/give_back.h"
#include "early/hand_over/hooks.h"
#include "early/hand_over/watch.h"
#include "early/messages.h"
#include "early/release.h"
#include "host/running_kernel.h"

namespace early::hand_over {
namespace {

using host::Result;
using host::Root;
using record::Record;

// Without a record nothing was taken yet.
Record record_of_this_boot(const Root& root) {
  auto record = record::read_record(root);
  return record && record->boot_id == host::boot_id(root) ? std::move(*record) : Record();
}

// hand_over.pml: give_back_with_hooks. False: something is left.
bool give_back_with_hooks(const Root& root, HandOvers& hand_overs, const std::string& card,
                          const std::string& reason) {
  const HandOver before = *hand_overs.find(card);
  const int64_t began_ns = record::boot_time_ns();
  const bool claimed = before.phase == Phase::kClaimed;
  if (claimed) {
    hand_overs.find(card)->phase = Phase::kReleasing;
    (void)write_hand_overs(root, hand_overs);
    report_hooks(root, card, run_hooks(root, before, kBeforeRelease));
  }
  Record record = record_of_this_boot(root);
  const GiveBack done = give_back(root, record, hand_overs, card, reason);
  if (done.complete)
    report_hooks(
        root, card,
        run_hooks(root, before, before.phase == Phase::kClaiming ? kFailed : kAfterRelease));
  (void)write_hand_overs(root, hand_overs);
  if (done.complete)
    log_message(root, host::Priority::kNotice,
                card + ": given back to the host in " +
                    std::to_string((record::boot_time_ns() - began_ns) / 1'000'000) + " ms" +
                    (done.what.empty() ? "" : "; " + done.what));
  return done.complete;
}

std::vector<std::string> names_of(const HandOvers& hand_overs) {
  std::vector<std::string> names;
  for (const HandOver& hand_over : hand_overs.all) names.push_back(hand_over.card);
  return names;
}

// hand_over.pml: keep_used. A guest may use the card of a claim that was killed at its very end.
void keep_used(const Root& root, HandOvers& hand_overs) {
  for (HandOver& hand_over : hand_overs.all) {
    if (hand_over.phase == Phase::kClaimed || !is_used(root, hand_over)) continue;
    hand_over.phase = Phase::kClaimed;
    (void)write_hand_overs(root, hand_overs);
  }
}

void give_back_interrupted(const Root& root, HandOvers& hand_overs) {
  keep_used(root, hand_overs);
  for (const std::string& card : names_of(hand_overs)) {
    const Phase phase = hand_overs.find(card)->phase;
    if (phase == Phase::kClaimed) continue;
    (void)give_back_with_hooks(root, hand_overs, card,
                               phase == Phase::kClaiming
                                   ? "given back because the claim was interrupted"
                                   : "the interrupted release was completed");
  }
}

void give_back_unused(const Root& root, HandOvers& hand_overs) {
  for (const std::string& card : names_of(hand_overs)) {
    HandOver& hand_over = *hand_overs.find(card);
    if (hand_over.phase != Phase::kClaimed || !hand_over.watched) continue;
    switch (judge_use(hand_over, is_used(root, hand_over), record::boot_time_ns())) {
      case Watch::kNothing:
        break;
      case Watch::kChanged:
        (void)write_hand_overs(root, hand_overs);
        break;
      case Watch::kGiveBack:
        (void)give_back_with_hooks(root, hand_overs, card, "given back because no guest uses it");
    }
  }
}

// The card that was handed over and has this name, or this address.
std::string card_of(const HandOvers& hand_overs, const std::string& what) {
  const auto address = config::SlotOrFunction::parse(what);
  for (const HandOver& hand_over : hand_overs.all) {
    if (hand_over.card == what) return what;
    for (const HandedFunction& function : hand_over.functions)
      if (address && address->contains(function.address)) return hand_over.card;
  }
  return {};
}

int release_handed_over(const Root& root, HandOvers& hand_overs, const std::string& card) {
  if (is_used(root, *hand_overs.find(card))) {
    log_message(
        root, host::Priority::kError,
        card +
            ": not released: a guest uses it. Remedy: stop the guest, then run `vfio-early release " +
            card + "`");
    return kNotAllClaimed;
  }
  (void)start_watch(root);  // completes this if it is killed
  const bool done = give_back_with_hooks(root, hand_overs, card, "released by the user");
  stop_idle_watch(root, hand_overs);
  return done ? kAllClaimed : kNotAllClaimed;
}

// A card that was claimed at boot: which driver it had is not known.
std::optional<int> release_of_boot(const Root& root, const std::string& what) {
  auto record = record::read_record(root);
  if (!record) return std::nullopt;
  const auto functions = named_functions(*record, what);
  const auto* physical = named_physical(*record, what);
  if (functions.empty() && !physical) return std::nullopt;
  HandOver card = {.card = physical ? physical->card : functions.front()->card};
  if (config::section_of(card.card) == what) card.card = what;  // all cards of the section
  for (const record::FunctionRecord* function : functions)
    card.functions.push_back({function->address, ""});
  const bool is_free = !is_used(root, card);  // otherwise release() refuses, and no hook runs
  if (is_free) report_hooks(root, card.card, run_hooks(root, card, kBeforeRelease));
  const bool done = release(root, *record, {.what = what}) == Release::kDone;
  if (is_free) report_hooks(root, card.card, run_hooks(root, card, done ? kAfterRelease : kFailed));
  return done ? kAllClaimed : kNotAllClaimed;
}

}  // namespace

// hand_over.pml: recover_interrupted
Result<HandOvers> recover_interrupted(const Root& root) {
  auto hand_overs = read_hand_overs(root);
  if (hand_overs) give_back_interrupted(root, *hand_overs);
  return hand_overs;
}

// hand_over.pml: Timer
int recover(const Root& root) {
  auto hand_overs = recover_interrupted(root);
  if (!hand_overs) {
    log_message(root, host::Priority::kError, describe(hand_overs.error()));
    stop_watch(root);
    return kNotAllClaimed;
  }
  give_back_unused(root, *hand_overs);
  stop_idle_watch(root, *hand_overs);
  const bool left = std::any_of(hand_overs->all.begin(), hand_overs->all.end(),
                                [](const HandOver& one) { return one.phase != Phase::kClaimed; });
  return left ? kNotAllClaimed : kAllClaimed;
}

std::optional<int> release_card(const Root& root, const std::string& what) {
  auto hand_overs = read_hand_overs(root);
  if (!hand_overs) {
    log_message(root, host::Priority::kError,
                what + ": the saved state is not used: " + describe(hand_overs.error()));
    return release_of_boot(root, what);
  }
  const std::string card = card_of(*hand_overs, what);
  return card.empty() ? release_of_boot(root, what) : release_handed_over(root, *hand_overs, card);
}

void stop_idle_watch(const Root& root, const HandOvers& hand_overs) {
  const bool needed =
      std::any_of(hand_overs.all.begin(), hand_overs.all.end(),
                  [](const HandOver& one) { return one.phase != Phase::kClaimed || one.watched; });
  if (!needed) stop_watch(root);
}

}  // namespace early::hand_over
