// SPDX-License-Identifier: GPL-2.0-or-later
#include <map>
#include <set>

#include <fmt/format.h>

#include "host/printable.h"
#include "host/version.h"
#include "verify/report/report.h"

namespace verify {
namespace {

std::string label(std::string_view text) {
  std::string out;
  for (const char c : host::printable(text)) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  return out;
}

std::string head(const char* name, const char* help) {
  return fmt::format("# HELP {0} {1}\n# TYPE {0} gauge\n", name, help);
}

constexpr Status kStates[] = {Status::kPass, Status::kWarn, Status::kFail, Status::kSkip,
                              Status::kUnknown};

}  // namespace

std::string report_prometheus(const Report& report) {
  // A check may have several findings for a subject, but a series has only one value.
  std::map<std::pair<std::string, std::string>, std::set<Status>> states;
  for (const Finding& finding : report.findings)
    states[{finding.id, finding.subject}].insert(finding.status);

  std::string out = head("vfio_verify_info", "Version of vfio-verify and of the kernel.");
  out += fmt::format("vfio_verify_info{{version=\"{}\",kernel=\"{}\"}} 1\n", host::kVersion,
                     label(report.inspection.machine.kernel_release));
  out += head("vfio_verify_exit_status", "0: pass, 1: fail, 2: inconclusive.");
  out += fmt::format("vfio_verify_exit_status {}\n", exit_code(verdict(report.findings)));
  out += head("vfio_verify_check",
              "1 if the check reported this status for the subject, otherwise 0.");
  for (const auto& [check, found] : states)
    for (const Status state : kStates)
      out += fmt::format("vfio_verify_check{{id=\"{}\",subject=\"{}\",status=\"{}\"}} {}\n",
                         label(check.first), label(check.second), status_name(state),
                         found.contains(state) ? 1 : 0);
  return out;
}

}  // namespace verify
