// SPDX-License-Identifier: GPL-2.0-or-later
//
// Takes a change back from a text that was edited since: a merge by lines. Pure.
#pragma once

#include <optional>
#include <string>

namespace early::enable {

enum class Found {
  kLines,      // the lines of the change are there once, as they were written
  kNothing,    // the change was taken back by hand
  kAmbiguous,  // a part of it may be there: a line was edited, or is there twice
};

struct UndoneEdit {
  Found found = Found::kNothing;
  // kLines, kNothing: the text without the change. No text: only comments of the change are left
  // of a file that it created.
  std::optional<std::string> text;
};

// `before` and `after` the change: no text if the file did not exist. `edited`: the text now.
UndoneEdit undo_in_edited(const std::optional<std::string>& before,
                          const std::optional<std::string>& after,
                          const std::optional<std::string>& edited);

}  // namespace early::enable
