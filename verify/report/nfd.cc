// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <ctime>
#include <map>

#include <fmt/format.h>

#include "verify/report/report.h"

namespace verify {
namespace {

// A label's name and value: at most 63 of [A-Za-z0-9._-], the first and last alphanumeric
// (Kubernetes, "Labels and Selectors"). The prefix leaves 50 characters for a name.
std::string label(std::string_view text, size_t most = 50) {
  const auto alphanumeric = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  };
  std::string out(text.substr(0, most));
  for (char& c : out)
    if (!alphanumeric(c) && c != '.' && c != '_' && c != '-') c = '_';
  while (!out.empty() && !alphanumeric(out.back())) out.pop_back();
  while (!out.empty() && !alphanumeric(out.front())) out.erase(0, 1);
  return out.empty() ? "unnamed" : out;
}

std::string line(const std::string& name, std::string_view value) {
  return fmt::format("feature.node.kubernetes.io/vfio-verify.{}={}\n", name, value);
}

// A directive of feature files ("Local feature source"): the lines below it are ignored from then
// on.
std::string expiry_line(int64_t expiry) {
  const time_t seconds = expiry;
  tm utc = {};
  ::gmtime_r(&seconds, &utc);
  char text[sizeof("2026-01-31T12:00:00Z")];
  if (std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc) == 0) return {};
  return fmt::format("# +expiry-time={}\n", text);
}

// The worst status of a check. kSkip only if all its findings were skipped.
Status worst(const Findings& findings) {
  for (const Status status : {Status::kFail, Status::kUnknown, Status::kWarn, Status::kPass})
    if (std::any_of(findings.begin(), findings.end(),
                    [&](const Finding& finding) { return finding.status == status; }))
      return status;
  return Status::kSkip;
}

}  // namespace

std::string report_nfd(const Report& report) {
  std::map<std::string, Findings> checks;
  for (const Finding& finding : report.findings) checks[finding.id].push_back(finding);

  std::string out = report.expiry ? expiry_line(*report.expiry) : std::string();
  out += line("verdict", status_name(verdict(report.findings)));
  std::map<std::string, int> cards;
  for (const ConfiguredFunction& function : report.inspection.functions)
    if (function.claim_status == ClaimStatus::kClaimed) ++cards[label(function.card, 45)];
  for (const auto& [card, functions] : cards)
    out += line("card." + card, std::to_string(functions));
  for (const auto& [id, findings] : checks) out += line(label(id), status_name(worst(findings)));
  return out;
}

}  // namespace verify
