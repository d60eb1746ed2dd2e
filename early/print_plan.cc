// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/print_plan.h"

#include <algorithm>
#include <cstdio>

#include "host/text.h"

namespace early {
namespace {

// The names that users know these classes by (PCI Code and ID Assignment 1.11, 1.4 to 1.13).
const char* class_name(const host::PciFunction& function) {
  struct Name {
    const char* prefix;
    const char* name;
  };
  constexpr Name kNames[] = {{"0300", "VGA"},   {"0302", "3D"},  {"03", "display"},
                             {"0403", "audio"}, {"0c03", "USB"}, {"0c80", "UCSI"}};
  const auto* found = std::find_if(std::begin(kNames), std::end(kNames), [&](const Name& name) {
    return function.is_class(name.prefix);
  });
  return found == std::end(kNames) ? "" : found->name;
}

bool is_held(const plan::Claim& claim) {
  return !claim.function.driver.empty() && claim.function.driver != claim.handling.driver;
}

void print_claim(const plan::Claim& claim, int card_width) {
  const host::PciFunction& function = claim.function;
  std::printf("%-*s  %s  %s  %s %-7s  %-14s  %s\n", card_width, claim.card.c_str(),
              function.address.str().c_str(), function.id.str().c_str(),
              function.class_str().c_str(), class_name(function),
              function.driver.empty() ? "-" : function.driver.c_str(),
              (claim.handling.driver + (is_held(claim) ? " (next boot)" : "")).c_str());
}

}  // namespace

void print_plan(const plan::Plan& plan, const plan::Configuration& configuration) {
  if (plan.rescued)
    std::puts("vfio_early=off stands on the kernel command line: nothing is claimed.");
  if (configuration.cards.empty() && configuration.refusals.empty())
    std::printf("No card is configured%s%s.\n", configuration.files.empty() ? "" : " in ",
                host::join(configuration.files, ", ").c_str());

  int width = 4;
  for (const plan::Claim& claim : plan.claims)
    width = std::max(width, static_cast<int>(claim.card.size()));
  if (!plan.claims.empty())
    std::printf("%-*s  %-12s  %-9s  %-14s  %-14s  %s\n", width, "card", "function", "id", "class",
                "driver now", "will be");
  for (const plan::Claim& claim : plan.claims) print_claim(claim, width);
  if (std::any_of(plan.claims.begin(), plan.claims.end(), is_held))
    std::puts("A running driver is left alone: what it holds changes hands at the next boot.");
  if (!plan.claims.empty() && !plan.refusals.empty()) std::puts("");
  for (const plan::Refusal& refusal : plan.refusals)
    std::printf("%s: %s%s%s is not claimed: %s.\n  Remedy: %s.\n", refusal.where().c_str(),
                refusal.card.empty() ? "this file" : "[", refusal.card.c_str(),
                refusal.card.empty() ? "" : "]", refusal.why.c_str(), refusal.remedy.c_str());
}

}  // namespace early
