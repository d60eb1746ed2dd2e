// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/enable/edited_text.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "early/enable/diff.h"
#include "early/enable/parameter_edits.h"
#include "host/text.h"

namespace early::enable {
namespace {

using Lines = std::vector<std::string_view>;

std::string joined(const Lines& lines, bool ends_line) {
  std::string text;
  for (const std::string_view line : lines) text.append(line).append("\n");
  if (!text.empty() && !ends_line) text.pop_back();
  return text;
}

bool is_comment(std::string_view line) {
  line = host::trim(line);
  return line.empty() || line.starts_with('#');
}

bool has_line(const Lines& lines, std::string_view wanted) {
  return std::find(lines.begin(), lines.end(), wanted) != lines.end();
}

bool has_word_in(const Lines& lines, std::string_view word) {
  return std::any_of(lines.begin(), lines.end(),
                     [&](std::string_view line) { return has_word(line, word); });
}

// Where `block` begins in `lines`, each time.
std::vector<size_t> places_of(const Lines& block, const Lines& lines) {
  std::vector<size_t> places;
  for (auto at = lines.begin();; ++at) {
    at = std::search(at, lines.end(), block.begin(), block.end());
    if (at == lines.end()) return places;
    places.push_back(static_cast<size_t>(at - lines.begin()));
  }
}

// The words that the change added with this line. `old`: the lines that it replaced.
Lines added_words(std::string_view line, const Lines& old) {
  Lines words;
  for (const std::string_view word : host::split(line, " \t\r\"'"))
    if (!has_word_in(old, word)) words.push_back(word);
  return words;
}

// Does one of the lines have all that `line` added? It may have been edited otherwise.
bool has_rest_of(std::string_view line, const Lines& old, const Lines& edited) {
  if (is_comment(line)) return false;
  const Lines words = added_words(line, old);
  if (words.empty()) return has_line(edited, line);
  return std::any_of(edited.begin(), edited.end(), [&](std::string_view each) {
    return !is_comment(each) && std::all_of(words.begin(), words.end(), [&](std::string_view word) {
      return has_word(each, word);
    });
  });
}

// One replacement: the lines `ours` go, and `old` come back.
Found undo_lines(const Lines& ours, const Lines& old, const Lines& after, Lines& edited) {
  if (ours.empty()) return Found::kAmbiguous;  // where the old lines belong is not certain
  const auto places = places_of(ours, edited);
  if (places.size() == 1 && places_of(ours, after).size() == 1) {
    const auto at = edited.begin() + static_cast<ptrdiff_t>(places.front());
    const auto rest = edited.erase(at, at + static_cast<ptrdiff_t>(ours.size()));
    edited.insert(rest, old.begin(), old.end());
    return Found::kLines;
  }
  const bool has_rest = std::any_of(ours.begin(), ours.end(), [&](std::string_view line) {
    return has_rest_of(line, old, edited);
  });
  return has_rest ? Found::kAmbiguous : Found::kNothing;
}

}  // namespace

UndoneEdit undo_in_edited(const std::optional<std::string>& before,
                          const std::optional<std::string>& after,
                          const std::optional<std::string>& edited) {
  if (!after) return {Found::kAmbiguous, {}};  // the change removed a file, which is there again
  if (!edited) return {Found::kNothing, {}};
  const std::string old_text = before.value_or("");
  // Without their ends: editors add one to the last line.
  const Lines old = host::lines(old_text), ours = host::lines(*after);
  Lines lines = host::lines(*edited);
  UndoneEdit undone;
  for (const Replacement& each : replacements(ours, old)) {
    const Found found = undo_lines(each.removed, each.added, ours, lines);
    if (found == Found::kAmbiguous) return {found, {}};
    if (found == Found::kLines) undone.found = found;
  }
  const bool is_left_over =
      !before && std::all_of(lines.begin(), lines.end(), [&](std::string_view line) {
        return host::trim(line).empty() || (is_comment(line) && has_line(ours, line));
      });
  if (!is_left_over) undone.text = joined(lines, edited->ends_with('\n'));
  return undone;
}

}  // namespace early::enable
