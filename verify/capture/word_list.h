// SPDX-License-Identifier: GPL-2.0-or-later
//
// A list of words, written as one text and separated by spaces.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>

#include "host/text.h"

namespace verify::capture {

class WordList {
 public:
  // `words` are in lower case and outlive the list.
  explicit WordList(std::string_view words) {
    for (const std::string_view word : host::split(words, " ")) words_.insert(word);
  }

  // Upper and lower case are the same.
  bool contains(std::string_view word) const { return words_.contains(host::lower(word)); }

 private:
  std::unordered_set<std::string_view> words_;
};

}  // namespace verify::capture
