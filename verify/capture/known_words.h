// SPDX-License-Identifier: GPL-2.0-or-later
//
// Words that do not identify a machine or its owner. A name that people choose (of a section or a
// file) is kept only if it consists of such words. Such a word is also never taken for a secret,
// although a machine may be called "vfio" or "amd".
#pragma once

#include <string_view>

namespace verify::capture {

bool is_known_word(std::string_view word);

// Is `text` a part of one of them: "inte" of "intel"? To replace it within words would damage them.
bool is_within_known_word(std::string_view text);

// Are all words of `name` known ones, or numbers of at most four digits, or models ("rtx3080")?
// Letters and digits make a word, everything else separates.
bool has_only_known_words(std::string_view name);

// Is it a word of a distribution's, a card's or a kernel's name, or a version or a model?
bool is_word_of_product(std::string_view word);

}  // namespace verify::capture
