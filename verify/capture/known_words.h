// SPDX-License-Identifier: GPL-2.0-or-later
//
// Words that say nothing of whose machine it is: of names that people choose (sections, files),
// only those made of such words are kept. A word of this list is also never taken for a secret,
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

}  // namespace verify::capture
