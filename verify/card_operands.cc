// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/card_operands.h"

#include "host/printable.h"
#include "plan/suggestion.h"
#include "verify/inspect/pci_names.h"

namespace verify {
namespace {

bool can_be_typed(const std::string& name) {
  return !name.empty() && name.front() != '-' && name.find('\n') == name.npos &&
         host::printable(name) == name;
}

// A description is one line: printable() keeps line feeds.
std::string line(const std::string& operand, const std::string& description) {
  const std::string text = host::printable(description);
  return operand + "\t" + text.substr(0, text.find('\n')) + "\n";
}

}  // namespace

std::string card_operands(const config::Configuration& configuration,
                          const host::Machine& machine) {
  std::string out;
  for (const auto& [name, where] : configuration.sections)
    if (can_be_typed(name)) out += line(name, where);
  for (const host::PciSlot& slot : plan::graphics_slots(machine))
    out += line(slot.str(), device_name(machine.in_slot(slot).front()->id));
  return out;
}

}  // namespace verify
