// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/enable/card_choice.h"

#include <algorithm>

#include "early/enable/card_users.h"
#include "early/enable/pci_names.h"
#include "host/text.h"
#include "plan/guards.h"
#include "plan/suggestion.h"

namespace early::enable {
namespace {

using host::Machine;
using host::PciFunction;

using Functions = std::vector<const PciFunction*>;

std::string drivers_text(const Functions& functions) {
  std::vector<std::string> drivers;
  for (const PciFunction* function : functions)
    if (!function->driver.empty() && !host::contains(drivers, function->driver))
      drivers.push_back(function->driver);
  return drivers.empty() ? "no driver" : "driver " + host::join(drivers, ", ");
}

// The displays with a host driver that are left if the card is claimed.
std::string staying_text(const Machine& machine, const NamedCard& card) {
  std::vector<std::string> displays;
  for (const PciFunction* function : plan::remaining_displays(machine, {}))
    if (!card.contains(function->address))
      displays.push_back(function->address.str() +
                         (function->driver.empty() ? "" : " (" + function->driver + ")"));
  return displays.empty() ? "no display stays with the host (needs --only-display=allow)"
                          : "stays with the host: " + shortened(displays);
}

std::string card_text(const host::Root& root, const Machine& machine,
                      const config::Configuration& configuration, const NamedCard& card,
                      const std::string& names) {
  const Functions functions = functions_of(machine, card);
  std::string now = drivers_text(functions);
  const auto users = users_of(root, functions);
  if (!users.empty()) now += ", used by " + shortened(users);
  if (std::any_of(functions.begin(), functions.end(),
                  [](auto* each) { return each->boot_display; }))
    now += ", boot display";
  std::string text = card.str() + "  " + name_in(names, functions.front()->id) + "\n     " + now +
                     "\n     " + staying_text(machine, card) + "\n";
  if (const config::Card* section = configured(configuration, machine, card))
    text += "     configured: " + section->where() + "\n";
  return text;
}

}  // namespace

std::vector<NamedCard> cards_to_choose(const Machine& machine) {
  std::vector<NamedCard> cards;
  for (const host::PciSlot& slot : plan::graphics_slots(machine))
    cards.push_back({slot, std::nullopt});
  return cards;
}

std::string choice_text(const host::Root& root, const Machine& machine,
                        const config::Configuration& configuration,
                        const std::vector<NamedCard>& cards) {
  const std::string names = read_pci_names(root);
  std::string text;
  for (size_t i = 0; i < cards.size(); ++i) {
    std::string number = std::to_string(i + 1);
    number.insert(0, number.size() < 3 ? 3 - number.size() : 0, ' ');
    text += number + "  " + card_text(root, machine, configuration, cards[i], names);
  }
  return text;
}

std::optional<NamedCard> chosen(const std::vector<NamedCard>& cards, const std::string& answer) {
  const auto number = host::parse_number(host::trim(answer), 10);
  if (!number || *number < 1 || *number > cards.size()) return std::nullopt;
  return cards[*number - 1];
}

}  // namespace early::enable
