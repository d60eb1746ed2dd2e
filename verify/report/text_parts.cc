// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/report/text_parts.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "host/printable.h"
#include "verify/check/checks.h"
#include "verify/check/image.h"
#include "verify/output/colour.h"
#include "verify/output/wrapped.h"

namespace verify {
namespace {

bool is_in(const Chapter& chapter, const Finding& finding) {
  return std::strcmp(heading_of(finding), chapter.heading) == 0;
}

int count(const Findings& findings, Status status) {
  return static_cast<int>(
      std::count_if(findings.begin(), findings.end(),
                    [&](const Finding& finding) { return finding.status == status; }));
}

// Does the finding make a pass incomplete? Not if --live was not used, nor for skipped checks that
// only advise, that nothing asks for, or that are of kGuestChapter and kKvmChapter, which has the
// same heading.
bool makes_pass_incomplete(const Report& report, const Finding& finding) {
  if (finding.status == Status::kUnknown) return true;
  return finding.status == Status::kSkip && finding.decides && finding.is_asked &&
         !is_omitted(report, finding) && !is_in(kGuestChapter, finding);
}

}  // namespace

const char* status_word(Status status) {
  return status == Status::kFail ? "FAIL" : status_name(status);
}

std::string styled(Status status, std::string_view text, bool colour) {
  constexpr Style kStyles[] = {Style::kGreen, Style::kYellow, Style::kRed, Style::kFaint,
                               Style::kYellow};  // in the order of Status
  return colour ? styled(kStyles[static_cast<size_t>(status)], text) : std::string(text);
}

std::string remedy_block(const Remedy& remedy, size_t indent, size_t width) {
  const size_t text = indent + 3;
  std::string out;
  for (const Remedy::Step& step : remedy.steps()) {
    out += std::string(indent, ' ') + (out.empty() ? "-> " : "   ");
    out += wrapped(host::printable(step.text), text, text, width) + "\n";
    for (const std::string& command : step.commands)
      out += std::string(text + 2, ' ') + host::printable(command) + "\n";
  }
  return out;
}

std::string one_line(std::string_view text) {
  std::string line = host::printable(text);
  std::replace(line.begin(), line.end(), '\n', ' ');
  return line;
}

const char* heading_of(const Finding& finding) {
  for (const Chapter* chapter : chapters())
    for (const Check& check : chapter->checks)
      if (finding.id == check.id) return chapter->heading;
  return finding.id.starts_with("image.") ? kImageHeading : "";
}

bool is_omitted(const Report& report, const Finding& finding) {
  return !report.inspection.live && is_in(kLiveChapter, finding);
}

bool omits_any(const Report& report) {
  return std::any_of(report.findings.begin(), report.findings.end(),
                     [&](const Finding& finding) { return is_omitted(report, finding); });
}

std::string live_not_run(const Report& report) {
  const bool is_left_out = !report.inspection.functions.empty() && omits_any(report);
  return is_left_out ? "not run: --live tests the card itself" : "";
}

std::string counts(const Findings& findings) {
  std::string text = fmt::format("{} passed", count(findings, Status::kPass));
  const std::pair<Status, const char*> kinds[] = {{Status::kWarn, "warned"},
                                                  {Status::kFail, "failed"},
                                                  {Status::kUnknown, "inconclusive"},
                                                  {Status::kSkip, "skipped"}};
  for (const auto& [status, words] : kinds)
    if (const int number = count(findings, status)) text += fmt::format(", {} {}", number, words);
  return text;
}

const char* verdict_text(const Report& report) {
  const Findings& findings = report.findings;
  switch (verdict(findings)) {
    case Status::kFail:
      return report.failed;
    case Status::kUnknown:
      if (has_no_live_result(report.inspection))
        return "INCONCLUSIVE: --live was used, but no function was tested";
      return "INCONCLUSIVE: no check failed, but not everything is proven";
    default:
      return std::any_of(
                 findings.begin(), findings.end(),
                 [&](const Finding& finding) { return makes_pass_incomplete(report, finding); })
                 ? "PASS: all checks that could be run passed"
                 : report.passed;
  }
}

}  // namespace verify
