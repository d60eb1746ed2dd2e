// SPDX-License-Identifier: GPL-2.0-or-later
//
// Messages of programs and of the kernel, cut into words. A word is kept only if it is in the
// vocabulary (vocabulary.h) or a known word (known_words.h), or has the form of a number, an
// address or an id that such messages contain.
#pragma once

#include <string>
#include <string_view>

#include "verify/capture/anonymiser.h"

namespace verify::capture {

// Are all its words kept?
bool is_plain_message(std::string_view text);

// The message with a placeholder for each word that is not kept. Placeholders stay.
std::string kept_message(std::string_view text, Anonymiser& anonymiser);

}  // namespace verify::capture
