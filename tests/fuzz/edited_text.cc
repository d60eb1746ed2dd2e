// SPDX-License-Identifier: GPL-2.0-or-later
//
// A change that is taken back from an edited text: the input has the texts before and after the
// change, and the edited one, separated by null characters.
#include "early/enable/edited_text.h"

#include "tests/fuzz/target.h"

namespace fuzz {
namespace {

using namespace early::enable;

std::vector<std::string> samples() {
  using namespace std::string_literals;
  return {"a\n\0a\nours\n\0a\nours\nmore\n"s,
          "a\n\0a\nours\n\0b\n"s,
          "a\0a x\0a x\n"s,
          "L=\"quiet\"\n\0L=\"quiet x=on\"\n\0L=\"quiet x=on\"\nT=1\n"s,
          "\0# ours\n[card]\n\0# ours\n"s,
          "a\nb\nc\n\0001\na\nb\nc\n2\n\0001\na\nB\nc\n"s};
}

std::string next_text(std::string_view& bytes) {
  const size_t end = bytes.find('\0');
  std::string text(bytes.substr(0, end));
  bytes.remove_prefix(end == bytes.npos ? bytes.size() : end + 1);
  return text;
}

void check(const std::optional<std::string>& before, const std::string& after,
           const std::string& edited) {
  const UndoneEdit undone = undo_in_edited(before, after, edited);
  if (undone.found == Found::kAmbiguous) return require(!undone.text);
  require(undone.text || !before);  // a file of the user is never removed
  if (undone.found == Found::kNothing && undone.text) require(*undone.text == edited);
}

void parse(std::string_view bytes) {
  const std::string before = next_text(bytes), after = next_text(bytes), edited = next_text(bytes);
  check(before, after, edited);
  check(std::nullopt, after, edited);
  // An unedited file loses all of the change, except for the end of its last line.
  const UndoneEdit undone = undo_in_edited(before, after, after);
  if (undone.found == Found::kLines) require(undone.text.has_value());
}

const Target kTarget("edited_text", samples, parse);

}  // namespace
}  // namespace fuzz
