// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/platform/mkinitcpio.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <utility>

#include "host/platform/shell_tokens.h"
#include "host/text.h"

namespace host {
namespace {

using Names = std::vector<std::string>;

constexpr std::string_view kHook = "vfio-early";
// Far more than in any usual configuration: the words of a variable; the bytes of all assignments
// in a file, in which a word is copied from one variable to the next; the presets.
constexpr size_t kMaxWords = 1000, kMaxBytes = size_t{4} << 20, kMaxPresets = 100;

// A variable of bash: the words of an array, or one string.
struct Variable {
  Names words = {};
  bool known = true;
};

using Variables = std::map<std::string, Variable, std::less<>>;

// "${HOOKS[@]}", "${HOOKS[*]}", "$HOOKS" and "${HOOKS}": "HOOKS"; "": something else.
std::string name_in_expansion(std::string_view text) {
  if (!text.starts_with('$')) return {};
  text.remove_prefix(1);
  if (text.starts_with('{') && text.ends_with('}')) text = text.substr(1, text.size() - 2);
  for (const std::string_view all : {"[@]", "[*]"})
    if (text.ends_with(all)) text.remove_suffix(all.size());
  const bool is_name = !text.empty() && text.find_first_not_of(
                                            "abcdefghijklmnopqrstuvwxyz"
                                            "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == text.npos;
  return is_name ? std::string(text) : std::string();
}

// Executes the assignments of bash text. A value that depends on something else is unknown.
class Assignments {
 public:
  explicit Assignments(Variables& variables) : variables_(variables) {}

  void read(std::string_view text) {
    ShellTokens tokens(text);
    at_start_ = true;
    while (auto token = tokens.next()) {
      if (token->is_operator) {
        take_operator(token->text);
      } else if (at_start_ && is_assignment(*token)) {
        assign(*token, tokens);
      } else {
        take_word(*token);
      }
    }
    if (tokens.is_broken())
      for (auto& [name, variable] : variables_) variable.known = false;
  }

 private:
  static bool is_assignment(const ShellToken& token) {
    const size_t equals = token.text.find('=');
    return equals != token.text.npos && equals > 0 && !name_of(token.text).empty();
  }
  static std::string name_of(std::string_view text) {
    text = text.substr(0, text.find('='));
    if (text.ends_with('+')) text.remove_suffix(1);
    return name_in_expansion("$" + std::string(text));
  }

  void take_operator(const std::string& text) {
    at_start_ = true;
    listed_ = text == "&&" || text == "||";
  }

  // The words of other commands. Within if, case and loops everything depends on a condition.
  void take_word(const ShellToken& token) {
    if (!at_start_) return;
    const std::string& word = token.text;
    if (word == "if" || word == "case" || word == "for" || word == "while" || word == "until")
      ++nesting_;
    if (word == "fi" || word == "esac" || word == "done") nesting_ = std::max(nesting_ - 1, 0);
    // These may also assign or remove a variable, or run text that does.
    for (const char* other : {"unset", "declare", "typeset", "local", "readonly", "read", "mapfile",
                              "readarray", "eval", "source", ".", "{", "function"})
      if (word == other)
        for (auto& [name, variable] : variables_) variable.known = false;
    at_start_ = word == "then" || word == "else" || word == "do" || word == "export";
  }

  void assign(const ShellToken& token, ShellTokens& tokens) {
    const size_t equals = token.text.find('=');
    const bool appends = token.text[equals - 1] == '+';
    const std::string value = token.text.substr(equals + 1);
    Variable& variable = variables_[name_of(token.text)];
    Variable result{.words = appends ? variable.words : Names(),
                    .known = (variable.known || !appends) && !listed_ && nesting_ == 0};
    for (const std::string& word : result.words) (void)fits(word);
    if (value.empty() && !token.quoted && tokens.at_parenthesis())
      take_array(tokens, result);
    else
      for (const std::string_view word : split(value)) add(std::string(word), result);
    variable = std::move(result);
    at_start_ = true;  // another assignment may follow
  }

  void take_array(ShellTokens& tokens, Variable& result) {
    (void)tokens.next();
    while (const auto token = tokens.next()) {
      if (token->is_operator && token->text == ")") return;
      if (!token->is_operator) add(token->text, result);
    }
  }

  // Counts a word. A string has a size of its own besides its characters.
  bool fits(const std::string& word) {
    bytes_ += sizeof(std::string) + word.size();
    return bytes_ <= kMaxBytes;
  }

  void append(const std::string& word, Variable& result) {
    if (result.words.size() >= kMaxWords || !fits(word)) return void(result.known = false);
    result.words.push_back(word);
  }

  void add(const std::string& word, Variable& result) {
    if (word.find_first_of("$`*?[") == word.npos) return append(word, result);
    const auto other = variables_.find(name_in_expansion(word));
    if (other == variables_.end()) return void(result.known = false);
    result.known = result.known && other->second.known;
    for (const std::string& each : other->second.words) {
      if (bytes_ > kMaxBytes) return void(result.known = false);
      append(each, result);
    }
  }

  Variables& variables_;
  bool at_start_ = true, listed_ = false;
  int nesting_ = 0;
  size_t bytes_ = 0;  // of all words that were assigned
};

std::string text_of(const Variables& variables, const std::string& name) {
  const auto found = variables.find(name);
  return found == variables.end() ? "" : join(found->second.words, " ");
}

MkinitcpioHooks hooks_of(const Root& root, const Names& files) {
  Variables variables;
  MkinitcpioHooks hooks;
  for (const std::string& file : files) {
    const auto text = root.read(file);
    if (!text) {
      hooks.known = false;
      continue;
    }
    const auto before = variables.find("HOOKS");
    const Names old = before == variables.end() ? Names() : before->second.words;
    Assignments(variables).read(*text);
    const auto now = variables.find("HOOKS");
    if (now != variables.end() && (hooks.file.empty() || now->second.words != old))
      hooks.file = file;
  }
  if (const auto found = variables.find("HOOKS"); found != variables.end()) {
    hooks.names = found->second.words;
    hooks.known = hooks.known && found->second.known;
  }
  return hooks;
}

constexpr std::string_view kEnding = ".conf";

bool starts_with_digit(std::string_view text) {
  return !text.empty() && std::isdigit(static_cast<unsigned char>(text[0]));
}

// Of the first character; the end of a name and a digit are less than all others except '~'.
int rank_of(std::string_view text) {
  if (text.empty() || starts_with_digit(text)) return 0;
  const auto c = static_cast<unsigned char>(text[0]);
  return c == '~' ? -1 : std::isalpha(c) ? c : c + 256;
}

// Takes a number from the start of `text`: its digits without leading zeros.
std::string_view take_number(std::string_view& text) {
  const auto skip = [&](std::string_view some) {
    text.remove_prefix(std::min(text.find_first_not_of(some), text.size()));
  };
  skip("0");
  const std::string_view start = text;
  skip("0123456789");
  return start.substr(0, start.size() - text.size());
}

Names drop_ins(const Root& root) {
  Names names = root.list(kMkinitcpioDropIns).value_or({});
  std::erase_if(names, [](const std::string& name) { return !name.ends_with(kEnding); });
  std::sort(names.begin(), names.end(), is_read_before);
  for (std::string& name : names) name = std::string(kMkinitcpioDropIns) + "/" + name;
  return names;
}

// What the options of a preset change: "-S autodetect -c /etc/other.conf".
struct Options {
  std::string config = {};
  Names skipped = {}, added = {};
};

Options parse_options(const std::string& text) {
  Options options;
  const auto words = split(text);
  for (size_t i = 0; i < words.size(); ++i) {
    std::string_view word = words[i], value;
    if (const size_t equals = word.find('='); word.starts_with("--") && equals != word.npos)
      value = word.substr(equals + 1), word = word.substr(0, equals);
    else if (word.size() > 2 && !word.starts_with("--"))
      value = word.substr(2), word = word.substr(0, 2);
    else if (i + 1 < words.size())
      value = words[i + 1];
    if (word == "-c" || word == "--config") options.config = value;
    Names* const names = word == "-S" || word == "--skiphooks"  ? &options.skipped
                         : word == "-A" || word == "--addhooks" ? &options.added
                                                                : nullptr;
    if (names)
      for (const std::string_view name : split(value, ",")) names->emplace_back(name);
  }
  return options;
}

// process_preset() in mkinitcpio. A configuration that a preset names is used without drop-ins.
MkinitcpioPreset read_preset(const Root& root, const std::string& file, const Variables& variables,
                             const std::string& name, const MkinitcpioHooks& usual) {
  MkinitcpioPreset preset;
  preset.file = file;
  preset.hooks = usual;
  for (const char* ending : {"_image", "_uki", "_efi_image"})
    if (const std::string path = text_of(variables, name + ending); !path.empty())
      preset.images.push_back(path);
  const std::string setting = name + "_options";
  const Options options = parse_options(text_of(variables, setting));
  for (const std::string& config : {std::string("ALL_config"), name + "_config"})
    if (const std::string path = text_of(variables, config); !path.empty()) {
      preset.config = path;
      preset.config_setting = config;
    }
  if (!options.config.empty()) {
    preset.config = options.config;
    preset.config_setting = setting;
  }
  if (!preset.config_setting.empty()) preset.hooks = hooks_of(root, {preset.config});
  preset.hooks.names.insert(preset.hooks.names.end(), options.added.begin(), options.added.end());
  if (contains(options.skipped, kHook)) preset.skipped_by = setting;
  std::erase_if(preset.hooks.names,
                [&](const std::string& hook) { return contains(options.skipped, hook); });
  return preset;
}

void read_presets(const Root& root, Mkinitcpio& found) {
  const std::string directory = "/etc/mkinitcpio.d/";
  for (const std::string& name : root.list(directory).value_or({})) {
    if (!name.ends_with(".preset")) continue;
    Variables variables;
    Assignments(variables).read(root.read(directory + name).value_or(""));
    for (const std::string& image : variables["PRESETS"].words) {
      if (found.presets.size() == kMaxPresets) return;
      found.presets.push_back(read_preset(root, directory + name, variables, image, found.hooks));
    }
  }
}

}  // namespace

bool MkinitcpioHooks::has(std::string_view name) const {
  return contains(names, name);
}

bool MkinitcpioHooks::start_vfio_early() const {
  const auto ours = std::find(names.begin(), names.end(), kHook);
  return ours != names.end() && (has("systemd") || std::find(names.begin(), ours, "udev") == ours);
}

std::vector<MkinitcpioPreset> Mkinitcpio::presets_of(std::string_view file) const {
  std::vector<MkinitcpioPreset> matching;
  for (const MkinitcpioPreset& preset : presets)
    for (const std::string& image : preset.images)
      if (file_name(image) == file_name(file)) matching.push_back(preset);
  return matching.empty() ? presets : matching;
}

Mkinitcpio read_mkinitcpio(const Root& root) {
  Names files = {kMkinitcpioFile};
  for (std::string& file : drop_ins(root)) files.push_back(std::move(file));
  Mkinitcpio found{.hooks = hooks_of(root, files)};
  read_presets(root, found);
  return found;
}

// filevercmp() in gnulib: names are compared without their suffix, letters are less than other
// characters, and digits are compared as numbers.
bool is_read_before(std::string_view a, std::string_view b) {
  for (std::string_view* const name : {&a, &b})
    if (name->ends_with(kEnding)) name->remove_suffix(kEnding.size());
  while (!a.empty() || !b.empty()) {
    while (!starts_with_digit(a) || !starts_with_digit(b)) {
      if (a.empty() && b.empty()) return false;
      if (const int difference = rank_of(a) - rank_of(b); difference != 0) return difference < 0;
      a.remove_prefix(1);
      b.remove_prefix(1);
    }
    const std::string_view x = take_number(a), y = take_number(b);
    if (x.size() != y.size()) return x.size() < y.size();
    if (x != y) return x < y;
  }
  return false;
}

}  // namespace host
