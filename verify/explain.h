// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a person reads about the checks: --list-checks.
#pragma once

#include <string>
#include <string_view>

namespace verify {

// Every check with its question, one in a line.
std::string check_list();

// Text with the markup of scdoc(5) without that markup.
std::string without_markup(std::string_view text);

}  // namespace verify
