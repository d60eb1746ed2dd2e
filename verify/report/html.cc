// SPDX-License-Identifier: GPL-2.0-or-later
//
// The page for a browser. It is also well-formed XML, has no script, and loads nothing: its policy
// (Content Security Policy 3, 4.2 and 6.1) forbids both.
#include <fmt/format.h>

#include "host/text.h"
#include "host/version.h"
#include "verify/output/markup.h"
#include "verify/report/card_verdicts.h"
#include "verify/report/chapters.h"
#include "verify/report/entries.h"
#include "verify/report/next_step.h"
#include "verify/report/page_findings.h"
#include "verify/report/page_style.h"
#include "verify/report/report.h"
#include "verify/report/text_parts.h"
#include "verify/report/tree_svg.h"

namespace verify {
namespace {

constexpr const char* kHead =
    R"(<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"/>
)";

std::string section(std::string_view heading, const std::string& content) {
  return fmt::format("<section>\n<h2>{}</h2>\n{}</section>\n", escaped(heading), content);
}

std::string table(const char* name, const std::vector<std::string>& columns,
                  const std::string& rows) {
  std::string head;
  for (const std::string& column : columns) head += "<th scope=\"col\">" + column + "</th>";
  return fmt::format("<table class=\"{}\">\n<thead><tr>", name) + head +
         "</tr></thead>\n<tbody>\n" + rows + "</tbody>\n</table>\n";
}

// Cells are markup.
std::string row(const std::vector<std::string>& cells) {
  std::string out;
  for (const std::string& cell : cells) out += "<td>" + cell + "</td>";
  return "<tr>" + out + "</tr>\n";
}

std::string cards(const Report& report) {
  std::string rows;
  for (const CardVerdict& card : card_verdicts(report.inspection, report.findings))
    rows += row(
        {status_markup(card.verdict, verdict_word(card.verdict)), escaped(card.name),
         escaped(card.model.empty() ? "unknown" : card.model),
         card.addresses.empty() ? "no function found" : escaped(short_addresses(card.addresses))});
  return rows.empty() ? "<p>No card is configured.</p>\n"
                      : table("cards", {"Verdict", "Card", "Model", "Functions"}, rows);
}

std::string live_row(const Report& report) {
  const std::string text = live_not_run(report);
  return text.empty()
             ? ""
             : row({"Live", status_markup(Status::kSkip, status_word(Status::kSkip)), text});
}

std::string chapters_table(const Report& report, const std::vector<ChapterFindings>& chapters) {
  std::string rows;
  for (size_t i = 0; i < chapters.size(); ++i) {
    const Status status = status_of(chapters[i]);
    rows += row({fmt::format("<a href=\"#chapter-{}\">{}</a>", i, escaped(chapters[i].heading)),
                 status_markup(status, status_word(status)), escaped(counted(chapters[i]))});
  }
  return table("chapters", {"Chapter", "Status", "Checks"}, rows + live_row(report));
}

std::string next(const Report& report) {
  const NextStep step = next_step(report);
  std::string out = "<p>" + escaped(step.words);
  if (!step.check.empty())
    out += fmt::format(" (<a href=\"#{}\">{}</a>)", escaped(anchor_of(step.check)),
                       escaped(step.check));
  out += "</p>\n";
  if (!step.command.empty())
    out += "<pre><code>" + escaped(one_line(step.command)) + "</code></pre>\n";
  return out;
}

std::string host_table(const Report& report) {
  const Inspection& inspection = report.inspection;
  const std::pair<const char*, std::string> facts[] = {
      {"Kernel", "Linux " + inspection.machine.kernel_release},
      {"Distribution", inspection.platform.name.empty() ? "unknown" : inspection.platform.name},
      {"Program", fmt::format("vfio-verify {}", host::kVersion)},
      {"Arguments", report.arguments.empty() ? "none" : host::join(report.arguments, " ")}};
  std::string rows;
  for (const auto& [name, value] : facts)
    rows += fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n", name, escaped(value));
  return "<table>\n<tbody>\n" + rows + "</tbody>\n</table>\n";
}

std::string machine(const Report& report) {
  const Tree tree = tree_of(report.inspection);
  if (tree.rows.empty()) return "<p>No PCI function found.</p>\n";
  const char* card = report.inspection.functions.empty()
                         ? ""
                         : "An outline and the word card mark the functions of the checked cards. ";
  return fmt::format(
      "<div class=\"tree\">\n{}</div>\n"
      "<p class=\"muted\">Functions of the same IOMMU group have the same number and colour. "
      "{}The line below a port says whether it has ACS, which sends requests between devices to the IOMMU. "
      "The command vfio-verify list prints all functions.</p>\n",
      tree_svg(tree), card);
}

std::string findings(const std::vector<ChapterFindings>& chapters) {
  std::string out;
  for (size_t i = 0; i < chapters.size(); ++i) {
    const Status status = status_of(chapters[i]);
    out += fmt::format("<h3 id=\"chapter-{}\">{} {} <span class=\"counts\">{}</span></h3>\n{}", i,
                       escaped(chapters[i].heading), status_markup(status, status_word(status)),
                       escaped(counted(chapters[i])), findings_markup(chapters[i]));
  }
  return out;
}

// Its lines stay lines.
std::string json(const Report& report) {
  const std::string text = report_json(report);
  std::string out;
  for (const std::string_view line : host::lines(text)) out += escaped(line) + "\n";
  return "<details><summary>The output of --format json</summary>\n<pre id=\"json\">" + out +
         "</pre>\n</details>\n";
}

}  // namespace

std::string report_html(const Report& report) {
  const std::vector<ChapterFindings> chapters = findings_by_chapter(report);
  const char* words = verdict_text(report);
  return std::string(kHead) +
         fmt::format("<title>vfio-verify: {}</title>\n<style>{}</style>\n</head>\n<body>\n",
                     escaped(words), page_style()) +
         fmt::format(
             "<header>\n<p class=\"program\">Report of vfio-verify {}</p>\n"
             "<h1 class=\"{}\">{}</h1>\n</header>\n",
             host::kVersion, status_name(verdict(report.findings)), escaped(words)) +
         "<main>\n" +
         section("Summary", cards(report) + chapters_table(report, chapters) +
                                "<p class=\"muted\">" + escaped(counts(report.findings)) +
                                "</p>\n") +
         section("Next step", next(report)) + section("Host", host_table(report)) +
         section("Machine", machine(report)) + section("Findings", findings(chapters)) +
         section("JSON", json(report)) + "</main>\n</body>\n</html>\n";
}

}  // namespace verify
