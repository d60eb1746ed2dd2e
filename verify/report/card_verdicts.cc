// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/report/card_verdicts.h"

#include <algorithm>
#include <set>

#include "verify/inspect/pci_names.h"

namespace verify {
namespace {

// The subjects of findings about the card: its functions, and the first function of each group,
// which may be one of another card.
std::set<std::string> subjects_of(const Inspection& inspection, const std::string& card) {
  std::set<std::string> subjects;
  for (const ConfiguredFunction& function : inspection.functions) {
    if (function.card != card) continue;
    subjects.insert(function.address());
    const InspectedGroup* group = function.group ? inspection.group(*function.group) : nullptr;
    if (group) subjects.insert(group->subject);
  }
  return subjects;
}

Status verdict_about(const Inspection& inspection, const Findings& findings,
                     const std::string& card) {
  const std::set<std::string> subjects = subjects_of(inspection, card);
  Findings about;
  for (const Finding& finding : findings)
    if (finding.subject == kHost ? finding.card.empty() || finding.card == card
                                 : subjects.contains(finding.subject))
      about.push_back(finding);
  return verdict(about);
}

CardVerdict& card_named(std::vector<CardVerdict>& cards, const std::string& name) {
  const auto found = std::find_if(cards.begin(), cards.end(),
                                  [&](const CardVerdict& card) { return card.name == name; });
  return found != cards.end() ? *found : cards.emplace_back(CardVerdict{.name = name});
}

}  // namespace

const char* verdict_word(Status verdict) {
  return verdict == Status::kPass   ? "READY"
         : verdict == Status::kFail ? "NOT READY"
                                    : "INCONCLUSIVE";
}

std::vector<CardVerdict> card_verdicts(const Inspection& inspection, const Findings& findings) {
  std::vector<CardVerdict> cards;
  for (const ConfiguredFunction& function : inspection.functions) {
    CardVerdict& card = card_named(cards, function.card);
    if (card.addresses.empty()) card.model = device_name(function.function.id);
    card.addresses.push_back(function.address());
  }
  for (const config::Refusal& refusal : inspection.refusals)
    if (!refusal.card.empty()) card_named(cards, refusal.card);
  for (CardVerdict& card : cards) card.verdict = verdict_about(inspection, findings, card.name);
  return cards;
}

}  // namespace verify
