// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/report.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "bench/guest/renderer.h"

namespace bench {
namespace {

// Three significant digits: "0.998", "27.1", "3184".
std::string digits(double value) {
  if (value >= 100) return fmt::format("{:.0f}", value);
  return fmt::format("{:.3g}", value);
}

std::string cell(const std::optional<Figure>& figure, Unit unit) {
  if (!figure) return "-";
  const std::string text =
      digits(figure->median) + " " + symbol(unit) +
      (figure->spread > 0 ? fmt::format(" ± {:.1f} %", figure->spread * 100) : std::string());
  switch (figure->renderer.empty() ? Drawer::kCard : drawer_of(figure->renderer)) {
    case Drawer::kCard:
      return text;
    case Drawer::kHostProcessor:
      return text + " (host's processor)";
    case Drawer::kGuestProcessor:
      return text + " (guest's processor)";
  }
  return text;
}

// "llvmpipe (LLVM 15.0.6, 256 bits), which is the guest's processor"
std::string name_with_drawer(const std::string& renderer) {
  switch (drawer_of(renderer)) {
    case Drawer::kCard:
      return renderer;
    case Drawer::kHostProcessor:
      return renderer + ", which is the host's processor";
    case Drawer::kGuestProcessor:
      return renderer + ", which is the guest's processor";
  }
  return renderer;
}

std::string times(const Row& row) {
  const auto ratio = row.ratio();
  return ratio ? digits(*ratio) + " x" : "-";
}

// "1.0 / 0.1": passed through, emulated.
std::string interrupts(const Row& row) {
  const auto counted = [](const std::optional<Figure>& figure) {
    return figure && figure->interrupts ? fmt::format("{:.2f}", *figure->interrupts)
                                        : std::string("-");
  };
  const std::string passed = counted(row.passed_through), emulated = counted(row.emulated);
  const bool by_msix = (!row.passed_through || row.passed_through->by_msix) &&
                       (!row.emulated || row.emulated->by_msix);
  if (passed == "-" && emulated == "-") return "-";
  return passed + " / " + emulated + (by_msix ? " MSI-X" : "");
}

// Two cards round differently even if they draw the same picture.
constexpr double kSamePicture = 2;  // of 255

std::string title_of(const std::string& workload) {
  for (const Metric& metric : metrics())
    if (metric.name == workload) return metric.title;
  return workload;
}

// The largest difference of a mean colour, of 255.
double difference(const Drawing& one, const Drawing& other) {
  double most = 0;
  for (size_t i = 0; i < one.mean.size(); ++i)
    most = std::max(most, std::abs(one.mean[i] - other.mean[i]));
  return most;
}

// `which`: "The two pictures", "The pictures of A and B".
std::string comparison_of(const std::string& which, const Drawing& one, const Drawing& other) {
  const double most = difference(one, other);
  if (one.checksum == other.checksum) return which + " are identical.";
  return most <= kSamePicture
             ? fmt::format("{} look the same: their mean colours differ by {:.2f} of 255.", which,
                           most)
             : fmt::format(
                   "{} DIFFER: their mean colours differ by {:.0f} of 255, so one is wrong.", which,
                   most);
}

std::string pictures(const std::vector<Drawing>& drawn, const std::string& pair) {
  std::string text;
  const Drawing* before = nullptr;
  for (const Drawing& drawing : drawn) {  // the two ways of a workload follow each other
    if (drawing.pair != pair) continue;
    text +=
        fmt::format("\n{}, {}: drawn by {}, checksum {:08x}.\n", title_of(drawing.workload),
                    words_for(drawing.mode), name_with_drawer(drawing.renderer), drawing.checksum);
    if (before && before->workload == drawing.workload)
      text += comparison_of("The two pictures", *before, drawing) + "\n";
    before = &drawing;
  }
  return text;
}

// The emulated cards of one slot draw the same frames: compares each with the first.
std::string pictures_of_models(const std::vector<Drawing>& drawn) {
  std::string text;
  for (const Drawing& drawing : drawn) {
    if (drawing.mode != CardMode::kEmulated) continue;
    const auto first = std::find_if(drawn.begin(), drawn.end(), [&](const Drawing& other) {
      return other.mode == drawing.mode && other.workload == drawing.workload;
    });
    if (first->pair == drawing.pair) continue;
    text += fmt::format("- {}: {}\n", title_of(drawing.workload),
                        comparison_of(fmt::format("the pictures of {} and {}",
                                                  model_of(first->pair), model_of(drawing.pair)),
                                      *first, drawing));
  }
  return text.empty() ? "" : "\n## The pictures of the emulated cards\n\n" + text;
}

std::string unmeasured(const Results& results, const std::string& pair) {
  std::string text;
  for (const Failure& failure : failures(results))
    if (failure.pair == pair) text += "\nNot measured: " + sentence_of(failure) + "\n";
  for (const Failure& skipped : skipped_workloads(results))
    if (skipped.pair == pair) text += "\nSkipped: " + sentence_of(skipped) + "\n";
  for (const Failure& missing : incomparable_metrics(results))
    if (missing.pair == pair) text += "\nNot compared: " + sentence_of(missing) + "\n";
  for (const std::string& remark : remarks(results, pair)) text += "\nNote: " + remark + ".\n";
  return text;
}

void add_table(std::string& text, const Results& results, const std::vector<Row>& rows,
               const std::string& pair) {
  text += fmt::format("\n## {} against an emulated {}\n\n", pair.substr(0, pair.find('=')),
                      model_of(pair));
  const auto passed = found_in_guest(results, pair, CardMode::kPassedThrough),
             emulated = found_in_guest(results, pair, CardMode::kEmulated);
  if (passed && emulated && passed->str() == emulated->str())
    text += fmt::format("In both guests: {}.\n\n", passed->str());
  else if (passed && emulated)
    text += fmt::format("Passed through: {}; emulated: {}.\n\n", passed->str(), emulated->str());
  constexpr const char* kLine = "| {:<26} | {:>18} | {:>18} | {:>8} | {:>17} |\n";
  text += fmt::format(kLine, "", "passed through", "emulated", "speed", "interrupts");
  text += "|:---|---:|---:|---:|---:|\n";
  for (const Row& row : rows)
    if (row.pair == pair)
      text += fmt::format(kLine, row.metric->title, cell(row.passed_through, row.metric->unit),
                          cell(row.emulated, row.metric->unit), times(row), interrupts(row));
}

// " (a processor draws)": a ratio that does not compare two cards.
std::string drawn_by_processor(const Row& row) {
  for (const auto* figure : {&row.passed_through, &row.emulated})
    if (*figure && !(*figure)->renderer.empty() && is_software((*figure)->renderer))
      return " (a processor draws)";
  return "";
}

// Quotes text for gnuplot.
std::string label(const std::string& text) {
  std::string safe;
  for (const char c : text)
    if (c != '"' && c != '\\') safe += c;
  return '"' + safe + '"';
}

}  // namespace

std::string sentence_of(const Failure& failure) {
  return fmt::format("{}: {}: {}.", words_for(failure.mode), failure.workload, failure.why);
}

std::string as_markdown(const Results& results) {
  const std::vector<Row> rows = compare(results);
  std::string text =
      "# Passed-through and emulated cards compared\n\n"
      "Speed: how many times as fast the card is when it is passed through.\n"
      "Figures are medians; ± is half of the range, if there was more than one round.\n"
      "Interrupts: the card's interrupts for one operation, passed through / emulated.\n";
  if (const std::string conditions = results.conditions(); !conditions.empty())
    text += "\nMeasured under " + conditions + ".\n";
  for (const std::string& pair : pairs_in(results)) {
    add_table(text, results, rows, pair);
    text += pictures(drawings(results), pair) + unmeasured(results, pair);
  }
  text += pictures_of_models(drawings(results));
  text += "\n## What the figures mean\n\n";
  for (const Metric& metric : metrics())
    if (std::any_of(rows.begin(), rows.end(),
                    [&](const Row& row) { return row.metric == &metric; }))
      text += fmt::format("- **{}**: {}.\n", metric.title, metric.means);
  return text;
}

std::string as_csv(const std::vector<Row>& rows) {
  const auto field = [](const std::optional<Figure>& figure) {
    return figure ? fmt::format("{},{}", figure->median, figure->spread) : std::string(",");
  };
  const auto interrupts_of = [](const std::optional<Figure>& figure) {
    return figure && figure->interrupts ? fmt::format("{}", *figure->interrupts) : std::string();
  };
  std::string text =
      "pair,metric,unit,passed_through,passed_through_spread,emulated,emulated_spread,ratio,passed_through_interrupts,emulated_interrupts,msix\n";
  for (const Row& row : rows)
    text += fmt::format("\"{}\",{},{},{},{},{},{},{},{}\n", row.pair, row.metric->name,
                        symbol(row.metric->unit), field(row.passed_through), field(row.emulated),
                        row.ratio() ? fmt::format("{}", *row.ratio()) : "",
                        interrupts_of(row.passed_through), interrupts_of(row.emulated),
                        row.passed_through && row.passed_through->by_msix ? "yes" : "");
  return text;
}

std::string as_gnuplot(const std::vector<Row>& rows, const std::string& picture) {
  constexpr int kLine = 26, kMargins = 150;  // pixels
  double least = 0.5, most = 2;
  std::string data, names, card;
  int line = 0;  // from the top, downwards
  for (const Row& row : rows) {
    const auto ratio = row.ratio();
    if (!ratio) continue;
    if (row.pair != card) {
      line -= card.empty() ? 1 : 2;  // a card's heading, below an empty line
      card = row.pair;
      names += fmt::format("{}{} {}", names.empty() ? "" : ", ",
                           label("against " + model_of(card) + ":"), line);
    }
    least = std::min(least, *ratio / 1.5), most = std::max(most, *ratio * 2.5);
    names += fmt::format(", {} {}", label(row.metric->title + drawn_by_processor(row)), --line);
    data += fmt::format("{} {} {} {}\n", *ratio, line, label(times(row)), *ratio < 0.98 ? 1 : 0);
  }
  return fmt::format(
      "set terminal svg noenhanced size 860,{} font 'sans-serif,13' background rgb 'white'\n"
      "set output {}\n"
      "set title 'How many times as fast a card is when it is passed through, not emulated'\n"
      "set xlabel '1 x: as fast as the emulated card.  Each line is twice the previous one.'\n"
      "set logscale x 2\nset xrange [{}:{}]\nset yrange [{}:-0.2]\nset format x '%g x'\n"
      "set ytics ({}) nomirror scale 0\nset grid x lt 1 lc rgb '#dddddd'\nunset key\n"
      "set arrow from 1, graph 0 to 1, graph 1 nohead lw 2 lc rgb '#444444'\n"
      "$ratios << END\n{}END\n"
      "plot $ratios using 1:2:(1):1:($2-0.32):($2+0.32):($4 > 0 ? 0xc0504d : 0x2f7ebc) with boxxyerror fs solid 0.9 lc rgb variable, '' using ($1 > 1 ? $1 : 1):2:3 with labels left offset 0.6,0\n",
      kMargins - kLine * line, label(picture), least, most, line - 0.8, names, data);
}

}  // namespace bench
