// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/report/chapters.h"

#include <algorithm>

#include <fmt/format.h>

#include "host/text.h"
#include "verify/report/entries.h"
#include "verify/report/text_parts.h"

namespace verify {
namespace {

constexpr const char* kMainChecks[] = {
    "bind.plan",      "iommu.present",   "iommu.attach", "iommu.group",  "irq.remapping",
    "group.isolated", "group.viable",    "bind.driver",  "bind.history", "power.state",
    "reset.method",   "link.width",      "bar.size",     "rom.uefi",     "dma.map",
    "dma.reserved",   "dma.read",        "guest.qemu",   "guest.image",  "guest.memlock",
    "host.lockdown",  "host.environment"};

bool is_main_check(const Finding& finding) {
  return std::any_of(std::begin(kMainChecks), std::end(kMainChecks),
                     [&](const char* id) { return finding.id == id; });
}

}  // namespace

size_t ChapterFindings::count(Status status) const {
  return static_cast<size_t>(
      std::count_if(findings.begin(), findings.end(),
                    [&](const Finding* finding) { return finding->status == status; }));
}

std::vector<ChapterFindings> findings_by_chapter(const Report& report) {
  std::vector<ChapterFindings> chapters;
  for (const Finding& finding : report.findings) {
    if (is_omitted(report, finding)) continue;
    const std::string heading = heading_of(finding);
    if (chapters.empty() || chapters.back().heading != heading) chapters.push_back({heading, {}});
    chapters.back().findings.push_back(&finding);
  }
  return chapters;
}

std::span<const char* const> main_checks() {
  return kMainChecks;
}

Status status_of(const ChapterFindings& chapter) {
  for (const Status status : {Status::kFail, Status::kUnknown, Status::kWarn})
    if (chapter.count(status) > 0) return status;
  const auto passed = [](const Finding* finding) {
    return finding->status == Status::kPass && is_main_check(*finding);
  };
  return chapter.count(Status::kSkip) == 0 ||
                 std::any_of(chapter.findings.begin(), chapter.findings.end(), passed)
             ? Status::kPass
             : Status::kSkip;
}

std::string counted(const ChapterFindings& chapter) {
  constexpr std::pair<Status, const char*> kKinds[] = {{Status::kFail, "failed"},
                                                       {Status::kUnknown, "inconclusive"},
                                                       {Status::kWarn, "warned"},
                                                       {Status::kPass, "passed"},
                                                       {Status::kSkip, "skipped"}};
  std::vector<std::string> words;
  for (const auto& [status, word] : kKinds)
    if (const size_t number = chapter.count(status))
      words.push_back(fmt::format("{} {}", number, word));
  return host::join(words, ", ");
}

std::string reason_for_skip(const ChapterFindings& chapter) {
  for (const Finding* finding : chapter.findings)
    if (finding->status == Status::kSkip) return sentence_of(*finding);
  return {};
}

}  // namespace verify
