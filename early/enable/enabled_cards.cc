// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/enable/enabled_cards.h"

#include "config/configuration.h"
#include "config/slot_or_function.h"
#include "early/enable/named_card.h"
#include "host/machine.h"
#include "host/text.h"

namespace early::enable {

std::vector<std::string> enabled_cards(const Ledger& ledger) {
  std::vector<std::string> cards;
  for (const Entry& entry : ledger.entries)
    if (!entry.card.empty() && !host::contains(cards, entry.card)) cards.push_back(entry.card);
  return cards;
}

std::optional<std::string> enabled_card(const Ledger& ledger, const std::string& text) {
  const auto wanted = config::SlotOrFunction::parse(text);
  for (const Entry& entry : ledger.entries) {
    if (entry.card.empty()) continue;
    const auto address = config::SlotOrFunction::parse(entry.card);
    const bool named =
        wanted && address && wanted->slot == address->slot &&
        (!address->function || !wanted->function || *wanted->function == *address->function);
    if (named || entry.file == section_file(text)) return entry.card;
  }
  return std::nullopt;
}

std::vector<const Entry*> entries_to_take_back(const Ledger& ledger,
                                               const std::optional<std::string>& card) {
  Ledger after = ledger;
  unsettle(after, card);
  std::vector<const Entry*> entries;
  for (size_t i = ledger.entries.size(); i-- > 0;)
    if (!after.entries[i].settled) entries.push_back(&ledger.entries[i]);
  return entries;
}

std::optional<std::string> section_of_user(const host::Root& root, const std::string& text) {
  const auto configuration = config::read_configuration(root, config::kConfigurationFile);
  for (const config::Card& card : configuration.cards)
    if (card.name == text) return card.where();
  const auto machine = host::read_machine(root, {.paths = true, .serials = true});
  if (!machine) return std::nullopt;
  const auto named = find_card(*machine, text);
  if (!named) return std::nullopt;
  const config::Card* card = configured(configuration, *machine, *named);
  return card ? std::optional(card->where()) : std::nullopt;
}

}  // namespace early::enable
