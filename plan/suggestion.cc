// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/suggestion.h"

#include <algorithm>
#include <map>

#include "config/handling.h"
#include "host/pci_serial.h"
#include "host/text.h"
#include "plan/card_functions.h"
#include "plan/plan.h"

namespace plan {
namespace {

using host::Machine;
using host::PciFunction;

std::string section(const std::string& name, const std::string& address,
                    const std::vector<const PciFunction*>& functions) {
  std::vector<std::string> identity;
  for (const PciFunction* function : functions) identity.push_back(function->id.str());
  for (const PciFunction* function : functions)
    if (function->serial) {
      identity.push_back(host::serial_str(*function->serial));
      break;
    }
  return "[" + name + "]\naddress = " + address + "\nidentity = " + host::join(identity, " ") +
         "\n";
}

// A file's name or content may hold any bytes: a line break would end the comment, and another
// control character makes the whole configuration unreadable (ini.h).
std::string in_comment(std::string text) {
  std::replace_if(
      text.begin(), text.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
  return text;
}

}  // namespace

std::string section_for(const Machine& machine, const host::PciSlot& slot,
                        const std::string& name) {
  std::vector<const PciFunction*> functions;
  for (const PciFunction* function : machine.in_slot(slot))
    if (is_card_function(machine, *function)) functions.push_back(function);
  return section(name, slot.str(), functions);
}

std::string section_for(const std::vector<const PciFunction*>& functions, const std::string& name) {
  std::vector<std::string> addresses;
  for (const PciFunction* function : functions) addresses.push_back(function->address.str());
  return section(name, host::join(addresses, " "), functions);
}

std::vector<host::PciSlot> graphics_slots(const Machine& machine) {
  std::vector<host::PciSlot> slots;
  for (const PciFunction& function : machine.functions)
    if (is_gpu(function) && !function.is_virtual() &&
        (slots.empty() || slots.back() != function.address.slot))
      slots.push_back(function.address.slot);
  return slots;
}

std::vector<Suggestion> suggestions(const Machine& machine) {
  std::vector<Suggestion> all;
  auto slots = graphics_slots(machine);
  std::erase_if(slots, [&](const host::PciSlot& slot) {
    const auto functions = machine.in_slot(slot);
    return std::any_of(functions.begin(), functions.end(),
                       [](const PciFunction* function) { return is_bmc_display(*function); });
  });
  for (const host::PciSlot& slot : slots) {
    const std::string name = slots.size() == 1 ? "card" : "card" + std::to_string(all.size() + 1);
    all.push_back({slot, name, section_for(machine, slot, name)});
  }
  return all;
}

std::string name_for(const Machine& machine, const PciFunction& function,
                     const config::Configuration& configuration) {
  if (are_of_one_card(machine, function, function))
    for (const Suggestion& suggestion : suggestions(machine))
      if (suggestion.slot == function.address.slot &&
          !configuration.sections.contains(suggestion.name))
        return suggestion.name;
  const std::string base = "pci-" + function.address.str();
  std::string name = base;
  for (int i = 2; configuration.sections.contains(name); ++i) name = base + "-" + std::to_string(i);
  return name;
}

std::optional<config::Refusal> refusal_of(const std::string& section, const std::string& name,
                                          config::Configuration configuration, Machine machine) {
  config::parse_configuration(section, config::kConfigurationFile, configuration);
  machine.has_iommu = true;
  machine.command_line = {};  // vfio_early=off claims nothing
  for (const config::Refusal& refusal : make_plan(configuration, machine).refusals)
    if (refusal.card == name) return refusal;
  return std::nullopt;
}

std::vector<std::string> functions_that_stay(const Machine& machine, const host::PciSlot& slot) {
  std::vector<std::string> staying;
  for (const PciFunction* function : machine.in_slot(slot))
    if (is_beside_card(machine, *function))
      staying.push_back(function->address.str() + " (" +
                        (function->driver.empty() ? function->id.str() : function->driver) + ")");
  return staying;
}

std::string import_driverctl(const Machine& machine,
                             const std::vector<host::DriverctlOverride>& overrides) {
  std::string text;
  std::map<host::PciSlot, std::vector<const PciFunction*>> cards;
  for (const host::DriverctlOverride& entry : overrides) {
    const auto address = entry.address();
    const PciFunction* function = address ? machine.find(*address) : nullptr;
    const std::string device = in_comment(entry.device);
    if (entry.driver != config::kDefaultDriver) {
      text += "# " + device + ": not imported: its driver is '" + in_comment(entry.driver) +
              "', not vfio-pci\n";
    } else if (!address) {
      text += "# " + device + ": not imported: not a PCI function\n";
    } else if (!function) {
      text += "# " + device + ": not imported: not found on this machine\n";
    } else {
      cards[address->slot].push_back(function);
    }
  }
  for (const auto& [slot, functions] : cards) {
    std::vector<std::string> addresses;
    for (const PciFunction* function : functions) addresses.push_back(function->address.str());
    text += section("pci-" + slot.str(), host::join(addresses, " "), functions);
  }
  return text;
}

}  // namespace plan
