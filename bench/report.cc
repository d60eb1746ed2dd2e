// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/report.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace bench {
namespace {

// Three digits that count: "0.998", "27.1", "3184".
std::string digits(double value) {
  if (value >= 100) return fmt::format("{:.0f}", value);
  return fmt::format("{:.3g}", value);
}

std::string cell(const std::optional<Figure>& figure, Unit unit) {
  if (!figure) return "-";
  const std::string text = digits(figure->median) + " " + symbol(unit);
  return figure->spread > 0 ? fmt::format("{} ± {:.1f} %", text, figure->spread * 100) : text;
}

std::string times(const Row& row) {
  const auto ratio = row.ratio();
  return ratio ? digits(*ratio) + " x" : "-";
}

void add_table(std::string& text, const std::vector<Row>& rows, const std::string& pair) {
  const size_t equals = pair.find('=');
  text += fmt::format("\n## {} against an emulated {}\n\n", pair.substr(0, equals),
                      pair.substr(equals + 1));
  constexpr const char* kLine = "| {:<26} | {:>18} | {:>18} | {:>8} |\n";
  text += fmt::format(kLine, "", "passed through", "emulated", "speed");
  text += "|:---|---:|---:|---:|\n";
  for (const Row& row : rows)
    if (row.pair == pair)
      text += fmt::format(kLine, row.metric->title, cell(row.passed_through, row.metric->unit),
                          cell(row.emulated, row.metric->unit), times(row));
}

// What gnuplot takes for text.
std::string label(const std::string& text) {
  std::string safe;
  for (const char c : text)
    if (c != '"' && c != '\\') safe += c;
  return '"' + safe + '"';
}

}  // namespace

std::string as_markdown(const Results& results) {
  const std::vector<Row> rows = compare(results);
  std::string text =
      "# Passed through against emulated\n\nSpeed: how many times as quick the card is when it is "
      "passed through. Figures are medians;\n± is half of the range, where there was more than one "
      "round.\n";
  for (const Interrupts& count : count_interrupts(results)) {
    add_table(text, rows, count.pair);
    text += fmt::format(
        "\nInterrupts of the card, counted by the guest: {:.0f} passed through, "
        "{:.0f} emulated.\n",
        count.passed_through, count.emulated);
  }
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
  std::string text = "pair,metric,unit,passed_through,spread,emulated,spread,ratio\n";
  for (const Row& row : rows)
    text += fmt::format("\"{}\",{},{},{},{},{}\n", row.pair, row.metric->name,
                        symbol(row.metric->unit), field(row.passed_through), field(row.emulated),
                        row.ratio() ? fmt::format("{}", *row.ratio()) : "");
  return text;
}

std::string as_gnuplot(const std::vector<Row>& rows, const std::string& picture) {
  constexpr int kBar = 26, kMargins = 130;  // pixels
  std::vector<Row> drawn;
  std::copy_if(rows.begin(), rows.end(), std::back_inserter(drawn),
               [](const Row& row) { return row.ratio().has_value(); });
  double least = 0.5, most = 2;
  std::string data, names;
  for (size_t i = 0; i < drawn.size(); ++i) {
    const Row& row = drawn[i];
    const double ratio = *row.ratio();
    least = std::min(least, ratio / 1.5), most = std::max(most, ratio * 2.5);
    const size_t y = drawn.size() - i;
    const std::string card = row.pair.substr(row.pair.find('=') + 1);
    names += fmt::format("{}{} {}", i ? ", " : "", label(row.metric->title + (", " + card)), y);
    data += fmt::format("{} {} {} {}\n", ratio, y, label(times(row)), ratio < 0.98 ? 1 : 0);
  }
  return fmt::format(
      "set terminal svg noenhanced size 860,{} font 'sans-serif,13' background rgb 'white'\n"
      "set output {}\n"
      "set title 'Speed of a card passed through, the emulated card being 1'\n"
      "set logscale x 2\nset xrange [{}:{}]\nset yrange [0.3:{}]\nset format x '%g x'\n"
      "set ytics ({}) nomirror\nset grid x lt 1 lc rgb '#dddddd'\nunset key\n"
      "set arrow from 1, graph 0 to 1, graph 1 nohead lw 2 lc rgb '#444444'\n"
      "$ratios << END\n{}END\n"
      "plot $ratios using 1:2:(1):1:($2-0.32):($2+0.32):($4 > 0 ? 0xc0504d : 0x2f7ebc) "
      "with boxxyerror fs solid 0.9 lc rgb variable, "
      "'' using ($1 > 1 ? $1 : 1):2:3 with labels left offset 0.6,0\n",
      kMargins + kBar * static_cast<int>(drawn.size()), label(picture), least, most,
      static_cast<double>(drawn.size()) + 0.7, names, data);
}

}  // namespace bench
