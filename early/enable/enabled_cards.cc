// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/enable/enabled_cards.h"

#include <algorithm>

#include "config/configuration.h"
#include "config/id_pattern.h"
#include "config/slot_or_function.h"
#include "early/enable/named_card.h"
#include "host/machine.h"
#include "host/text.h"
#include "plan/plan.h"

namespace early::enable {
namespace {

using host::Root;

bool has(const std::string& card, const config::SlotOrFunction& wanted) {
  const auto address = config::SlotOrFunction::parse(card);
  return address && wanted.slot == address->slot &&
         (!address->function || !wanted.function || *wanted.function == *address->function);
}

// The address in the text, or those that the id in it has on the running machine.
std::vector<config::SlotOrFunction> addresses_in(const Root& root, const std::string& text) {
  std::vector<config::SlotOrFunction> addresses;
  if (const auto address = config::SlotOrFunction::parse(text)) addresses.push_back(*address);
  const auto id = config::IdPattern::parse(text);
  if (!id) return addresses;
  if (const auto machine = host::read_machine(root))
    for (const host::PciFunction& function : machine->functions)
      if (id->matches(function.id))
        addresses.push_back({function.address.slot, function.address.function});
  return addresses;
}

// The files of sections that are removed as a whole.
std::vector<std::string> removed_sections(const Root& root, const Ledger& ledger,
                                          const std::optional<std::string>& card) {
  std::vector<std::string> files;
  for (const Entry* entry : entries_to_take_back(root, ledger, card, Shared::kStay)) {
    const auto planned = plan_undo(root, *entry);
    if (!entry->card.empty() && planned && !planned->undone) files.push_back(entry->file);
  }
  return files;
}

}  // namespace

std::vector<std::string> enabled_cards(const Ledger& ledger) {
  std::vector<std::string> cards;
  for (const Entry& entry : ledger.entries)
    if (!entry.card.empty() && !host::contains(cards, entry.card)) cards.push_back(entry.card);
  return cards;
}

std::vector<std::string> enabled_cards(const Root& root, const Ledger& ledger,
                                       const std::string& text) {
  const auto addresses = addresses_in(root, text);
  std::vector<std::string> cards;
  for (const Entry& entry : ledger.entries) {
    if (entry.card.empty() || host::contains(cards, entry.card)) continue;
    const bool named =
        entry.file == section_file(text) ||
        std::any_of(addresses.begin(), addresses.end(),
                    [&](const config::SlotOrFunction& each) { return has(entry.card, each); });
    if (named) cards.push_back(entry.card);
  }
  return cards;
}

std::vector<const Entry*> entries_to_take_back(const Root& root, const Ledger& ledger,
                                               const std::optional<std::string>& card,
                                               Shared shared) {
  Ledger after = ledger;
  unsettle(root, after, card, shared);
  std::vector<const Entry*> entries;
  for (size_t i = ledger.entries.size(); i-- > 0;)
    if (!after.entries[i].settled) entries.push_back(&ledger.entries[i]);
  return entries;
}

std::optional<std::string> section_that_stays(const Root& root, const Ledger& ledger,
                                              const std::optional<std::string>& card) {
  const auto removed = removed_sections(root, ledger, card);
  const auto stays = [&](const std::string& file) { return !host::contains(removed, file); };
  const auto configuration = config::read_configuration(root, config::kConfigurationFile);
  for (const config::Card& each : configuration.cards)
    if (stays(each.file)) return each.where();
  for (const config::Refusal& each : configuration.refusals)  // a section with a mistake
    if (!each.card.empty() && stays(each.file)) return each.where();
  return std::nullopt;
}

std::optional<std::string> section_of_user(const Root& root, const std::string& text) {
  const auto configuration = config::read_configuration(root, config::kConfigurationFile);
  for (const config::Card& card : configuration.cards)
    if (card.name == text) return card.where();
  const auto machine = host::read_machine(root, plan::details_for(configuration));
  if (!machine) return std::nullopt;
  const auto named = find_card(*machine, text);
  if (!named) return std::nullopt;
  const config::Card* card = configured(configuration, *machine, *named);
  return card ? std::optional(card->where()) : std::nullopt;
}

}  // namespace early::enable
