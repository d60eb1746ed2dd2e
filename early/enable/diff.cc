// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/enable/diff.h"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include "host/printable.h"
#include "host/text.h"

namespace early::enable {
namespace {

using Lines = std::vector<std::string_view>;

constexpr size_t kContext = 3;

// Entries of the table of common lines, 4 bytes each. Files that need more are shown as replaced as
// a whole.
constexpr size_t kMaxTable = size_t{4} << 20;

struct Edit {
  char sign;  // ' ', '-', '+'
  std::string_view line;
};

size_t common_prefix(const Lines& a, const Lines& b) {
  return static_cast<size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first -
                             a.begin());
}

void add(std::vector<Edit>& edits, char sign, const Lines& lines, size_t begin, size_t end) {
  for (size_t i = begin; i < end; ++i) edits.push_back({sign, lines[i]});
}

// The longest common subsequence of a part of both texts.
class CommonLines {
 public:
  CommonLines(const Lines& a, const Lines& b, size_t begin, size_t a_end, size_t b_end)
      : a_(a), b_(b), begin_(begin), a_end_(a_end), b_end_(b_end), width_(b_end - begin + 1) {
    if ((a_end - begin + 1) * width_ > kMaxTable) return;
    lengths_.resize((a_end - begin + 1) * width_);
    for (size_t i = a_end; i-- > begin;)
      for (size_t j = b_end; j-- > begin;)
        length(i, j) =
            a[i] == b[j] ? length(i + 1, j + 1) + 1 : std::max(length(i + 1, j), length(i, j + 1));
  }

  void add_edits(std::vector<Edit>& edits) {
    size_t i = begin_, j = begin_;
    while (!lengths_.empty() && i < a_end_ && j < b_end_) {
      if (a_[i] == b_[j]) {
        edits.push_back({' ', a_[i++]});
        ++j;
      } else if (length(i + 1, j) >= length(i, j + 1)) {
        edits.push_back({'-', a_[i++]});
      } else {
        edits.push_back({'+', b_[j++]});
      }
    }
    add(edits, '-', a_, i, a_end_);
    add(edits, '+', b_, j, b_end_);
  }

 private:
  uint32_t& length(size_t i, size_t j) { return lengths_[(i - begin_) * width_ + (j - begin_)]; }

  const Lines &a_, &b_;
  size_t begin_, a_end_, b_end_, width_;
  std::vector<uint32_t> lengths_;  // of the common lines from (i, j) to the end
};

std::vector<Edit> edits_of(const Lines& a, const Lines& b) {
  const size_t prefix = common_prefix(a, b);
  size_t suffix = 0;
  while (suffix < std::min(a.size(), b.size()) - prefix &&
         a[a.size() - suffix - 1] == b[b.size() - suffix - 1])
    ++suffix;
  std::vector<Edit> edits;
  add(edits, ' ', a, 0, prefix);
  CommonLines(a, b, prefix, a.size() - suffix, b.size() - suffix).add_edits(edits);
  add(edits, ' ', a, a.size() - suffix, a.size());
  return edits;
}

// printable() with tabs.
std::string shown(std::string_view line) {
  std::string text;
  for (;;) {
    const size_t tab = line.find('\t');
    text += host::printable(line.substr(0, tab));
    if (tab == line.npos) return text;
    text += '\t';
    line.remove_prefix(tab + 1);
  }
}

std::string shown(const Edit& edit) {
  const std::string text = edit.sign + shown(edit.line);
  return edit.line.ends_with('\n') ? text : text + "\n\\ No newline at end of file\n";
}

// "12,7": the first line and the number of lines. An empty range begins after line 0 or more.
std::string range(size_t lines_before, size_t count) {
  const size_t first = count == 0 ? lines_before : lines_before + 1;
  return std::to_string(first) + (count == 1 ? "" : "," + std::to_string(count));
}

class Hunks {
 public:
  explicit Hunks(const std::vector<Edit>& edits) : edits_(edits) {}

  std::string str() {
    std::string text;
    for (size_t next = next_change(0); next < edits_.size();) {
      const size_t begin = next - std::min(next, kContext);
      const size_t end = end_of_hunk(next);
      text += hunk(begin, end);
      next = next_change(end);
    }
    return text;
  }

 private:
  size_t next_change(size_t from) const {
    while (from < edits_.size() && edits_[from].sign == ' ') ++from;
    return from;
  }

  // Changes with at most six lines between them are in the same hunk: their context touches.
  size_t end_of_hunk(size_t change) const {
    for (;;) {
      size_t end = change;
      while (end < edits_.size() && edits_[end].sign != ' ') ++end;
      change = next_change(end);
      if (change == edits_.size() || change - end > 2 * kContext)
        return std::min(end + kContext, edits_.size());
    }
  }

  size_t count(size_t begin, size_t end, char sign) const {
    return static_cast<size_t>(
        std::count_if(edits_.begin() + static_cast<ptrdiff_t>(begin),
                      edits_.begin() + static_cast<ptrdiff_t>(end),
                      [&](const Edit& edit) { return edit.sign == ' ' || edit.sign == sign; }));
  }

  std::string hunk(size_t begin, size_t end) const {
    std::string text = "@@ -" + range(count(0, begin, '-'), count(begin, end, '-')) + " +" +
                       range(count(0, begin, '+'), count(begin, end, '+')) + " @@\n";
    for (size_t i = begin; i < end; ++i) text += shown(edits_[i]);
    return text;
  }

  const std::vector<Edit>& edits_;
};

std::string name_line(const char* sign, std::string file, bool exists) {
  std::replace(file.begin(), file.end(), '\n', '?');
  return sign + (exists ? shown(file) : "/dev/null") + "\n";
}

}  // namespace

std::vector<Replacement> replacements(const Lines& a, const Lines& b) {
  std::vector<Replacement> all;
  bool joins = false;
  for (const Edit& edit : edits_of(a, b)) {
    if (edit.sign != ' ' && !joins) all.emplace_back();
    joins = edit.sign != ' ';
    if (joins) (edit.sign == '-' ? all.back().removed : all.back().added).push_back(edit.line);
  }
  return all;
}

std::string unified_diff(const std::string& file, const std::optional<std::string>& before,
                         const std::optional<std::string>& after) {
  if (before == after) return {};
  const std::string a = before.value_or(""), b = after.value_or("");
  // With their ends, so that a last line without one differs.
  const Lines lines_a = host::whole_lines(a), lines_b = host::whole_lines(b);
  return name_line("--- ", file, before.has_value()) + name_line("+++ ", file, after.has_value()) +
         Hunks(edits_of(lines_a, lines_b)).str();
}

}  // namespace early::enable
