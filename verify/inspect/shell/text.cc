// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/shell/text.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

#include "host/text.h"

namespace verify {
namespace {

bool is_name(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_';
}

struct Word {
  std::string text;            // without quotes
  size_t literal = 0;          // characters at its start that were not quoted
  bool quoted = false;         // a part of it is quoted
  std::vector<size_t> blanks;  // in unquoted variables: there the word is split
};

// Splits a word at blanks from variables; an empty variable gives no word.
void add_fields(const Word& word, std::vector<std::string>& words) {
  size_t start = 0;
  const auto add = [&](size_t end) {
    if (end > start || (word.quoted && word.blanks.empty()))
      words.push_back(word.text.substr(start, end - start));
    start = end + 1;
  };
  for (const size_t blank : word.blanks) add(blank);
  add(word.text.size());
}

// Splits text into words, as the shell does before it runs a command.
//
// What must hold: text with variables that contain each other does not use much memory. Variables
// that exceed a limit are not replaced.
class Words {
 public:
  Words(std::string_view text, const ShellSettings& known) : text_(text), known_(known) {}

  // The next word of this command; nullopt at the end of a command or of the text.
  std::optional<Word> next() {
    skip_blanks();
    if (at_end()) return std::nullopt;
    if (text_[at_] == '#') at_ = std::min(text_.find('\n', at_), text_.size());
    if (at_end()) return std::nullopt;
    if (is_separator(text_[at_])) {
      separator_ = text_[at_++];
      return std::nullopt;
    }
    Word word;
    bool literal = true;
    while (!at_end() && !is_blank(text_[at_]) && !is_separator(text_[at_])) {
      const char c = text_[at_++];
      if (c == '\'' || c == '"' || c == '\\' || c == '$') literal = false;
      take(c, word);
      if (literal) word.literal = word.text.size();
    }
    return word;
  }

  // The remaining text with variables replaced and no other change.
  Expanded expanded() {
    std::string text;
    while (!at_end()) {
      const char c = text_[at_++];
      if (c == '$')
        take_variable(text);
      else
        text += c;
    }
    return {std::move(text), std::move(unknown_)};
  }

  bool at_end() const { return at_ >= text_.size(); }

  // What ended the last command: '\n', ';', '&' or '|'.
  char separator() const { return separator_; }

 private:
  static bool is_blank(char c) { return c == ' ' || c == '\t'; }
  static bool is_separator(char c) { return c == '\n' || c == ';' || c == '&' || c == '|'; }

  void skip_blanks() {
    while (!at_end() && (is_blank(text_[at_]) || text_.substr(at_).starts_with("\\\n")))
      at_ += text_[at_] == '\\' ? 2 : 1;
  }

  // Reads what begins with `c`, which is already consumed.
  void take(char c, Word& word) {
    if (c == '\'') {
      const size_t end = std::min(text_.find('\'', at_), text_.size());
      word.text += text_.substr(at_, end - at_);
      at_ = std::min(end + 1, text_.size());
    } else if (c == '"') {
      take_double_quoted(word.text);
    } else if (c == '\\') {
      if (!at_end() && text_[at_] != '\n') word.text += text_[at_];
      if (!at_end()) ++at_;
    } else if (c == '$') {
      const size_t start = word.text.size();
      take_variable(word.text);
      for (size_t i = start; i < word.text.size(); ++i)
        if (is_blank(word.text[i]) || word.text[i] == '\n') word.blanks.push_back(i);
    } else {
      word.text += c;
    }
    word.quoted = word.quoted || c == '\'' || c == '"';
  }

  void take_double_quoted(std::string& word) {
    while (!at_end() && text_[at_] != '"') {
      const char c = text_[at_++];
      constexpr std::string_view kEscaped = "$`\"\\";
      if (c == '\\' && !at_end() && text_[at_] == '\n')
        ++at_;
      else if (c == '\\' && !at_end() && kEscaped.find(text_[at_]) != kEscaped.npos)
        word += text_[at_++];
      else if (c == '$')
        take_variable(word);
      else
        word += c;
    }
    if (!at_end()) ++at_;
  }

  // Replaces $NAME and ${NAME}. Other text is not changed.
  void take_variable(std::string& word) {
    const bool braced = !at_end() && text_[at_] == '{';
    size_t end = at_ + (braced ? 1 : 0);
    const size_t start = end;
    while (end < text_.size() && is_name(text_[end])) ++end;
    const bool closed = !braced || (end < text_.size() && text_[end] == '}');
    if (end == start || !closed) {
      word += '$';
      return;
    }
    const std::string name(text_.substr(start, end - start));
    const auto found = known_.find(name);
    const bool too_long = found != known_.end() && found->second.size() > room_;
    if ((found == known_.end() || too_long) && unknown_.empty()) unknown_ = name;
    if (too_long) {
      word += '$';
      return;
    }
    if (found != known_.end()) {
      word += found->second;
      room_ -= found->second.size();
    }
    at_ = end + (braced ? 1 : 0);
  }

