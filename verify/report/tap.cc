// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include "host/printable.h"
#include "host/text.h"
#include "verify/report/report.h"

namespace verify {
namespace {

// Escapes '#', which begins a directive in a description.
std::string description(std::string_view text) {
  std::string out;
  for (const char c : host::printable(text)) {
    if (c == '#' || c == '\\') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

// A literal block of YAML, which needs no escapes.
std::string literal(std::string_view key, std::string_view text) {
  std::string out = fmt::format("  {}: |\n", key);
  const std::string lines = host::printable(text);
  for (const std::string_view line : host::split(lines, "\n")) out += fmt::format("    {}\n", line);
  return out;
}

std::string line(size_t number, const Finding& finding) {
  const bool unknown = finding.status == Status::kUnknown;
  const bool ok = finding.status != Status::kFail && !unknown;
  const std::string what = fmt::format("{} {} - {} {}", ok ? "ok" : "not ok", number,
                                       description(finding.id), description(finding.subject));
  if (finding.status == Status::kSkip)
    return fmt::format("{} # SKIP {}\n", what, description(finding.evidence));
  // TAP does not count a "not ok" with TODO as a failure.
  const bool advice = unknown && !finding.decides;
  std::string out = what + (advice ? " # TODO the worst result is a warning\n" : "\n");
  if (finding.status == Status::kPass) return out;
  out += fmt::format("  ---\n  status: {}\n", status_name(finding.status));
  out += literal("message", finding.evidence);
  if (!finding.remedy.empty()) out += literal("remedy", finding.remedy.str());
  return out + "  ...\n";
}

}  // namespace

std::string report_tap(const Report& report) {
  std::string out = fmt::format("TAP version 13\n1..{}\n", report.findings.size());
  size_t number = 0;
  for (const Finding& finding : report.findings) out += line(++number, finding);
  return out;
}

}  // namespace verify
