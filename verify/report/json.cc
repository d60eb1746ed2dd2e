// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <iterator>

#include <nlohmann/json.hpp>

#include "host/version.h"
#include "verify/report/report.h"

namespace verify {
namespace {

using nlohmann::ordered_json;

ordered_json cards_json(const Inspection& inspection) {
  ordered_json cards = ordered_json::array();
  for (const ConfiguredFunction& function : inspection.functions) {
    auto card = std::find_if(cards.begin(), cards.end(),
                             [&](const auto& each) { return each["name"] == function.card; });
    if (card == cards.end()) {  // functions of 'group = claim' come after all cards
      cards.push_back({{"name", function.card}, {"functions", ordered_json::array()}});
      card = std::prev(cards.end());
    }
    (*card)["functions"].push_back(function.address());
  }
  return cards;
}

// Of --cycles; empty without it.
ordered_json endurance_json(const Inspection& inspection) {
  ordered_json all = ordered_json::array();
  if (!inspection.live) return all;
  for (const LiveTrial& trial : *inspection.live)
    if (const auto& endurance = trial.endurance)
      all.push_back({{"function", trial.address},
                     {"reset", trial.reset},
                     {"cycles", endurance->wanted},
                     {"completed", endurance->completed},
                     {"stopped_at", endurance->stopped_at()},
                     {"why", endurance->why}});
  return all;
}

ordered_json finding_json(const Finding& finding) {
  return {{"id", finding.id},
          {"subject", finding.subject},
          {"status", status_name(finding.status)},
          {"evidence", finding.evidence},
          {"remedy", finding.remedy.str()}};
}

}  // namespace

std::string report_json(const Report& report) {
  ordered_json findings = ordered_json::array();
  for (const Finding& finding : report.findings) findings.push_back(finding_json(finding));
  const ordered_json json = {
      {"program", "vfio-verify"},
      {"version", host::kVersion},
      {"arguments", report.arguments},
      {"kernel", report.inspection.machine.kernel_release},
      {"boot_id", report.inspection.machine.boot_id},
      {"distribution", report.inspection.platform.name},
      {"cards", cards_json(report.inspection)},
      {"endurance", endurance_json(report.inspection)},
      {"verdict", status_name(verdict(report.findings))},
      {"findings", findings},
  };
  // Names from the configuration and lines of the log may hold bytes that are not UTF-8.
  return json.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace verify
