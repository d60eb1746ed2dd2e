// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/shell_script.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

namespace verify {
namespace {

struct Token {
  std::string text;          // of a word: without quotes
  bool is_operator = false;  // "\n" is one
  bool quoted = false;       // something in it is
};

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> some) {
  return std::find(some.begin(), some.end(), text) != some.end();
}

// Cuts a script into words and operators. Redirections are left out, with their targets.
class Tokens {
 public:
  explicit Tokens(std::string_view text) : text_(text) {}

  // nullopt: the end.
  std::optional<Token> next() {
    for (;;) {
      auto token = read();
      if (!token || !is_redirection(*token)) return token;
      const bool here = token->text == "<<" || token->text == "<<-";
      const auto target = read();
      if (!target || target->is_operator) return broken();
      if (here) here_documents_.push_back(target->text);
    }
  }

  bool is_broken() const { return broken_; }

 private:
  static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
  static bool is_operator(char c) {
    return std::string_view("\n;&|()<>").find(c) != std::string_view::npos;
  }
  static bool is_redirection(const Token& token) {
    return token.is_operator && (token.text[0] == '<' || token.text[0] == '>');
  }

  std::optional<Token> broken() { return broken_ = true, at_ = text_.size(), std::nullopt; }
  bool at_end() const { return at_ >= text_.size(); }

  void skip_blanks() {
    while (!at_end() && (is_blank(text_[at_]) || text_.substr(at_, 2) == "\\\n"))
      at_ += text_[at_] == '\\' ? 2 : 1;
    if (!at_end() && text_[at_] == '#') at_ = std::min(text_.find('\n', at_), text_.size());
  }

  std::optional<Token> read() {
    skip_blanks();
    if (at_end()) return std::nullopt;
    return is_operator(text_[at_]) ? read_operator() : read_word();
  }

  std::optional<Token> read_operator() {
    constexpr std::string_view kLong[] = {";;&", "<<-", ";;", ";&", "&&", "||", "<<",
                                          ">>",  "<&",  ">&", "<>", ">|", "&>"};
    Token token{.text = std::string(1, text_[at_]), .is_operator = true};
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

  void skip_here_documents() {
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

  std::optional<Token> read_word() {
    Token word;
    while (!at_end() && !is_blank(text_[at_]) && !is_operator(text_[at_])) {
      const char c = text_[at_];
      const bool was_quoted = c == '\'' || c == '"' || c == '\\';
      word.quoted = word.quoted || was_quoted;
      if (!take(word.text)) return broken();
    }
    // "2>" and "<": the number belongs to the redirection.
    if (!at_end() && (text_[at_] == '<' || text_[at_] == '>') && !word.quoted &&
        word.text.find_first_not_of("0123456789") == word.text.npos)
      return read_operator();
    return word;
  }

  // One character, or what begins with it. False: it has no end.
  bool take(std::string& word) {
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
        (c == '$' && at_ + 1 < text_.size() && is_one_of(text_.substr(at_ + 1, 1), {"(", "{"})))
      return take_expansion(word);
    word += c;
    ++at_;
    return true;
  }

  bool take_double_quoted(std::string& word) {
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

  // "${…}", "$(…)", "`…`", which may contain each other. They are kept as they are.
  bool take_expansion(std::string& word) {
    constexpr size_t kMostNested = 100;
    const size_t start = at_;
    std::string open;  // the ends that are still missing, the innermost last
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
      if (open.size() > kMostNested) return false;
    } while (!open.empty() && !at_end());
    word += text_.substr(start, at_ - start);
    return open.empty();
  }

  std::string_view text_;
  size_t at_ = 0;
  bool broken_ = false;
  std::vector<std::string> here_documents_;
};

bool is_assignment(const Token& token) {
  const size_t equals = token.text.find('=');
  if (equals == token.text.npos || equals == 0) return false;
  std::string_view name = std::string_view(token.text).substr(0, equals);
  if (name.ends_with('+')) name.remove_suffix(1);
  return !name.empty() && std::all_of(name.begin(), name.end(),
                                      [](unsigned char c) { return std::isalnum(c) || c == '_'; });
}

class Parser {
 public:
  explicit Parser(std::string_view text) : tokens_(text) {}

