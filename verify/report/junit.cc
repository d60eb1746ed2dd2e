// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include <fmt/format.h>

#include "host/version.h"
#include "verify/output/markup.h"
#include "verify/report/report.h"

namespace verify {
namespace {

bool is_error(const Finding& finding) {
  return finding.status == Status::kUnknown && finding.decides;
}

bool is_skipped(const Finding& finding) {
  return finding.status == Status::kSkip ||
         (finding.status == Status::kUnknown && !finding.decides);
}

std::string outcome(const Finding& finding) {
  const auto element = [&](const char* name) {
    return fmt::format("      <{0} message=\"{1}\">{2}</{0}>\n", name, escaped(finding.evidence),
                       escaped(finding.remedy.str()));
  };
  switch (finding.status) {
    case Status::kFail:
      return element("failure");
    case Status::kUnknown:
      if (is_error(finding)) return element("error");
      return fmt::format("      <skipped message=\"unknown: {}\"/>\n", escaped(finding.evidence));
    case Status::kSkip:
      return fmt::format("      <skipped message=\"{}\"/>\n", escaped(finding.evidence));
    default:
      return fmt::format("      <system-out>{}: {}{}{}</system-out>\n", status_name(finding.status),
                         escaped(finding.evidence), finding.remedy.empty() ? "" : ". ",
                         escaped(finding.remedy.str()));
  }
}

}  // namespace

std::string report_junit(const Report& report) {
  const auto count = [&](auto&& predicate) {
    return std::count_if(report.findings.begin(), report.findings.end(), predicate);
  };
  const std::string counts = fmt::format(
      "tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\"", report.findings.size(),
      count([](const Finding& finding) { return finding.status == Status::kFail; }),
      count(is_error), count(is_skipped));
  std::string out = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"vfio-verify\" {0}>\n"
      "  <testsuite name=\"vfio-verify {1} on Linux {2}\" {0}>\n",
      counts, host::kVersion, escaped(report.inspection.machine.kernel_release));
  for (const Finding& finding : report.findings)
    out +=
        fmt::format("    <testcase classname=\"vfio-verify.{}\" name=\"{}\">\n{}    </testcase>\n",
                    escaped(finding.id), escaped(finding.subject), outcome(finding));
  return out + "  </testsuite>\n</testsuites>\n";
}

}  // namespace verify