  std::string_view text_;
  const ShellSettings& known_;
  size_t at_ = 0;
  char separator_ = '\n';
  std::string unknown_;            // the first variable that is not replaced
  size_t room_ = size_t{1} << 20;  // bytes that variables may still add
};

// NAME or NAME[KEY]; "" for other text.
std::string_view variable_of(std::string_view text) {
  const size_t end =
      text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
  if (end == 0 || text.empty()) return {};
  if (end == text.npos) return text;
  return text[end] == '[' && text.ends_with(']') ? text : std::string_view();
}

// False: the word is not an assignment.
bool assign(const Word& word, ShellSettings& settings) {
  const size_t equals = word.text.find('=');
  if (equals == word.text.npos || equals >= word.literal) return false;
  std::string_view name = std::string_view(word.text).substr(0, equals);
  const bool appends = name.ends_with('+');
  if (appends) name.remove_suffix(1);
  if (variable_of(name).empty()) return false;
  std::string& value = settings[std::string(name)];
  if (!appends) value.clear();
  value += std::string_view(word.text).substr(equals + 1);
  return true;
}

// Follows the reserved words of the shell, which begin and end branches (POSIX.1-2017, 2.4
// and 2.9).
class BranchReader {
 public:
  explicit BranchReader(Branches& branches) : branches_(branches) {}

  // `listed`: the new command is after "&&" or "||".
  void begin_command(bool listed) {
    listed_ = listed;
    if (listed_) listed_runs_ = next();
    at_start_ = true;
  }

  // Is the word part of a condition, and not of the command itself?
  bool takes(const Word& word) {
    const bool bare = word.literal == word.text.size();
    if (in_case_head_) {
      in_case_head_ = !(bare && word.text == "in");
      return true;
    }
    at_start_ = at_start_ && bare && begins(word.text);
    return at_start_;
  }

  bool runs() const { return listed_ ? listed_runs_ : open_.empty() || open_.back(); }

 private:
  // Is it a word after which a command may begin?
  bool begins(const std::string& text) {
    const auto is_one_of = [&](std::initializer_list<std::string_view> words) {
      return std::find(words.begin(), words.end(), text) != words.end();
    };
    const bool ends_pattern = text.ends_with(')') && text.find('=') == text.npos;
    if (is_one_of({"if", "case", "while", "until", "for", "{", "("})) {
      open_.push_back(next());
      in_case_head_ = text == "case";
    } else if (is_one_of({"fi", "esac", "done", "}", ")"})) {
      if (!open_.empty()) open_.pop_back();
    } else if (is_one_of({"then", "elif", "else", "do"}) || ends_pattern) {
      // Also "name()" of a function, and "pattern)" of `case`.
      if (!open_.empty()) open_.back() = next();
    } else {
      return false;
    }
    return true;
  }

  bool next() { return branches_.run(branches_.count++); }

  Branches& branches_;
  std::vector<bool> open_;
  bool listed_ = false, listed_runs_ = false;  // after "&&" or "||"
  bool at_start_ = true, in_case_head_ = false;
};

// Does the text contain one of these commands, anywhere in a line: after "if" or "&&", in "$(…)"?
bool has_word(std::string_view text, std::initializer_list<std::string_view> wanted) {
  for (const std::string_view line : host::split(text, "\n")) {
    if (host::trim(line).starts_with('#')) continue;
    for (std::string_view word : host::split(line, " \t;&|(){}`\"'$")) {
      word = host::file_name(word);
      if (std::find(wanted.begin(), wanted.end(), word) != wanted.end()) return true;
    }
  }
  return false;
}

}  // namespace

void each_command(std::string_view text, const ShellSettings& known,
                  const std::function<void(std::vector<std::string> words)>& use) {
  Words reader(text, known);
  while (!reader.at_end()) {
    std::vector<std::string> words;
    while (const auto word = reader.next()) add_fields(*word, words);
    if (!words.empty()) use(std::move(words));
  }
}

Expanded expand_variables(std::string_view text, const ShellSettings& known) {
  return Words(text, known).expanded();
}

void read_shell_settings(std::string_view text, ShellSettings& settings, Branches& branches) {
  Words reader(text, settings);
  BranchReader branch(branches);
  ShellSettings ignored;
  bool listed = false;  // after "&&" or "||", which may end a line
  while (!reader.at_end()) {
    bool empty = true, assigns = true;
    while (const auto word = reader.next()) {
      if (empty) branch.begin_command(std::exchange(listed, false));
      empty = false;
      if (branch.takes(*word)) continue;
      assigns =
          assigns && (word->text == "export" || assign(*word, branch.runs() ? settings : ignored));
    }
    listed = listed || reader.separator() == '&' || reader.separator() == '|';
  }
}

void read_shell_settings(std::string_view text, ShellSettings& settings) {
  Branches all;
  read_shell_settings(text, settings, all);
}

bool calls(std::string_view text, std::string_view name, std::string_view command) {
  for (const std::string_view line : host::split(text, "\n")) {
    const auto words = host::split(line);
    if (words.size() >= 2 && words[0].ends_with(name) && words[1] == command) return true;
  }
  return false;
}

bool loads_modules(std::string_view text) {
  return has_word(text,
                  {"modprobe", "insmod", "load_modules", "udevadm", "udevd", "systemd-udevd"});
}

bool may_end_shell(std::string_view text) {
  return has_word(text, {"exit", "exec", "reboot", "poweroff", "halt", "kexec"});
}

}  // namespace verify
