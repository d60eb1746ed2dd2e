// SPDX-License-Identifier: GPL-2.0-or-later
//
// The summary: a line for each card, a line for each chapter, below it what is not a pass, and the
// next step.
#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "host/printable.h"
#include "host/text.h"
#include "host/version.h"
#include "verify/inspect/checked_functions.h"
#include "verify/output/colour.h"
#include "verify/output/listed.h"
#include "verify/output/wrapped.h"
#include "verify/report/card_verdicts.h"
#include "verify/report/chapters.h"
#include "verify/report/entries.h"
#include "verify/report/next_step.h"
#include "verify/report/report.h"
#include "verify/report/text_parts.h"

namespace verify {
namespace {

constexpr size_t kHeading = 15, kStatus = 9;  // the columns of a chapter's line
constexpr size_t kEntry = 4, kWord = 8;       // below it: the indent and the status
constexpr size_t kShortest = 20;              // of what was found; shorter text is wrapped, not cut
constexpr size_t kNext = 6;                   // the width of "Next: "

const char* symbol_of(Status status) {
  constexpr const char* kSymbols[] = {"✓", "!", "✗", "-", "?"};  // in the order of Status
  return kSymbols[static_cast<size_t>(status)];
}

class Summary {
 public:
  explicit Summary(const Report& report) : report_(report) {}

  std::string str() {
    std::string out = heading() + "\n" + cards() + "\n";
    const std::vector<ChapterFindings> all = findings_by_chapter(report_);
    for (const ChapterFindings& chapter : all)
      if (status_of(chapter) != Status::kSkip) out += chapter_block(chapter);
    return out + skipped_chapters(all) + live_row() + "\n" + end();
  }

 private:
  std::string in_colour(Status status, std::string_view text) const {
    return styled(status, text, report_.colour);
  }
  std::string in_colour(Style style, std::string_view text) const {
    return report_.colour ? styled(style, text) : std::string(text);
  }
  std::string symbol(Status status) const {
    return report_.symbols ? in_colour(status, symbol_of(status)) + " " : "";
  }
  size_t symbol_width() const { return report_.symbols ? 2 : 0; }

  // The bytes between `column` and the end of the line. A terminal of 40 columns has room for some.
  size_t room_at(size_t column) const {
    constexpr size_t kLeast = 8;
    return std::max(report_.width, column + kLeast) - column;
  }

  // `text` on one line that begins at `column`.
  std::string fitted(const std::string& text, size_t column) const {
    return shortened(one_line(text), room_at(column));
  }

  // `text` on lines that begin at `column`, also the first one.
  std::string folded(std::string_view text, size_t column) const {
    const std::string words = with_short_words(host::printable(text), room_at(column));
    return wrapped(words, column, column, report_.width);
  }

  std::string heading() const {
    const std::string& name = report_.inspection.platform.name;
    return in_colour(Style::kFaint,
                     fitted(fmt::format("vfio-verify {}, Linux {}{}{}", host::kVersion,
                                        report_.inspection.machine.kernel_release,
                                        name.empty() ? "" : ", ", name),
                            0)) +
           "\n";
  }

  std::string card_line(Status verdict, const std::string& text) const {
    constexpr size_t kVerdict = 14;
    return symbol(verdict) +
           in_colour(verdict, fmt::format("{:<{}}", verdict_word(verdict), kVerdict)) +
           fitted(text, symbol_width() + kVerdict) + "\n";
  }

  std::string cards() const {
    std::string out;
    for (const CardVerdict& card : card_verdicts(report_.inspection, report_.findings)) {
      std::vector<std::string> words;
      if (!is_pci_address(card.name)) words.push_back("[" + card.name + "]");
      if (card.addresses.empty())
        words.emplace_back("no function found");
      else
        words.push_back(short_addresses(card.addresses));
      if (!card.model.empty()) words.push_back(" " + card.model);
      out += card_line(card.verdict, host::join(words, " "));
    }
    return out.empty() ? card_line(verdict(report_.findings), "no card is configured") : out;
  }

  size_t row_width() const { return symbol_width() + kHeading + kStatus; }

  std::string row(Status status, const std::string& title, const std::string& text) const {
    return symbol(status) + in_colour(Style::kBold, fmt::format("{:<{}}", title, kHeading)) +
           in_colour(status, fmt::format("{:<{}}", status_word(status), kStatus)) + text + "\n";
  }

  // What the passed findings of the check say, a clause of each. Those about the functions of a
  // card are like that about the first one; a card may have several groups.
  static std::string quote(const ChapterFindings& chapter, std::string_view id, size_t room) {
    const bool about_group = id.starts_with("group.") || id.starts_with("iommu.");
    std::set<std::string> subjects;
    std::vector<std::string> clauses;
    for (const Finding* finding : chapter.findings) {
      if (finding->id != id || finding->status != Status::kPass) continue;
      const std::string& name = finding->subject;
      const std::string subject = about_group ? name : name.substr(0, name.find('.'));
      const std::string& sentence = sentence_of(*finding);
      const std::string clause = sentence.substr(0, sentence.find("; "));
      if (subjects.insert(subject).second && !host::contains(clauses, clause))
        clauses.push_back(clause);
    }
    const std::string all = host::join(clauses, "; ");
    return clauses.size() < 2 || (clauses.size() == 2 && all.size() <= room)
               ? all
               : fmt::format("{} (and {} more)", clauses.front(), clauses.size() - 1);
  }

