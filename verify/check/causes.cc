// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/check/causes.h"

#include <algorithm>
#include <set>

namespace verify {
namespace {

bool is_open(const Finding& finding) {
  return finding.status != Status::kPass && finding.status != Status::kSkip;
}

// The findings of the check `id` about `subject`; if there are none, about all subjects.
std::vector<const Finding*> findings_about(const Findings& all, const std::string& id,
                                           const std::string& subject) {
  std::vector<const Finding*> same, any;
  for (const Finding& finding : all) {
    if (finding.id != id) continue;
    any.push_back(&finding);
    if (finding.subject == subject) same.push_back(&finding);
  }
  return same.empty() ? any : same;
}

// The finding by which the chain of causes goes on; nullptr: `found` is empty. An open finding
// comes before others. Among open ones comes first what nothing else explains: the chain ends
// there.
const Finding* next_in_chain(const std::vector<const Finding*>& found) {
  const auto rank = [](const Finding* finding) {
    return is_open(*finding) ? 2 + finding->cause.empty() : 1 - finding->cause.empty();
  };
  const auto next = std::max_element(
      found.begin(), found.end(), [&](const auto* a, const auto* b) { return rank(a) < rank(b); });
  return next == found.end() ? nullptr : *next;
}

// The last check with an open finding in the chain of causes; "": none.
std::string find_root_cause(const Findings& all, const Finding& finding) {
  std::set<std::string> seen = {finding.id};
  std::string root, id = finding.cause;
  while (!id.empty() && seen.insert(id).second) {
    const Finding* next = next_in_chain(findings_about(all, id, finding.subject));
    if (!next) break;
    if (is_open(*next)) root = id;
    id = next->cause;
  }
  return root;
}

}  // namespace

void resolve_causes(Findings& findings) {
  for (Finding& finding : findings) {
    const std::string id = find_root_cause(findings, finding);
    if (id.empty()) continue;
    if (finding.brief.empty()) finding.brief = finding.evidence;
    finding.waits_for = id;
    finding.evidence += ": see " + id;
    if (!finding.remedy.empty()) finding.remedy = "fix " + id + " first";
  }
}

}  // namespace verify
