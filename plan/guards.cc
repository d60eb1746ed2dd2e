// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/guards.h"

#include <algorithm>
#include <map>

#include "host/module_options.h"
#include "host/text.h"

namespace plan {
namespace {

using host::PciFunction;

// An initramfs does not show which displays have a driver, so the gate counts all that are claimed,
// and the plan must not differ from it.
bool claims_display(const Plan& plan, const std::string& card) {
  return std::any_of(plan.claims.begin(), plan.claims.end(), [&](const Claim& claim) {
    return claim.card == card && is_display(claim.function) && !claim.function.is_virtual();
  });
}

bool is_claimed(const Plan& plan, const PciFunction& function) {
  return std::any_of(plan.claims.begin(), plan.claims.end(), [&](const Claim& claim) {
    return claim.function.address == function.address;
  });
}

// The displays that no section claims. A virtual function is never a display of the host.
std::vector<const PciFunction*> unclaimed_displays(const host::Machine& machine, const Plan& plan) {
  std::vector<const PciFunction*> found;
  for (const PciFunction& function : machine.functions)
    if (is_display(function) && !function.is_virtual() && !is_claimed(plan, function))
      found.push_back(&function);
  return found;
}

// The displays that would stay, but to which no driver binds.
std::vector<const PciFunction*> displays_without_driver(const host::Machine& machine,
                                                        const Plan& plan) {
  auto displays = unclaimed_displays(machine, plan);
  std::erase_if(displays, [](const PciFunction* each) { return each->has_host_driver; });
  return displays;
}

bool is_on_command_line(const host::DriverObstacle& obstacle) {
  return obstacle.where == host::ModuleOption::kCommandLine;
}

// "i915 is blacklisted (/etc/modprobe.d/x.conf:4)"
std::string text_of(const host::DriverObstacle& obstacle) {
  if (obstacle.module.empty()) return "the kernel command line has " + obstacle.setting;
  const std::string blacklisted = obstacle.module + " is blacklisted ";
  if (is_on_command_line(obstacle))
    return blacklisted + "by " + obstacle.setting + " on the kernel command line";
  if (obstacle.setting.starts_with("blacklist")) return blacklisted + "(" + obstacle.where + ")";
  return obstacle.module + " is disabled by '" + obstacle.setting + "' (" + obstacle.where + ")";
}

// ". 0000:00:02.0 has no driver: i915 is blacklisted (…), and the kernel command line has …"
std::string why_without_driver(const std::vector<const PciFunction*>& displays) {
  std::string text;
  for (const PciFunction* display : displays) {
    std::vector<std::string> reasons;
    for (const host::DriverObstacle& obstacle : display->obstacles)
      reasons.push_back(text_of(obstacle));
    text +=
        ". " + display->address.str() + " has no driver: " +
        (reasons.empty() ? "no module of this kernel matches it" : host::join(reasons, ", and "));
  }
  return text;
}

// "'blacklist i915' from /etc/modprobe.d/x.conf:4"
std::string removal_of(const host::DriverObstacle& obstacle) {
  if (obstacle.module.empty()) return obstacle.setting + " from the kernel command line";
  if (is_on_command_line(obstacle))
    return obstacle.module + " from " + obstacle.setting + " on the kernel command line";
  return "'" + obstacle.setting + "' from " + obstacle.where;
}

// What to remove so that a driver binds these displays; "": nothing.
std::string remedy_for_drivers(const std::vector<const PciFunction*>& displays) {
  std::vector<std::string> removals;
  bool is_in_file = false;
  for (const PciFunction* display : displays)
    for (const host::DriverObstacle& obstacle : display->obstacles)
      if (const std::string removal = removal_of(obstacle); !host::contains(removals, removal)) {
        removals.push_back(removal);
        is_in_file |= !is_on_command_line(obstacle);
      }
  if (removals.empty()) return {};
  return "remove " + host::join(removals, " and ") +
         (is_in_file ? ", rebuild the initramfs, and reboot" : ", and reboot");
}

// The graphics of the processor: Intel's at its fixed address, AMD's in a slot with the processor's
// other devices.
bool has_integrated_gpu(const host::Machine& machine) {
  constexpr uint16_t kIntel = 0x8086, kAti = 0x1002, kAmd = 0x1022;
  return std::any_of(machine.functions.begin(), machine.functions.end(), [&](const auto& display) {
    if (!is_display(display)) return false;
    const host::PciSlot& slot = display.address.slot;
    if (display.id.vendor == kIntel) return slot == host::PciSlot{0, 0, 2};
    const auto in_slot = machine.in_slot(slot);
    return display.id.vendor == kAti &&
           std::any_of(in_slot.begin(), in_slot.end(),
                       [&](const PciFunction* other) { return other->id.vendor == kAmd; });
  });
}

// "claim a virtual function of it instead, as in 'address = 0000:00:02.1', or ", if the card has
// one.
std::string use_virtual_function(const host::Machine& machine, const Plan& plan,
                                 const std::string& card) {
  for (const PciFunction& function : machine.functions)
    for (const Claim& claim : plan.claims)
      if (claim.card == card && function.physical_function == claim.function.address)
        return "claim a virtual function of it instead, as in 'address = " +
               function.address.str() + "', or ";
  return {};
}

// The displays that no section claims, but that a driver keeps for a guest. An option `ids=` also
// binds an identical card that the host is to keep.
std::vector<std::string> displays_on_claiming_drivers(const host::Machine& machine,
                                                      const Plan& plan) {
  std::vector<std::string> held;
  for (const PciFunction* display : unclaimed_displays(machine, plan))
    if (host::is_claiming_driver(display->driver))
      held.push_back(display->address.str() + " (" + display->driver + ")");
  return held;
}

std::string give_back(const std::string& held) {
  return held.empty()
             ? ""
             : "to give it back to the host, remove what binds it to that driver, such as an option 'ids=' that also matches it; or ";
}

// `for_drivers`: what makes the drivers of displays bind; "": no setting prevents that.
std::string get_display(const host::Machine& machine, const std::string& for_drivers) {
  if (!for_drivers.empty()) return for_drivers;
  return has_integrated_gpu(machine)
             ? "add another graphics card for the host"
             : "add or enable another display, such as the integrated GPU in the firmware setup";
}

// Removes the claims of a refused card.
void remove_claims(Plan& plan, const std::string& card) {
  std::erase_if(plan.claims, [&](const Claim& claim) { return claim.card == card; });
  std::erase_if(plan.virtual_functions,
                [&](const VirtualFunctions& each) { return each.card == card; });
}

// `conflicting`: why, for each card.
void refuse_conflicting(const std::map<std::string, std::string>& conflicting, const char* remedy,
                        Plan& plan) {
  for (const config::Card& card : plan.cards)
    if (const auto found = conflicting.find(card.name); found != conflicting.end()) {
      plan.refusals.push_back({card.name, card.file, card.line, found->second, remedy});
      remove_claims(plan, card.name);
    }
}

}  // namespace

void refuse_overlaps(Plan& plan) {
  std::map<host::PciAddress, std::string> owner;
  std::map<std::string, std::string> conflicting;  // card: why
  const auto add = [&](const host::PciAddress& address, const std::string& card) {
    const auto [first, fresh] = owner.emplace(address, card);
    if (fresh || first->second == card) return;
    const std::string why =
        address.str() + " is claimed by both [" + first->second + "] and [" + card + "]";
    conflicting.emplace(first->second, why);
    conflicting.emplace(card, why);
  };
  for (const Claim& claim : plan.claims) add(claim.function.address, claim.card);
  for (const VirtualFunctions& each : plan.virtual_functions)
    for (const host::PciAddress& address : each.expected) add(address, each.card);
  refuse_conflicting(conflicting, "name each function in only one section", plan);
}

void refuse_claimed_physical_functions(Plan& plan) {
  std::map<std::string, std::string> conflicting;  // card: why
  std::map<host::PciAddress, std::string> owner;
  for (const Claim& claim : plan.claims) owner.emplace(claim.function.address, claim.card);
  for (const VirtualFunctions& each : plan.virtual_functions) {
    const auto [first, fresh] = owner.emplace(each.physical.address, each.card);
    if (fresh) continue;
    const std::string why = each.physical.address.str() + " is selected by both [" + first->second +
                            "] and [" + each.card + "]";
    conflicting.emplace(first->second, why);
    conflicting.emplace(each.card, why);
  }
  refuse_conflicting(
      conflicting,
      "name the physical function in only one section: its host driver creates the virtual functions",
      plan);
}

void refuse_last_display(const host::Machine& machine, Plan& plan) {
  if (!remaining_displays(machine, plan).empty()) return;
  const std::string held = host::join(displays_on_claiming_drivers(machine, plan), ", ");
  const auto unused = displays_without_driver(machine, plan);
  const std::string why = "the host would have no other display with a driver" +
                          why_without_driver(unused) +
                          (held.empty() ? "" : "; kept for a guest: " + held);
  // From the last card to the first, until the host keeps a display.
  for (auto card = plan.cards.rbegin(); card != plan.cards.rend(); ++card) {
    if (card->may_be_last_display || !claims_display(plan, card->name)) continue;
    const std::string remedy = give_back(held) + use_virtual_function(machine, plan, card->name) +
                               get_display(machine, remedy_for_drivers(unused)) +
                               "; if the host needs no screen, set 'only-display = allow'";
    remove_claims(plan, card->name);
    plan.refusals.push_back({card->name, card->file, card->line, why, remedy});
    if (!remaining_displays(machine, plan).empty()) return;
  }
}

bool is_display(const PciFunction& function) {
  return function.is_class("0300") || function.is_class("0380");
}

std::vector<const PciFunction*> remaining_displays(const host::Machine& machine, const Plan& plan) {
  auto displays = unclaimed_displays(machine, plan);
  std::erase_if(displays, [](const PciFunction* each) {
    return !each->has_host_driver || host::is_claiming_driver(each->driver);
  });
  return displays;
}

}  // namespace plan
