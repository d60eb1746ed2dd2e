// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a person reads about the checks: --list-checks, and `explain`.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace verify {

// Every check with its question, one in a line.
std::string check_list();

// Without markup.
struct Explanation {
  std::string question;
  std::vector<std::string> blocks;  // paragraphs, and items of lists that begin with "- "
};
std::optional<Explanation> explanation_of(std::string_view id);  // nullopt: no check has this id

// Question and explanation of a check for a terminal; "": no check has this id.
std::string explanation_text(std::string_view id);

// Text with the markup of scdoc(5) without that markup.
std::string without_markup(std::string_view text);

}  // namespace verify
