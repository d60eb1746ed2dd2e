// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/report/next_step.h"

#include <algorithm>

#include "plan/card_functions.h"
#include "plan/suggestion.h"

namespace verify {
namespace {

// The first open finding of this status, if possible one that waits for no other check; nullptr:
// none.
const Finding* first_open(const Findings& findings, Status status) {
  const Finding* waiting = nullptr;
  for (const Finding& finding : findings) {
    if (finding.status != status || !finding.is_open()) continue;
    if (finding.waits_for.empty()) return &finding;
    if (!waiting) waiting = &finding;
  }
  return waiting;
}

// An address has no characters that a shell would change. A section's name may have any.
std::string card_for_setup(const Inspection& inspection) {
  const ConfiguredFunction& first = inspection.functions.front();
  const bool only_card =
      std::all_of(inspection.functions.begin(), inspection.functions.end(),
                  [&](const ConfiguredFunction& other) { return other.card == first.card; });
  return only_card ? plan::operand_for(inspection.machine, first.function) : "CARD";
}

NextStep after_pass(const Inspection& inspection) {
  return {"print what the guest needs, libvirt's XML and QEMU's arguments:",
          "vfio-verify setup " + card_for_setup(inspection),
          {}};
}

NextStep without_card(const Inspection& inspection) {
  const auto slots = plan::graphics_slots(inspection.machine);
  if (slots.empty())
    return {"print all functions with their IOMMU groups:", "vfio-verify list", {}};
  return {"check a card before it is configured:", "vfio-verify " + slots.front().str(), {}};
}

// A remedy that is one short sentence and one command.
NextStep step_of(const Finding& finding) {
  constexpr size_t kShort = 74;  // one line of the summary
  const auto& steps = finding.remedy.steps();
  if (finding.waits_for.empty() && steps.size() == 1 && steps.front().commands.size() == 1 &&
      steps.front().text.size() <= kShort)
    return {steps.front().text, steps.front().commands.front(), finding.id};
  const std::string& id = finding.waits_for.empty() ? finding.id : finding.waits_for;
  return {"fix " + id + ", then run vfio-verify again", "", id};
}

}  // namespace

NextStep next_step(const Report& report) {
  const Inspection& inspection = report.inspection;
  if (const Finding* failed = first_open(report.findings, Status::kFail)) return step_of(*failed);
  if (inspection.functions.empty() && inspection.refusals.empty()) return without_card(inspection);
  if (const Finding* unknown = first_open(report.findings, Status::kUnknown))
    return step_of(*unknown);
  return inspection.functions.empty() ? without_card(inspection) : after_pass(inspection);
}

}  // namespace verify