  ShellScript parse() {
    while (const auto token = tokens_.next()) {
      if (script_.commands.size() > kMost || frames_.size() > kMostNested) return fail(), script_;
      token->is_operator ? take_operator(token->text) : take_word(*token);
    }
    end_command("\n");
    if (!frames_.empty() || tokens_.is_broken() || !pending_.empty()) fail();
    return std::move(script_);
  }

 private:
  // Commands, and compound commands in each other: far more than any init has. Each command is
  // compared with all that it is in.
  static constexpr size_t kMost = 100'000, kMostNested = 100;
  enum class Kind { kIf, kLoop, kCase, kGroup, kSubshell, kFunction };
  struct Frame {
    Kind kind;
    std::string name;      // of a function
    std::string guard;     // of an if
    bool pattern = false;  // of a case: a pattern comes next
  };
  // What a word means in the middle of a command.
  enum class State { kCommand, kArguments, kAfterCompound, kFor, kCase, kFunctionName, kTest };

  void fail() { script_.complete = false; }

  bool in_pattern() const { return !frames_.empty() && frames_.back().pattern; }

  void take_word(const Token& token) {
    const std::string& word = token.text;
    if (in_pattern()) {
      if (word == "esac" && !token.quoted) close(Kind::kCase);
      return;
    }
    switch (state_) {
      case State::kAfterCompound:
        if (!token.quoted &&
            is_one_of(word, {"then", "else", "elif", "do", "fi", "done", "esac", "}"}))
          (void)take_reserved(word);
        return;
      case State::kCase:
        if (word == "in" && !words_.empty())
          begin_patterns();
        else
          words_.push_back(word);
        return;
      case State::kFunctionName:
        pending_ = word;
        has_parentheses_ = false;
        state_ = State::kCommand;
        return;
      case State::kTest:
        if (word == "]]") state_ = State::kArguments;
        return;
      case State::kArguments:
      case State::kFor:
        words_.push_back(word);
        return;
      case State::kCommand:
        if (token.quoted || !take_reserved(word)) begin_command(token);
    }
  }

  void begin_patterns() {
    words_.clear();
    frames_.back().pattern = true;
    state_ = State::kCommand;
  }

  void begin_command(const Token& token) {
    if (!pending_.empty()) fail();  // a function whose body is not a group
    if (is_assignment(token)) return assignments_.push_back(token.text);
    words_.push_back(token.text);
    state_ = State::kArguments;
  }

  // False: it is no reserved word.
  bool take_reserved(const std::string& word) {
    if (word == "!") return negated_ = true, true;
    if (is_one_of(word, {"then", "else", "elif", "do", "time"}))
      return state_ = State::kCommand, true;
    if (word == "{" && !pending_.empty()) return open_function(), true;
    if (word == "{") return open(Kind::kGroup), true;
    if (word == "if") return open(Kind::kIf), true;
    if (is_one_of(word, {"while", "until"})) return open(Kind::kLoop), true;
    if (is_one_of(word, {"for", "select"}))
      return open(Kind::kLoop, State::kFor), words_.push_back(word), true;
    if (word == "case") return open(Kind::kCase, State::kCase), true;
    if (word == "function") return state_ = State::kFunctionName, true;
    if (word == "[[") return words_.push_back(word), state_ = State::kTest, true;
    if (word == "fi") return close(Kind::kIf), true;
    if (word == "done") return close(Kind::kLoop), true;
    if (word == "esac") return close(Kind::kCase), true;
    if (word == "}") return close_group(), true;
    return false;
  }

  void open(Kind kind, State state = State::kCommand) {
    if (!pending_.empty()) fail();
    frames_.push_back({.kind = kind, .name = {}, .guard = {}});
    state_ = state;
    negated_ = false;
    joined_ = false;
  }

  void open_function() {
    script_.commands.push_back({.words = {},
                                .function = function(),
                                .defines = pending_,
                                .guard = {},
                                .conditional = is_conditional()});
    frames_.push_back({.kind = Kind::kFunction, .name = std::exchange(pending_, {}), .guard = {}});
    state_ = State::kCommand;
    joined_ = false;
  }

