// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/print_plan.h"

#include <algorithm>
#include <cstdio>
#include <set>

#include "host/pci_class.h"
#include "host/printable.h"
#include "host/text.h"
#include "plan/card_functions.h"
#include "plan/guards.h"
#include "plan/suggestion.h"
#include "plan/virtual_functions.h"
#include "plan/warnings.h"

namespace early {
namespace {

// Only the modules of the machine itself determine which driver 'auto' means.
std::string planned_driver(const config::Handling& handling) {
  return handling.driver == config::kAutoDriver ? "a variant driver or vfio-pci" : handling.driver;
}

// Is it a virtual function that no section with 'vfs' creates?
bool is_created_by_others(const plan::Plan& plan, const plan::Claim& claim) {
  return claim.function.is_virtual() &&
         !plan::has_planned_virtual_functions(plan, *claim.function.physical_function);
}

bool is_held(const plan::Plan& plan, const plan::Claim& claim) {
  const std::string& driver = claim.function.driver;
  return !is_created_by_others(plan, claim) && !driver.empty() && driver != claim.handling.driver &&
         claim.handling.driver != config::kAutoDriver &&
         !host::is_stub_driver(driver);  // it is unbound at once
}

const char* moment_of(const plan::Plan& plan, const plan::Claim& claim) {
  if (is_created_by_others(plan, claim)) return " (when created)";
  return is_held(plan, claim) ? " (next boot)" : "";
}

std::string driver_now(const plan::Claim& claim) {
  return claim.function.driver.empty() ? "-" : claim.function.driver;
}

// A line of the table.
struct Row {
  std::string card, address, id, function_class, driver_now, planned;
};

Row row_of(const plan::Plan& plan, const plan::Claim& claim) {
  const host::PciFunction& function = claim.function;
  return {claim.card,        function.address.str(),
          function.id.str(), function.class_str() + " " + host::class_name(function),
          driver_now(claim), planned_driver(claim.handling) + moment_of(plan, claim)};
}

// The virtual functions that do not exist yet, and whose addresses are known.
void add_expected_rows(const plan::VirtualFunctions& planned, const host::Machine& machine,
                       std::vector<Row>& rows) {
  const host::PhysicalFunction* physical = machine.physical(planned.physical.address);
  host::PciId id = {.vendor = planned.physical.id.vendor};
  if (physical) id.device = physical->device;
  for (size_t number = planned.created; number < planned.expected.size(); ++number)
    rows.push_back({planned.card, planned.expected[number].str(), id.device ? id.str() : "-", "-",
                    "-", planned_driver(planned.handling) + " (when created)"});
}

std::vector<Row> rows_of(const plan::Plan& plan, const host::Machine& machine) {
  std::vector<Row> rows;
  for (const plan::Claim& claim : plan.claims) rows.push_back(row_of(plan, claim));
  for (const plan::VirtualFunctions& planned : plan.virtual_functions)
    add_expected_rows(planned, machine, rows);
  return rows;
}

struct Widths {
  int card, address, driver;  // of the columns whose text may be longer than their title
};

Widths widths_of(const std::vector<Row>& rows) {
  constexpr size_t kCard = 4, kAddress = 12, kDriver = 14;
  size_t card = kCard, address = kAddress, driver = kDriver;
  for (const Row& row : rows) {
    card = std::max(card, row.card.size());
    address = std::max(address, row.address.size());
    driver = std::max(driver, row.driver_now.size());
  }
  return {static_cast<int>(card), static_cast<int>(address), static_cast<int>(driver)};
}

void print_row(const Row& row, const Widths& widths) {
  host::print(stdout, "%-*s  %-*s  %-9s  %-14s  %-*s  %s\n", widths.card, row.card.c_str(),
              widths.address, row.address.c_str(), row.id.c_str(), row.function_class.c_str(),
              widths.driver, row.driver_now.c_str(), row.planned.c_str());
}

// What the driver of a physical function is to create.
void print_creation(const plan::VirtualFunctions& planned) {
  const host::PciFunction& physical = planned.physical;
  const std::string driver = physical.driver.empty() ? "its host driver" : physical.driver;
  host::print(
      stdout, "[%s] %d virtual functions of %s, which stays with the host: %zu exist%s%s.\n",
      planned.card.c_str(), planned.wanted, physical.address.str().c_str(), planned.created,
      planned.created < planned.wanted ? ", the others are created when its driver is bound: " : "",
      planned.created < planned.wanted ? driver.c_str() : "");
  if (planned.expected.size() < planned.wanted)
    host::print(
        stdout,
        "[%s] the addresses of %zu virtual functions are not known yet: the device reports them when they are created.\n",
        planned.card.c_str(), planned.wanted - planned.expected.size());
}

// No initramfs can claim what does not exist yet.
void print_virtual_functions(const plan::Plan& plan) {
  for (const plan::Claim& claim : plan.claims)
    if (is_created_by_others(plan, claim))
      host::print(
          stdout,
          "%s is a virtual function: it does not exist at boot, and is claimed when the driver of %s creates it.\n",
          claim.function.address.str().c_str(), claim.function.physical_function->str().c_str());
}

void print_claims(const plan::Plan& plan, const host::Machine& machine) {
  const std::vector<Row> rows = rows_of(plan, machine);
  if (!rows.empty()) {
    const Widths widths = widths_of(rows);
    print_row({"card", "function", "id", "class", "driver now", "will be"}, widths);
    for (const Row& row : rows) print_row(row, widths);
  }
  if (std::any_of(plan.claims.begin(), plan.claims.end(),
                  [&](const plan::Claim& claim) { return is_held(plan, claim); }))
    host::print(stdout, "Functions that another driver holds now are claimed at the next boot.\n");
  for (const plan::VirtualFunctions& planned : plan.virtual_functions) print_creation(planned);
  print_virtual_functions(plan);
}

void print_displays(const plan::Plan& plan, const host::Machine& machine) {
  std::vector<std::string> displays;
  for (const host::PciFunction* function : plan::remaining_displays(machine, plan))
    displays.push_back(function->address.str() + " (" +
                       (function->driver.empty() ? function->id.str() : function->driver) + ")");
  const std::string all = host::join(displays, ", ");
  host::print(stdout, "Displays that stay with the host: %s.\n",
              displays.empty() ? "none" : all.c_str());
  // A picture that freezes looks like a boot that hangs.
  for (const plan::Claim& claim : plan.claims)
    if (claim.function.boot_display && !displays.empty())
      host::print(
          stdout,
          "%s is the boot display: its picture freezes during the boot, which continues on %s. To see the whole boot, make a display of the host the primary display in the firmware setup.\n",
          claim.function.address.str().c_str(), all.c_str());
}

// What is in the slot of a claimed card, and stays with the host.
void print_staying(const plan::Plan& plan, const host::Machine& machine) {
  std::set<host::PciAddress> claimed;
  std::set<host::PciSlot> slots;
  for (const plan::Claim& claim : plan.claims) {
    claimed.insert(claim.function.address);
    if (plan::is_gpu(claim.function)) slots.insert(claim.function.address.slot);
  }
  std::vector<std::string> staying;
  for (const host::PciSlot& slot : slots)
    for (const host::PciFunction* function : machine.in_slot(slot))
      if (!claimed.contains(function->address)) staying.push_back(plan::name_of(*function));
  if (!staying.empty())
    host::print(stdout, "Functions in the slot of a claimed card that stay with the host: %s.\n",
                host::join(staying, ", ").c_str());
}

void print_allowed(const plan::Plan& plan, const host::Machine& machine) {
  std::vector<std::string> peers;
  for (const host::PciFunction* peer : plan::allowed_peers(machine, plan::claimed_functions(plan)))
    peers.push_back(plan::name_of(*peer) + (peer->driver.empty() ? "" : " on " + peer->driver));
  if (!peers.empty())
    host::print(
        stdout,
        "Functions in the IOMMU group of a claimed card that 'allow' leaves to the host, not isolated from its guest: %s.\n",
        host::join(peers, ", ").c_str());
}

// Of a section with `count` or `expect`, some devices may be missing.
bool claims_some(const plan::Plan& plan, const std::string& section) {
  return std::any_of(plan.claims.begin(), plan.claims.end(), [&](const plan::Claim& claim) {
    return claim.card == section || config::section_of(claim.card) == section;
  });
}

void print_refusal(const config::Refusal& refusal, const plan::Plan& plan) {
  const std::string state = refusal.awaited                   ? "] is "
                            : claims_some(plan, refusal.card) ? "] is not complete: "
                                                              : "] is not claimed: ";
  const std::string what = refusal.card.empty() ? "" : "[" + refusal.card + state;
  host::print(stdout, "%s: %s%s.\n  Remedy: %s.\n", refusal.where().c_str(), what.c_str(),
              refusal.why.c_str(), refusal.remedy.c_str());
}

void print_warning(const config::Warning& warning) {
  host::print(stdout, "Warning: %s%s%s.\n  Remedy: %s.\n", warning.card.c_str(),
              warning.card.empty() ? "" : ": ", warning.what.c_str(), warning.remedy.c_str());
}

// The text stays in its comment: a name of a file or a driver may have a line break.
void print_comment(std::string text) {
  std::replace(text.begin(), text.end(), '\n', '?');
  host::print(stdout, "# %s\n", text.c_str());
}

void print_suggestion(const plan::Suggestion& suggestion, const host::Machine& machine) {
  const auto functions = machine.in_slot(suggestion.slot);
  const bool boot = std::any_of(functions.begin(), functions.end(),
                                [](const host::PciFunction* each) { return each->boot_display; });
  const std::string& driver = functions.front()->driver;
  host::print(stdout, "\n");
  print_comment("driver now: " + (driver.empty() ? "none" : driver) +
                (boot ? "; the boot display" : ""));
  const auto staying = plan::functions_that_stay(machine, suggestion.slot);
  if (!staying.empty())
    print_comment("in the card's slot, but not a part of the card: " + host::join(staying, ", "));
  const auto refusal = plan::refusal_of(suggestion.section, suggestion.name, {}, machine);
  if (refusal) {
    print_comment("vfio-early would not claim it: " + refusal->why);
    print_comment("Remedy: " + refusal->remedy);
  }
  host::print(stdout, "%s", suggestion.section.c_str());
}

// If no card is configured: prints a section for each possible card.
void print_suggestions(const config::Configuration& configuration, const host::Machine& machine) {
  host::print(stdout, "No card is configured%s%s.\n", configuration.files.empty() ? "" : " in ",
              host::join(configuration.files, ", ").c_str());
  const auto suggestions = plan::suggestions(machine);
  if (!suggestions.empty())
    host::print(
        stdout,
        "A section for each graphics card of this machine. Put the section of your card into %s:\n",
        config::kConfigurationFile);
  for (const plan::Suggestion& suggestion : suggestions) print_suggestion(suggestion, machine);
  for (const host::PciFunction& function : machine.functions)
    if (plan::is_bmc_display(function))
      print_comment(
          function.address.str() +
          " is the display of the BMC, usually the host's console: no section is suggested for it");
}

}  // namespace

void print_plan(const plan::Plan& plan, const config::Configuration& configuration,
                const host::Machine& machine, const std::vector<config::Warning>& other_warnings) {
  if (plan.switched_off)
    host::print(stdout, "vfio_early=off is set on the kernel command line: nothing is claimed.\n");
  if (configuration.cards.empty() && configuration.refusals.empty())
    return print_suggestions(configuration, machine);

  print_claims(plan, machine);
  print_displays(plan, machine);
  print_staying(plan, machine);
  print_allowed(plan, machine);
  for (const config::Refusal& refusal : plan.refusals) print_refusal(refusal, plan);
  for (const config::Warning& warning : plan.warnings) print_warning(warning);
  for (const config::Warning& warning : other_warnings) print_warning(warning);
}

}  // namespace early
