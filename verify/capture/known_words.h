// SPDX-License-Identifier: GPL-2.0-or-later
//
// Words that do not identify a machine or its owner. A name that people choose (of a section or a
// file) is kept only if it consists of such words. Such a word is never treated as a secret, even
// if the machine's name is "vfio" or "amd".
#pragma once

#include <string_view>

namespace verify::capture {

// Is `text` a part of a known word: "inte" of "intel"? Replacing it within words would damage them.
bool is_within_known_word(std::string_view text);

// Are all words of `name` known words, numbers of at most four digits, or models ("rtx3080")? A
// word consists of letters, digits and non-ASCII characters; all other characters are separators.
bool has_only_known_words(std::string_view name);

// Is it a word in the name of a distribution, a card or a kernel, or a version or a model?
bool is_word_of_product(std::string_view word);

}  // namespace verify::capture
