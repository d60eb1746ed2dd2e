// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/report/page_findings.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "host/text.h"
#include "verify/output/markup.h"
#include "verify/report/entries.h"
#include "verify/report/explain.h"
#include "verify/report/text_parts.h"

namespace verify {
namespace {

// Findings of one check with the same status and remedy.
struct Block {
  std::vector<const Finding*> findings;

  const Finding& first() const { return *findings.front(); }
  bool takes(const Finding& finding) const {
    return first().id == finding.id && first().status == finding.status &&
           first().remedy == finding.remedy && first().waits_for == finding.waits_for;
  }
};

std::vector<Block> blocks_of(const ChapterFindings& chapter) {
  std::vector<Block> blocks;
  for (const Finding* finding : chapter.findings) {
    if (finding->status == Status::kSkip) continue;
    const auto same = std::find_if(blocks.begin(), blocks.end(),
                                   [&](const Block& block) { return block.takes(*finding); });
    if (same == blocks.end())
      blocks.push_back({{finding}});
    else
      same->findings.push_back(finding);
  }
  return blocks;
}

std::string explanation(const std::string& id) {
  const auto text = explanation_of(id);
  if (!text) return {};
  std::string out = "<p>" + escaped(text->question) + "</p>\n";
  for (const std::string& block : text->blocks)
    out += block.starts_with("- ") ? "<ul><li>" + escaped(block.substr(2)) + "</li></ul>\n"
                                   : "<p>" + escaped(block) + "</p>\n";
  return "<details class=\"explanation\"><summary>What this check examines</summary>\n" + out +
         "</details>\n";
}

std::string evidence(const Block& block) {
  std::string out;
  for (const Finding* finding : block.findings)
    out += fmt::format("<li><code>{}</code>: {}</li>\n", escaped(finding->subject),
                       escaped(finding->evidence));
  return "<ul class=\"evidence\">\n" + out + "</ul>\n";
}

// Words and commands, without a heading.
std::string remedy_markup(const Remedy& remedy) {
  std::string out;
  for (const Remedy::Step& step : remedy.steps()) {
    if (!step.text.empty()) out += "<p>" + escaped(step.text) + "</p>\n";
    std::vector<std::string> commands;
    for (const std::string& command : step.commands) commands.push_back(escaped(one_line(command)));
    if (!commands.empty()) out += "<pre><code>" + host::join(commands, "\n") + "</code></pre>\n";
  }
  return out;
}

// The remedy of a finding that waits is to fix the other check first (check/causes.h).
std::string remedy(const Finding& finding) {
  if (!finding.waits_for.empty())
    return fmt::format("<p>Fix <a href=\"#{}\">{}</a> first.</p>\n",
                       escaped(anchor_of(finding.waits_for)), escaped(finding.waits_for));
  return finding.remedy.empty()
             ? ""
             : "<p><strong>Remedy</strong></p>\n" + remedy_markup(finding.remedy);
}

class BlockWriter {
 public:
  std::string str(const Block& block) {
    const Finding& first = block.first();
    std::vector<std::string> subjects;
    for (const Finding* finding : block.findings) subjects.push_back(finding->subject);
    const bool passed = first.status == Status::kPass;
    return fmt::format(
               "<details class=\"finding{}\"{}{}><summary>{} <code>{}</code> <span>{}</span></summary>\n",
               passed ? "" : std::string(" open ") + status_name(first.status), anchor(first.id),
               passed ? "" : " open=\"open\"",
               status_markup(first.status, status_word(first.status)), escaped(first.id),
               escaped(short_addresses(subjects))) +
           evidence(block) + remedy(first) + explanation(first.id) + "</details>\n";
  }

 private:
  // An anchor must be unique: the first finding of a check has it.
  std::string anchor(const std::string& id) {
    return anchors_.insert(id).second ? fmt::format(" id=\"{}\"", escaped(anchor_of(id))) : "";
  }

  std::set<std::string> anchors_;
};

}  // namespace

std::string status_markup(Status status, std::string_view word) {
  return fmt::format("<span class=\"status {}\">{}</span>", status_name(status), word);
}

std::string anchor_of(std::string_view id) {
  return "check-" + std::string(id);
}

std::string findings_markup(const ChapterFindings& chapter) {
  BlockWriter writer;
  std::string open, passed;
  for (const Block& block : blocks_of(chapter))
    (block.first().status == Status::kPass ? passed : open) += writer.str(block);
  if (!passed.empty())
    open += fmt::format("<details><summary>{} passed</summary>\n{}</details>\n",
                        chapter.count(Status::kPass), passed);
  return open;
}

}  // namespace verify