  // The evidence of the main checks that passed. The first ones that fit are used.
  std::string quotes(const ChapterFindings& chapter, size_t room) const {
    std::string text;
    for (const char* id : main_checks()) {
      const std::string next = one_line(quote(chapter, id, room));
      if (next.empty() || (!text.empty() && text.size() + 2 + next.size() > room)) continue;
      text += (text.empty() ? "" : "; ") + next;
    }
    return text.empty() ? counted(chapter) : text;
  }

  std::string chapter_block(const ChapterFindings& chapter) {
    const Status worst = status_of(chapter);
    if (worst != Status::kPass) {
      std::string out = row(worst, chapter.heading, fitted(counted(chapter), row_width()));
      for (const Entry& entry : entries_of(chapter.findings)) out += entry_block(entry);
      return out;
    }
    const size_t skipped = chapter.count(Status::kSkip);
    const std::string more = skipped > 0 ? fmt::format(" ({} skipped)", skipped) : "";
    const size_t room = room_at(row_width() + more.size());
    const std::string text = quotes(chapter, room);
    const bool is_narrow = text.size() > room && room < kShortest;
    return row(worst, chapter.heading,
               is_narrow ? folded(text + more, row_width())
                         : fitted(text, row_width() + more.size()) + more);
  }

  std::string entry_block(const Entry& entry) {
    const std::string ids = "(" + listed(entry.ids) + ")";
    std::string words = entry.waits_for.empty() ? entry.words : "fix " + entry.waits_for + " first";
    if (entry.waits_for.empty() && entry.subjects.front() != kHost)
      words = short_addresses(entry.subjects) + ": " + words;
    return std::string(kEntry, ' ') +
           in_colour(entry.status, fmt::format("{:<{}}", status_word(entry.status), kWord)) +
           folded(words + " " + ids, kEntry + kWord) + "\n" + remedy(entry);
  }

  // A remedy of several lines is printed once.
  std::string remedy(const Entry& entry) {
    if (entry.remedy.empty()) return {};
    const std::string block = block_of(entry.remedy);
    const auto [before, is_new] = remedies_.emplace(block, entry.ids.front());
    return is_new || std::count(block.begin(), block.end(), '\n') == 1
               ? block
               : block_of("same remedy as " + before->second);
  }

  std::string block_of(const Remedy& remedy) const {
    constexpr size_t kIndent = kEntry + kWord, kText = kIndent + 3;
    Remedy folding;
    for (const Remedy::Step& step : remedy.steps()) {
      std::vector<std::string> commands;
      for (const std::string& command : step.commands) commands.push_back(one_line(command));
      folding = std::move(folding).then(
          {with_short_words(host::printable(step.text), room_at(kText)), commands});
    }
    return remedy_block(folding, kIndent, report_.width);
  }

  // Chapters of which nothing was checked. Those with the same reason are one line.
  std::string skipped_chapters(const std::vector<ChapterFindings>& chapters) const {
    std::vector<std::pair<std::string, std::vector<const ChapterFindings*>>> reasons;
    for (const ChapterFindings& chapter : chapters) {
      if (status_of(chapter) != Status::kSkip) continue;
      const std::string reason = reason_for_skip(chapter);
      const auto same = std::find_if(reasons.begin(), reasons.end(),
                                     [&](const auto& entry) { return entry.first == reason; });
      if (same != reasons.end())
        same->second.push_back(&chapter);
      else
        reasons.push_back({reason, {&chapter}});
    }
    std::string out;
    for (const auto& [reason, members] : reasons) out += skipped_row(reason, members);
    return out;
  }

  std::string skipped_row(const std::string& reason,
                          const std::vector<const ChapterFindings*>& chapters) const {
    ChapterFindings all;
    std::vector<std::string> headings;
    for (const ChapterFindings* chapter : chapters) {
      all.findings.insert(all.findings.end(), chapter->findings.begin(), chapter->findings.end());
      headings.push_back(chapter->heading);
    }
    const bool one = headings.size() == 1;
    return row(Status::kSkip, one ? headings.front() : "Not checked",
               folded(fmt::format("{}{} ({})", one ? "" : host::join(headings, ", ") + ": ", reason,
                                  counted(all)),
                      row_width()));
  }

  std::string live_row() const {
    const std::string text = live_not_run(report_);
    return text.empty() ? "" : row(Status::kSkip, "Live", fitted(text, row_width()));
  }

  // The verdict and the next step.
  std::string end() const {
    const NextStep next = next_step(report_);
    std::string out = in_colour(verdict(report_.findings), fitted(verdict_text(report_), 0)) +
                      "\n" + fitted("(" + counts(report_.findings) + ")", 0) + "\n\n" +
                      in_colour(Style::kBold, "Next:") + " " + folded(next.words, kNext) + "\n";
    if (!next.command.empty()) out += std::string(kNext + 2, ' ') + one_line(next.command) + "\n";
    const std::string more = next.check.empty() ? "" : "vfio-verify explain " + next.check + ", ";
    return out + in_colour(Style::kBold, "More:") + " " +
           folded(more + "vfio-verify --verbose", kNext) + "\n";
  }

  const Report& report_;
  std::map<std::string, std::string> remedies_;  // those that are printed, with their check
};

}  // namespace

std::string report_summary(const Report& report) {
  return Summary(report).str();
}

}  // namespace verify
