// SPDX-License-Identifier: GPL-2.0-or-later
//
// bind.plan: what the configuration makes vfio-early claim in this machine.
#include <algorithm>

#include <fmt/format.h>

#include "host/text.h"
#include "plan/card_functions.h"
#include "plan/suggestion.h"
#include "plan/virtual_functions.h"
#include "verify/check/check.h"
#include "verify/check/platform_remedies.h"

namespace verify {
namespace {

// A remedy with a section of the configuration for each graphics card of this machine.
Remedy add_sections(const Inspection& inspection,
                    const std::vector<plan::Suggestion>& suggestions) {
  std::vector<std::string> lines;
  for (const plan::Suggestion& suggestion : suggestions)
    for (const std::string_view line : host::split(suggestion.section, "\n"))
      lines.emplace_back(line);
  Remedy remedy("add a section for the card to " + inspection.configuration_file + ":", lines);
  std::vector<std::string> commands;
  for (const plan::Suggestion& suggestion : suggestions) {
    commands.push_back("vfio-verify " + suggestion.slot.str());
    if (const auto refusal =
            plan::refusal_of(suggestion.section, suggestion.name, {}, inspection.machine))
      remedy =
          std::move(remedy).then(fmt::format("vfio-early would not claim [{}]: {}. To fix this, {}",
                                             suggestion.name, refusal->why, refusal->remedy));
  }
  return std::move(remedy)
      .then("keep only the section of the card for the guest, then " +
            include_in_image(inspection.platform))
      .then({"or check a card before it is configured:", commands});
}

Finding no_card(const Inspection& inspection) {
  const std::string evidence = "no card is configured in " + inspection.configuration_file;
  const auto suggestions = plan::suggestions(inspection.machine);
  if (suggestions.empty())
    return unknown(
        kHost, evidence + ", and no graphics card was found",
        "to give a different device to a guest, add a section with its address and identity: see vfio-early.conf(5)");
  return unknown(kHost, evidence, add_sections(inspection, suggestions));
}

// False if the record is from `vfio-early claim --config FILE`.
bool is_from_default_configuration(const record::Record& record) {
  return record.configuration_files.empty() ||
         record.configuration_files.front().starts_with(config::kConfigurationFile);
}

// Did the initramfs of this boot use a configuration that differs from the current one? Unknown,
// and so false, for another file (--config), for files that cannot be read, and if the record has
// no hash.
bool image_is_stale(const Inspection& inspection) {
  return inspection.has_record_of_this_boot() && inspection.record->in_initramfs &&
         inspection.configuration_file == config::kConfigurationFile &&
         is_from_default_configuration(*inspection.record) && inspection.forbidden_files.empty() &&
         inspection.record->configuration_hash.size() == inspection.configuration_hash.size() &&
         inspection.record->configuration_hash != inspection.configuration_hash;
}

// Not for a function with ClaimStatus::kRefused: its refusal is a finding.
Finding judge_planned(const Inspection& inspection, const ConfiguredFunction& function) {
  const host::PciFunction& is = function.function;
  if (function.claim_status == ClaimStatus::kUnconfigured)
    return unknown(function.address(),
                   fmt::format("no section of {} names it, so vfio-early does not claim it",
                               inspection.configuration_file),
                   Remedy("print its section for the configuration, and the next steps:",
                          {"vfio-verify setup " + plan::operand_for(inspection.machine, is)}));
  if (!function.contradiction.empty())
    return contradicts_itself(function.address(), function.contradiction);
  const std::string evidence =
      fmt::format("[{}] {} class {}", function.card, is.id.str(), is.class_str());
  if (plan::is_beside_card(inspection.machine, is))
    return warn(
        function.address(),
        evidence +
            ": it is in the card's slot, but not a part of the card, and the host cannot use it",
        fmt::format("take it out of [{}] in {}, unless the guest needs it", function.card,
                    inspection.configuration_file));
  return pass(function.address(), evidence);
}

// "1 of 2 virtual functions of 0000:01:00.0 exist; missing: 0000:01:10.2"
std::string missing_text(const plan::VirtualFunctions& planned) {
  const std::vector<host::PciAddress> missing(
      planned.expected.begin() +
          static_cast<std::ptrdiff_t>(std::min(planned.created, planned.expected.size())),
      planned.expected.end());
  return fmt::format("[{}] {} of {} virtual functions of {} exist{}", planned.card, planned.created,
                     planned.wanted, planned.physical.address.str(),
                     missing.empty() ? "" : "; missing: " + plan::short_list(missing));
}

// Of a card with 'vfs' whose virtual functions do not all exist.
Finding judge_missing(const Inspection& inspection, const plan::VirtualFunctions& planned) {
  const std::string missing = missing_text(planned);
  const auto* recorded = inspection.recorded_physical(planned.physical.address);
  if (recorded && (recorded->state == record::Creation::kFailed ||
                   recorded->state == record::Creation::kReleased))
    return fail(kHost, missing + "; vfio-early reports: " + recorded->why, recorded->remedy);
  const std::string& driver = planned.physical.driver;
  if (driver.empty())
    return unknown(kHost,
                   missing + "; no driver is bound to " + planned.physical.address.str() +
                       ", and its driver creates them",
                   "load the driver of " + planned.physical.address.str() +
                       ": vfio-early then creates and claims them");
  return fail(kHost, missing + ", although the driver " + driver + " is bound",
              Remedy("create and claim them:", {"vfio-early claim"}));
}

Findings judge_plan(const Inspection& inspection) {
  Findings findings;
  for (const std::string& file : inspection.forbidden_files)
    findings.push_back(unknown(kHost, file + " cannot be read", kRunAsRoot));
  for (const config::Refusal& refusal : inspection.refusals) {
    const std::string evidence = refusal.where() + ": " +
                                 (refusal.card.empty() ? "" : "[" + refusal.card + "] ") +
                                 (refusal.awaited ? "is " : "") + refusal.why;
    findings.push_back(refusal.awaited ? unknown(kHost, evidence, refusal.remedy)
                                       : fail(kHost, evidence, refusal.remedy));
    findings.back().card = refusal.card;
  }
  for (const config::Warning& warning : inspection.configuration_warnings)
    findings.push_back(warn(kHost, warning.what, warning.remedy));
  for (const ConfiguredFunction& function : inspection.functions)
    if (function.claim_status != ClaimStatus::kRefused)
      findings.push_back(judge_planned(inspection, function));
  for (const plan::VirtualFunctions& planned : inspection.virtual_functions) {
    if (planned.created >= planned.wanted) continue;
    findings.push_back(judge_missing(inspection, planned));
    findings.back().card = planned.card;
  }
  if (findings.empty()) findings.push_back(no_card(inspection));
  if (image_is_stale(inspection))
    findings.push_back(
        warn(kHost,
             "the initramfs of this boot did not use the current " + inspection.configuration_file,
             rebuild_image(inspection.platform)));
  return findings;
}

// Why cards or devices of the section are not claimed.
std::string reasons_of(const Inspection& inspection, const std::string& section) {
  std::vector<std::string> reasons;
  for (const config::Refusal& refusal : inspection.refusals)
    if (config::section_of(refusal.card) == section || refusal.card == section)
      reasons.push_back(refusal.card == section ? refusal.why : refusal.card + ": " + refusal.why);
  return host::join(reasons, "; ");
}

Findings judge_expected(const Inspection& inspection) {
  if (inspection.expectations.empty())
    return {not_asked(kHost, "no section sets 'expect', or 'count' to a number")};
  Findings findings;
  for (const plan::Expectation& each : inspection.expectations) {
    const std::string evidence = fmt::format("{}: [{}] {} of {} are claimed", each.where,
                                             each.section, each.claimed, each.expected);
    const std::string reasons = reasons_of(inspection, each.section);
    if (each.claimed == each.expected && reasons.empty())
      findings.push_back(pass(kHost, evidence));
    else
      findings.push_back(fail(
          kHost, evidence + (reasons.empty() ? "" : ": " + reasons),
          "compare with the slots of the machine, reseat or replace the missing cards, and power-cycle the machine"));
    findings.back().card = each.section;
  }
  return findings;
}

constexpr Check kChecks[] = {
    {"bind.plan", "Does every configured card name functions that exist?", R"(
Fails with the file and line of the mistake. Unknown for a card that is away: it is unplugged or
switched off, or it is a virtual function that is not created yet. *vfio-early* claims it when it
appears. For a section with _vfs_: fails if virtual functions are missing although the driver of
their physical function is bound; unknown if no driver is bound to it yet. Warns about a drop-in
whose name does not end with .conf, which is not read. Warns if the initramfs of this boot used a
different configuration than the current one, and about a claimed function that is only in the slot
of the card: the slot of an APU also has the processor's USB controllers. Unknown for a card that
no section names.)",
     judge_plan},
    {"bind.expected", "Are as many cards claimed as each section expects?", R"(
For sections with a number as their *count*, and with *expect*: the GPUs and NVSwitches of a
baseboard, for example. Fails if a card or device is missing, or is refused, and names it: its
address, the empty port, or why it is refused. The others are claimed, but a guest that needs all of
them does not work.)",
     judge_expected},
};

}  // namespace

constexpr Chapter kConfigurationChapter{"Configuration", kChecks};

}  // namespace verify
