// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a check judges: each function of the cards, each of their IOMMU groups, or the host. A row
// says it with the function that judges one of them: each_function<judge_driver>.
#pragma once

#include <type_traits>

#include "verify/check/finding.h"
#include "verify/check/inspection.h"

namespace verify {

// Calls kJudge(inspection, subject), or kJudge(subject) if it needs nothing else.
template <auto kJudge, typename Subject>
Finding judge_one(const Inspection& inspection, const Subject& subject) {
  if constexpr (std::is_invocable_v<decltype(kJudge), const Inspection&, const Subject&>)
    return kJudge(inspection, subject);
  else
    return kJudge(subject);
}

template <auto kJudge, typename Subjects>
Findings each(const Inspection& inspection, const Subjects& subjects) {
  Findings findings;
  for (const auto& subject : subjects) findings.push_back(judge_one<kJudge>(inspection, subject));
  return findings;
}

template <auto kJudge>
Findings each_function(const Inspection& inspection) {
  return each<kJudge>(inspection, inspection.functions);
}

template <auto kJudge>
Findings each_group(const Inspection& inspection) {
  return each<kJudge>(inspection, inspection.groups);
}

template <auto kJudge>
Findings the_host(const Inspection& inspection) {
  return {kJudge(inspection)};
}

}  // namespace verify
