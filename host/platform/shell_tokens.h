// SPDX-License-Identifier: GPL-2.0-or-later
//
// The words and operators of a shell script (POSIX.1-2017, 2.3).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace host {

struct ShellToken {
  std::string text;          // of a word: without quotes
  bool is_operator = false;  // "\n" is one
  bool quoted = false;       // a part of it is quoted
};

// Omits redirections with their targets, here-documents and comments.
class ShellTokens {
 public:
  explicit ShellTokens(std::string_view text) : text_(text) {}

  // nullopt: the end of the text, or a syntax error.
  std::optional<ShellToken> next();
  // Syntax error: a quote, an expansion or a redirection has no end.
  bool is_broken() const { return broken_; }
  // Is the next character "(", without a blank before it? So an array of bash begins.
  bool at_parenthesis() const { return !at_end() && text_[at_] == '('; }

 private:
  std::optional<ShellToken> broken();
  bool at_end() const { return at_ >= text_.size(); }
  void skip_blanks();
  void skip_here_documents();
  std::optional<ShellToken> read();
  std::optional<ShellToken> read_operator();
  std::optional<ShellToken> read_word();
  // Reads one character, or the quote or expansion that begins with it. False: it has no end.
  bool take(std::string& word);
  bool take_double_quoted(std::string& word);
  bool take_expansion(std::string& word);

  std::string_view text_;
  size_t at_ = 0;
  bool broken_ = false;
  std::vector<std::string> here_documents_;
};

}  // namespace host
