// SPDX-License-Identifier: GPL-2.0-or-later
//
// Text in XML and HTML.
#pragma once

#include <string>
#include <string_view>

namespace verify {

// host::printable() of `text`, escaped for the content of an element and for the value of an
// attribute in double quotes. A line feed becomes "&#10;": XML parsers replace a line break in a
// value with a blank.
std::string escaped(std::string_view text);

}  // namespace verify
