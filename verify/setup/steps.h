// SPDX-License-Identifier: GPL-2.0-or-later
//
// The numbered steps of `setup`, and how their text is laid out.
#pragma once

#include <string>
#include <string_view>

#include "verify/check/remedy.h"

namespace verify {

class Steps {
 public:
  void add(const std::string& what, const std::string& text);
  // Adds the text to the last step.
  void append(const std::string& text) { text_ += text; }
  const std::string& text() const { return text_; }

 private:
  int number_ = 0;
  std::string text_;
};

// Text to copy, which is not wrapped.
std::string indented(std::string_view lines);

// A wrapped paragraph.
std::string sentence(std::string_view text);

std::string remedy_text(const Remedy& remedy);

}  // namespace verify
