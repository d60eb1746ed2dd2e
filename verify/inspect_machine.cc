// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect_machine.h"

#include <utility>

#include "verify/check/image.h"

namespace verify {

host::Result<Inspection> inspect(const host::Root& root, const config::Configuration& configuration,
                                 const Scope& scope) {
  auto facts = read_facts(root, configuration, scope);
  if (!facts) return facts.error();
  Trials trials = run_trials(root, *facts, scope);
  read_after_trials(root, *facts);
  return Inspection{std::move(*facts), std::move(trials), std::nullopt};
}

JudgedImage inspect_next_image(const host::Root& root, const config::Configuration& configuration,
                               const std::string& configuration_file, const Facts& facts) {
  Findings findings;
  const auto judge = [&](const ImageFacts& image) {
    for (Finding& finding : run_image_checks(image)) findings.push_back(std::move(finding));
  };
  NextImage next = read_next_image(root, configuration, configuration_file, facts, judge);
  return {std::move(next), std::move(findings)};
}

}  // namespace verify
