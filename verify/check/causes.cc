// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/check/causes.h"

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

// The first check with an open finding in the chain of causes; "": none.
std::string find_open_cause(const Findings& all, const Finding& finding) {
  std::set<std::string> seen = {finding.id};
  std::string id = finding.cause;
  while (!id.empty() && seen.insert(id).second) {
    std::string next;
    for (const Finding* found : findings_about(all, id, finding.subject)) {
      if (is_open(*found)) return id;
      if (next.empty()) next = found->cause;
    }
    id = next;
  }
  return {};
}

}  // namespace

void resolve_causes(Findings& findings) {
  for (Finding& finding : findings) {
    const std::string id = find_open_cause(findings, finding);
    if (id.empty()) continue;
    if (finding.brief.empty()) finding.brief = finding.evidence;
    finding.waits_for = id;
    finding.evidence += ": see " + id;
    if (!finding.remedy.empty()) finding.remedy = "fix " + id + " first";
  }
}

}  // namespace verify
