// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/shell/script.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "host/platform/shell_tokens.h"
#include "host/text.h"

namespace verify {
namespace {

constexpr size_t kMaxGuard = 100;  // each command in an "if" has a copy

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> some) {
  return std::find(some.begin(), some.end(), text) != some.end();
}

bool is_assignment(const host::ShellToken& token) {
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
      if (script_.commands.size() > kMaxCommands || frames_.size() > kMaxNesting)
        return fail(), script_;
      token->is_operator ? take_operator(token->text) : take_word(*token);
    }
    end_command("\n");
    if (!frames_.empty() || tokens_.is_broken() || !pending_.empty()) fail();
    return std::move(script_);
  }

 private:
  // The most commands, and the deepest nesting: far more than in any usual init. The time for each
  // command grows with its nesting.
  static constexpr size_t kMaxCommands = 100'000, kMaxNesting = 100;
  enum class Kind { kIf, kLoop, kCase, kGroup, kSubshell, kFunction };
  struct Frame {
    Kind kind;
    std::string name;      // of a function
    std::string guard;     // of an if
    bool pattern = false;  // of a case: the next word is a pattern
  };
  // What a word means in the middle of a command.
  enum class State { kCommand, kArguments, kAfterCompound, kFor, kCase, kFunctionName, kTest };

  void fail() { script_.complete = false; }

  bool in_pattern() const { return !frames_.empty() && frames_.back().pattern; }

  void take_word(const host::ShellToken& token) {
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

  void begin_command(const host::ShellToken& token) {
    if (!pending_.empty()) fail();  // a function whose body is not a group
    if (is_assignment(token)) return assignments_.push_back(token.text);
    words_.push_back(token.text);
    state_ = State::kArguments;
  }

  // False: it is not a reserved word.
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
        around->guard = ((negated_ ? "! " : "") + host::join(words_, " ")).substr(0, kMaxGuard);
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

  host::ShellTokens tokens_;
  ShellScript script_;
  std::vector<Frame> frames_;
  std::vector<std::string> words_, assignments_;
  std::string function_head_;  // before "()"
  std::string pending_;        // a function whose body follows
  bool has_parentheses_ = false;
  State state_ = State::kCommand;
  bool joined_ = false, negated_ = false;
};

}  // namespace

ShellScript parse_shell_script(std::string_view text) {
  return Parser(text).parse();
}

}  // namespace verify
