// SPDX-License-Identifier: GPL-2.0-or-later
//
// The style of the page of --format html.
#pragma once

#include <string_view>

namespace verify {

// CSS for the element <style>, without '<' and '&'. It loads nothing. The colours of text are
// variables of :root, once for a light and once for a dark scheme; each has a contrast of at
// least 4.5 to its background (WCAG 2.1, 1.4.3).
std::string_view page_style();

}  // namespace verify
