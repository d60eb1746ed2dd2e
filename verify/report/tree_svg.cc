// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/report/tree_svg.h"

#include <algorithm>

#include <fmt/format.h>

#include "host/text.h"
#include "verify/output/markup.h"
#include "verify/output/wrapped.h"
#include "verify/report/text_parts.h"

namespace verify {
namespace {

constexpr int kGutter = 84;  // the column of the groups
constexpr int kStep = 18;    // for each level
constexpr int kRow = 38, kShortRow = 26;
constexpr int kTitleWidth = 8, kDetailWidth = 7;  // at most, of a character
// In bytes: a character outside of ASCII has at least as many as columns.
constexpr size_t kMostInTitle = 60, kMostInDetail = 64;
constexpr int kPadding = 8;
constexpr int kTitleLine = 15,
              kDetailLine = 30;              // the lines of text, below the upper edge of a row
constexpr std::string_view kCard = "card ";  // marks a function of a card

std::string other_devices(size_t number) {
  return fmt::format("{} other device{}", number, number == 1 ? "" : "s");
}

std::string title_of(const TreeRow& row) {
  if (row.others > 0) return other_devices(row.others);
  std::vector<std::string> words = {row.address};
  if (!row.kind.empty()) words.push_back(row.kind);
  words.push_back(row.driver.empty() ? "no driver" : row.driver);
  std::string title = shortened(one_line(host::join(words, " ")), kMostInTitle);
  return row.card.empty() ? title : std::string(kCard) + title;
}

RowLayout row_layout(const TreeRow& row, int y) {
  RowLayout layout{.x = kGutter + kStep * static_cast<int>(row.depth) + kPadding,
                   .y = y,
                   .height = row.others > 0 ? kShortRow : kRow,
                   .title = title_of(row),
                   .detail = shortened(one_line(row.detail), kMostInDetail)};
  layout.width = std::max(kTitleWidth * static_cast<int>(layout.title.size()),
                          kDetailWidth * static_cast<int>(layout.detail.size()));
  return layout;
}

// "group 14", in the first column.
std::string group_label(const TreeRow& row, const RowLayout& layout) {
  const int y = layout.y + kRow / 2;
  if (!row.group)
    return fmt::format("<text class=\"muted small\" x=\"4\" y=\"{}\">no group</text>", y + 4);
  const std::string words = fmt::format("group {}", *row.group);
  return fmt::format(
      "<rect class=\"g{}\" x=\"0\" y=\"{}\" width=\"{}\" height=\"20\" rx=\"4\"/>"
      "<text class=\"on-group small\" x=\"6\" y=\"{}\">{}</text>",
      row.colour, y - 10, 12 + kDetailWidth * static_cast<int>(words.size()), y + 4, words);
}

// From the port above: down, then to the right.
std::string line_from_parent(const TreeRow& row, const TreeLayout& layout, const RowLayout& own) {
  if (!row.parent) return {};
  const RowLayout& parent = layout.rows[*row.parent];
  return fmt::format("<path class=\"line\" d=\"M{}.5 {}.5V{}.5H{}\"/>", parent.x + 2,
                     parent.y + parent.height - 4, own.y + own.height / 2, own.x - kPadding);
}

// The row in one sentence, for a pointer and for a screen reader.
std::string row_sentence(const TreeRow& row) {
  std::vector<std::string> parts = {row.address};
  if (!row.kind.empty()) parts.push_back(row.kind);
  parts.push_back(row.driver.empty() ? "no driver" : "driver " + row.driver);
  parts.push_back(row.group ? fmt::format("group {}", *row.group) : "no group");
  if (!row.detail.empty()) parts.push_back(row.detail);
  if (!row.card.empty()) parts.push_back("card " + row.card);
  return host::join(parts, ", ");
}

std::string outline(const RowLayout& layout) {
  return fmt::format("<rect class=\"card\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"6\"/>",
                     layout.x - kPadding + 1, layout.y + 1, layout.width + 2 * kPadding - 2,
                     layout.height - 3);
}

std::string title_text(const TreeRow& row, const RowLayout& layout) {
  std::string_view title = layout.title;
  std::string mark;
  if (!row.card.empty()) {
    title.remove_prefix(kCard.size());
    mark = fmt::format("<tspan class=\"word\">{}</tspan>", kCard);
  }
  return fmt::format("<text x=\"{}\" y=\"{}\">{}{}</text>", layout.x, layout.y + kTitleLine, mark,
                     escaped(title));
}

std::string draw(const TreeRow& row, const TreeLayout& layout, const RowLayout& own) {
  std::string out = line_from_parent(row, layout, own);
  if (row.others > 0)
    return "<g>" + out +
           fmt::format("<text class=\"muted\" x=\"{}\" y=\"{}\">{}</text></g>\n", own.x,
                       own.y + kTitleLine, escaped(own.title));
  out += group_label(row, own);
  if (!row.card.empty()) out += outline(own);
  out += title_text(row, own);
  if (!own.detail.empty())
    out += fmt::format("<text class=\"small {}\" x=\"{}\" y=\"{}\">{}</text>",
                       row.isolates ? "muted" : "warn", own.x, own.y + kDetailLine,
                       escaped(own.detail));
  return "<g><title>" + escaped(row_sentence(row)) + "</title>" + out + "</g>\n";
}

}  // namespace

TreeLayout layout_of(const Tree& tree) {
  TreeLayout layout;
  for (const TreeRow& row : tree.rows) {
    layout.rows.push_back(row_layout(row, layout.height));
    layout.height += layout.rows.back().height;
    layout.width =
        std::max(layout.width, layout.rows.back().x + layout.rows.back().width + 2 * kPadding);
  }
  return layout;
}

std::string tree_svg(const Tree& tree) {
  const TreeLayout layout = layout_of(tree);
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" width=\"{0}\" height=\"{1}\" "
      "viewBox=\"0 0 {0} {1}\" aria-label=\"PCI functions as a tree: {2} drawn, {3}\">\n",
      layout.width, layout.height, tree.functions, other_devices(tree.others));
  for (size_t i = 0; i < tree.rows.size(); ++i) out += draw(tree.rows[i], layout, layout.rows[i]);
  return out + "</svg>\n";
}

}  // namespace verify
