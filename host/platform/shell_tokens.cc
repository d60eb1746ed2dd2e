// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/platform/shell_tokens.h"

#include <algorithm>

namespace host {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}
bool is_operator(char c) {
  return std::string_view("\n;&|()<>").find(c) != std::string_view::npos;
}
bool is_redirection(const ShellToken& token) {
  return token.is_operator && (token.text[0] == '<' || token.text[0] == '>');
}

}  // namespace

std::optional<ShellToken> ShellTokens::next() {
  for (;;) {
    auto token = read();
    if (!token || !is_redirection(*token)) return token;
    const bool here = token->text == "<<" || token->text == "<<-";
    const auto target = read();
    if (!target || target->is_operator) return broken();
    if (here) here_documents_.push_back(target->text);
  }
}

std::optional<ShellToken> ShellTokens::broken() {
  return broken_ = true, at_ = text_.size(), std::nullopt;
}

void ShellTokens::skip_blanks() {
  while (!at_end() && (is_blank(text_[at_]) || text_.substr(at_, 2) == "\\\n"))
    at_ += text_[at_] == '\\' ? 2 : 1;
  if (!at_end() && text_[at_] == '#') at_ = std::min(text_.find('\n', at_), text_.size());
}

std::optional<ShellToken> ShellTokens::read() {
  skip_blanks();
  if (at_end()) return std::nullopt;
  return is_operator(text_[at_]) ? read_operator() : read_word();
}

std::optional<ShellToken> ShellTokens::read_operator() {
  constexpr std::string_view kLong[] = {";;&", "<<-", ";;", ";&", "&&", "||", "<<",
                                        ">>",  "<&",  ">&", "<>", ">|", "&>"};
  ShellToken token{.text = std::string(1, text_[at_]), .is_operator = true};
  for (const std::string_view longer : kLong)
    if (text_.substr(at_).starts_with(longer)) {
      token.text = longer;
      break;
    }
  if (token.text == "&>") token.text = ">";
  at_ += token.text == ">" && text_[at_] == '&' ? 2 : token.text.size();
  if (token.text == "\n") skip_here_documents();
  return token;
}

void ShellTokens::skip_here_documents() {
  for (const std::string& end : here_documents_)
    while (!at_end()) {
      const size_t size = std::min(text_.find('\n', at_), text_.size()) - at_;
      std::string_view line = text_.substr(at_, size);
      at_ = std::min(at_ + size + 1, text_.size());
      line.remove_prefix(std::min(line.find_first_not_of('\t'), line.size()));
      if (line == end) break;
    }
  here_documents_.clear();
}

std::optional<ShellToken> ShellTokens::read_word() {
  ShellToken word;
  while (!at_end() && !is_blank(text_[at_]) && !is_operator(text_[at_])) {
    const char c = text_[at_];
    const bool was_quoted = c == '\'' || c == '"' || c == '\\';
    word.quoted = word.quoted || was_quoted;
    if (!take(word.text)) return broken();
  }
  // "2>" and "2<": the number belongs to the redirection.
  if (!at_end() && (text_[at_] == '<' || text_[at_] == '>') && !word.quoted &&
      word.text.find_first_not_of("0123456789") == word.text.npos)
    return read_operator();
  return word;
}

bool ShellTokens::take(std::string& word) {
  const char c = text_[at_];
  if (c == '\\') {
    if (at_ + 1 < text_.size() && text_[at_ + 1] != '\n') word += text_[at_ + 1];
    at_ = std::min(at_ + 2, text_.size());
    return true;
  }
  if (c == '\'') {
    const size_t end = text_.find('\'', at_ + 1);
    if (end == text_.npos) return false;
    word += text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return true;
  }
  if (c == '"') return take_double_quoted(word);
  if (c == '`' ||
      (c == '$' && at_ + 1 < text_.size() && (text_[at_ + 1] == '(' || text_[at_ + 1] == '{')))
    return take_expansion(word);
  word += c;
  ++at_;
  return true;
}

bool ShellTokens::take_double_quoted(std::string& word) {
  ++at_;
  while (!at_end() && text_[at_] != '"') {
    if (text_[at_] == '\'') {
      word += text_[at_++];
    } else if (!take(word)) {
      return false;
    }
  }
  if (at_end()) return false;
  ++at_;
  return true;
}

// Reads "${…}", "$(…)" and "`…`", which may contain each other. Their text is not changed.
bool ShellTokens::take_expansion(std::string& word) {
  constexpr size_t kMaxNesting = 100;
  const size_t start = at_;
  std::string open;  // the closing characters that are still expected, the innermost one last
  do {
    const char c = text_[at_];
    if (!open.empty() && c == open.back()) {
      open.pop_back();
      ++at_;
    } else if (c == '`') {
      open += '`';
      ++at_;
    } else if (c == '$' && text_.substr(at_ + 1, 1) == "(") {
      open += ')';
      at_ += 2;
    } else if (c == '(' && open.back() == ')') {
      open += ')';
      ++at_;
    } else if (c == '$' && text_.substr(at_ + 1, 1) == "{") {
      open += '}';
      at_ += 2;
    } else if (c == '\'' && open.back() != '"') {
      at_ = text_.find('\'', at_ + 1);
      if (at_ == text_.npos) return at_ = text_.size(), false;
      ++at_;
    } else if (c == '"') {
      open += '"';
      ++at_;
    } else {
      at_ += c == '\\' ? 2 : 1;
    }
    if (open.size() > kMaxNesting) return false;
  } while (!open.empty() && !at_end());
  word += text_.substr(start, at_ - start);
  return open.empty();
}

}  // namespace host
