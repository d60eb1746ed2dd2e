// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/text.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "host/printable.h"
#include "host/version.h"
#include "verify/output/wrapped.h"
#include "verify/report/text_parts.h"

namespace verify {
namespace {

constexpr size_t kBlock = 10;  // the column of evidence and remedies on lines of their own

std::string finding_block(const Finding& finding, size_t id_width, bool colour) {
  const std::string labels = fmt::format(" {:<{}} {:<12}", finding.id, id_width, finding.subject);
  const std::string evidence = host::printable(finding.evidence);
  const std::string head =
      "  " + styled(finding.status, fmt::format("{:<7}", status_word(finding.status)), colour);
  const size_t column = sizeof("  unknown") - 1 + labels.size() + 1;
  if (column + evidence.size() <= kWidth) return head + labels + " " + evidence;
  return head + labels.substr(0, labels.find_last_not_of(' ') + 1) + "\n" +
         std::string(kBlock, ' ') + wrapped(evidence, kBlock, kBlock);
}

std::string heading(const Report& report) {
  const Inspection& inspection = report.inspection;
  std::vector<std::string> words;
  for (const ConfiguredFunction& function : inspection.functions) {
    const std::string card = "[" + host::printable(function.card) + "]";
    if (std::find(words.begin(), words.end(), card) == words.end()) words.push_back(card);
    words.push_back(function.address());
  }
  const std::string cards = words.empty() ? "no card" : host::join(words, " ");
  const std::string& name = inspection.platform.name;
  return fmt::format("vfio-verify {}: {}\nLinux {}{}{}\n", host::kVersion, cards,
                     inspection.machine.kernel_release, name.empty() ? "" : " on ", name);
}

std::string last_line(const Report& report) {
  return styled(verdict(report.findings), verdict_text(report), report.colour) +
         fmt::format("\n({})\n", counts(report.findings));
}

std::string block_with_remedy(const Finding& finding, size_t id_width, bool colour,
                              Remedy& last_remedy) {
  std::string out = finding_block(finding, id_width, colour) + "\n";
  if (finding.remedy.empty()) return out;
  // "fix bind.plan first" is as short, and the reader need not look for it.
  const bool is_known = finding.waits_for.empty() && finding.remedy == last_remedy;
  out += remedy_block(is_known ? "as above" : finding.remedy, kBlock, kWidth);
  last_remedy = finding.remedy;
  return out;
}

const char* verdict_name(Status verdict) {
  return verdict == Status::kPass ? "PASS" : verdict == Status::kFail ? "FAIL" : "INCONCLUSIVE";
}

}  // namespace

std::string report_text(const Report& report) {
  std::string out = report.quiet ? "" : heading(report);
  const char* chapter = "";  // the heading above the last finding
  Remedy remedy;             // the last one in the report
  size_t id_width = 0;
  for (const Finding& finding : report.findings)
    if (!is_omitted(report, finding)) id_width = std::max(id_width, finding.id.size());
  for (const Finding& finding : report.findings) {
    if (is_omitted(report, finding) || (report.quiet && !finding.is_open())) continue;
    if (!report.quiet && std::strcmp(chapter, heading_of(finding)) != 0) {
      chapter = heading_of(finding);
      out += fmt::format("\n{}\n", chapter);
    }
    out += block_with_remedy(finding, id_width, report.colour, remedy);
  }
  if (report.quiet) return out;
  if (omits_any(report))
    out += "\nLive\n  Not run: --live tests DMA and interrupts of the card itself.\n";
  return out + "\n" + last_line(report);
}

std::string images_text(const Report& report, const std::vector<JudgedFile>& images) {
  std::string out = report.quiet ? "" : heading(report);
  Remedy remedy;
  size_t id_width = 0;
  for (const Finding& finding : report.findings) id_width = std::max(id_width, finding.id.size());
  for (const JudgedFile& image : images) {
    const Status status = verdict(image.findings);
    if (report.quiet && status == Status::kPass) continue;
    const std::string kernel =
        image.releases.empty() ? "" : fmt::format(" (kernel {})", image.releases);
    out += fmt::format("{}{}: {}\n", out.empty() ? "" : "\n",
                       styled(status, verdict_name(status), report.colour),
                       host::printable(image.file + kernel));
    for (const Finding& finding : image.findings)
      if (finding.is_open() || (finding.status == Status::kWarn && !report.quiet))
        out += block_with_remedy(finding, id_width, report.colour, remedy);
  }
  for (const Finding& finding : report.findings)
    if (finding.subject == kHost)  // about all images
      out += "\n" + block_with_remedy(finding, id_width, report.colour, remedy);
  return report.quiet ? out : out + "\n" + last_line(report);
}

}  // namespace verify