  void close(Kind kind) {
    if (frames_.empty() || frames_.back().kind != kind) return fail();
    frames_.pop_back();
    state_ = State::kAfterCompound;
    negated_ = false;
  }

  void close_group() {
    const bool of_function = !frames_.empty() && frames_.back().kind == Kind::kFunction;
    close(of_function ? Kind::kFunction : Kind::kGroup);
  }

  void take_operator(const std::string& text) {
    if (state_ == State::kTest && text != "\n") return;
    if (in_pattern()) {
      if (text != ")") return;
      frames_.back().pattern = false;
      state_ = State::kCommand;
      return;
    }
    if (state_ == State::kCase) return text == "\n" ? void() : fail();
    if (text == "(") return open_parenthesis();
    if (text == ")") {
      if (words_.empty() && !function_head_.empty()) return end_function_head();
      end_command(text);
      return close(!frames_.empty() && is_function(frames_.back()) ? Kind::kFunction
                                                                   : Kind::kSubshell);
    }
    end_command(text);
    if (is_one_of(text, {";;", ";&", ";;&"})) {
      if (frames_.empty() || frames_.back().kind != Kind::kCase) return fail();
      frames_.back().pattern = true;
    }
  }

  // The start of "NAME()", of the body in "NAME() (…)", or of a subshell.
  void open_parenthesis() {
    if (state_ == State::kArguments && words_.size() == 1)
      function_head_ = std::exchange(words_, {}).front();
    else if (state_ != State::kCommand || !assignments_.empty())
      fail();  // also an array of bash
    else if (!pending_.empty() && !has_parentheses_)
      function_head_ = std::exchange(pending_, {});  // "function NAME ()"
    else if (!pending_.empty())
      open_function();
    else
      open(Kind::kSubshell);
  }

  void end_function_head() {
    pending_ = std::exchange(function_head_, {});
    has_parentheses_ = true;
    state_ = State::kCommand;
  }

  void end_command(std::string_view text) {
    if (!function_head_.empty()) return fail();
    const bool in_background = text == "&" || text == "|";
    const bool assigns = words_.empty() && !assignments_.empty();
    if (assigns) words_ = std::move(assignments_);
    assignments_.clear();
    if (!words_.empty()) {
      Frame* const around = frames_.empty() ? nullptr : &frames_.back();
      if (around && around->kind == Kind::kIf && around->guard.empty())
        around->guard = (negated_ ? "! " : "") + words_.front();
      script_.commands.push_back({.words = std::exchange(words_, {}),
                                  .function = function(),
                                  .defines = {},
                                  .guard = guard(),
                                  .assigns = assigns,
                                  .conditional = joined_ || in_background || is_conditional()});
      joined_ = false;
    }
    if (is_one_of(text, {"&&", "||", "|"}))
      joined_ = true;
    else if (text != "\n")
      joined_ = false;
    state_ = State::kCommand;
    negated_ = false;
  }

  std::string function() const {
    const auto found = std::find_if(frames_.rbegin(), frames_.rend(), is_function);
    return found == frames_.rend() ? "" : found->name;
  }
  std::string guard() const {
    const auto found = std::find_if(frames_.rbegin(), frames_.rend(), [](const Frame& frame) {
      return frame.kind == Kind::kIf || frame.kind == Kind::kFunction;
    });
    return found == frames_.rend() ? "" : found->guard;
  }
  bool is_conditional() const { return !frames_.empty() && !is_function(frames_.back()); }
  static bool is_function(const Frame& frame) { return frame.kind == Kind::kFunction; }

  Tokens tokens_;
  ShellScript script_;
  std::vector<Frame> frames_;
  std::vector<std::string> words_, assignments_;
  std::string function_head_;  // before "()"
  std::string pending_;        // a function whose body comes next
  bool has_parentheses_ = false;
  State state_ = State::kCommand;
  bool joined_ = false, negated_ = false;
};

}  // namespace

ShellScript parse_shell_script(std::string_view text) {
  return Parser(text).parse();
}

}  // namespace verify
