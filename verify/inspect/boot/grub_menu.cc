// SPDX-License-Identifier: GPL-2.0-or-later
//
// parse_grub() of entries.h: the commands of grub.cfg that make the menu and choose its
// default (GRUB's manual, "The list of commands" and "Special environment variables: default").
#include <algorithm>
#include <cctype>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <map>
#include <optional>
#include <utility>

#include "host/text.h"
#include "verify/inspect/boot/entries.h"

namespace verify {
namespace {

using Words = std::vector<std::string>;

constexpr size_t kMaxItems = 2 * kMaxBootEntries;

// Joins words as grub_create_loader_cmdline() does (grub-core/lib/cmdline.c).
std::string join_arguments(const Words& words, size_t first) {
  std::string line;
  for (size_t i = first; i < words.size(); ++i) {
    if (!line.empty()) line += ' ';
    const bool quoted = words[i].find(' ') != std::string::npos;
    if (quoted) line += '"';
    for (const char c : words[i]) {
      if (c == '"' || c == '\\' || c == '\'') line += '\\';
      line += c;
    }
    if (quoted) line += '"';
  }
  return line;
}

// Is a branch of a condition run?
enum class Branch { kRun, kNotRun, kUnknown };

Branch both(Branch a, Branch b) {
  if (a == Branch::kNotRun || b == Branch::kNotRun) return Branch::kNotRun;
  return a == Branch::kRun ? b : a;
}

Branch negated(Branch branch) {
  if (branch == Branch::kUnknown) return branch;
  return branch == Branch::kRun ? Branch::kNotRun : Branch::kRun;
}

Branch either(Branch a, Branch b) {
  return negated(both(negated(a), negated(b)));
}

bool compares(std::string_view word) {
  constexpr std::string_view kOperators[] = {
      "=", "==", "!=", "<", "<=", ">", ">=", "-lt", "-le", "-eq", "-ne", "-gt", "-ge", "-pt"};
  return std::find(std::begin(kOperators), std::end(kOperators), word) != std::end(kOperators) ||
         word.starts_with("-nt") || word.starts_with("-ot");
}

// Evaluates "[", the operands, "]": test_parse() in grub-core/commands/test.c. Comparisons are
// unknown, since they often use variables that GRUB sets itself. Tests of files are unknown, too.
Branch evaluate_test(const Words& words) {
  const size_t end = words.size() - 1;
  Branch any = Branch::kNotRun, all = Branch::kRun;
  bool negate = false;
  const auto add = [&](Branch value) {
    all = both(all, std::exchange(negate, false) ? negated(value) : value);
  };
  const auto is_filled = [](const std::string& word) {
    return word.empty() ? Branch::kNotRun : Branch::kRun;
  };
  for (size_t i = 1; i < end; ++i) {
    const std::string& word = words[i];
    const bool has_left = i + 1 < end && compares(words[i + 1]);
    if (has_left || compares(word)) {  // without a left operand: an unset variable
      add(Branch::kUnknown);
      i += has_left ? 2 : 1;
    } else if (word.size() == 2 && word[0] == '-' && i + 1 < end && word != "-a" && word != "-o") {
      const Branch filled = is_filled(words[++i]);
      add(word == "-n" ? filled : word == "-z" ? negated(filled) : Branch::kUnknown);
    } else if (word == "-o") {
      any = either(any, std::exchange(all, Branch::kRun));
    } else if (word == "(" || word == ")") {
      return Branch::kUnknown;
    } else if (word == "!") {
      negate = !negate;
    } else if (word != "-a") {
      add(is_filled(word));
    }
  }
  return either(any, all);
}

class Condition {
 public:
  explicit Condition(Branch outer) : outer_(outer) {}

  // For "if" and "elif".
  void test(const Words& words) {
    const Branch value = value_of(words);
    now_ = run_ ? Branch::kNotRun : open_ && value == Branch::kRun ? Branch::kUnknown : value;
    run_ = run_ || value == Branch::kRun;
    open_ = open_ || value == Branch::kUnknown;
  }
  void begin_else() { now_ = open_ ? Branch::kUnknown : run_ ? Branch::kNotRun : Branch::kRun; }

  Branch branch() const {
    if (outer_ == Branch::kRun || now_ == Branch::kNotRun) return now_;
    return outer_;
  }

 private:
  static Branch value_of(const Words& words) {
    const bool is_test = words.size() >= 2 && words.front() == "[" && words.back() == "]";
    return is_test ? evaluate_test(words) : Branch::kUnknown;
  }

  Branch outer_, now_ = Branch::kUnknown;
  bool run_ = false, open_ = false;  // so far: a branch is run; a branch may be run
};

// A menu entry or a submenu.
struct Item {
  std::string title, id;
  bool submenu = false;
};

// Does the path, up to '>', have this name? ">>" is one '>' of a title: menuentry_eq() in
// grub-core/normal/menu.c.
bool is_named(const std::string& name, std::string_view path) {
  size_t at = 0;
  for (size_t i = 0; i < path.size(); ++i, ++at) {
    if (path[i] == '>' && path.substr(i + 1, 1) != ">") break;
    if (path[i] == '>') ++i;
    if (at >= name.size() || name[at] != path[i]) return false;
  }
  return at == name.size();
}

// The path after the first '>' that is not part of ">>".
std::string_view below(std::string_view path) {
  for (size_t i = 0; i < path.size(); ++i) {
    if (path[i] != '>') continue;
    if (path.substr(i + 1, 1) != ">") return path.substr(i + 1);
    ++i;
  }
  return {};
}

// A number at the start of `text`: grub_strtoul() in get_entry_number().
std::optional<size_t> leading_number(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  if (text.empty() || !std::isdigit(static_cast<unsigned char>(text[0]))) return std::nullopt;
  return std::strtoul(std::string(text.substr(0, 30)).c_str(), nullptr, 0);
}

class GrubMenu {
 public:
  GrubMenu(const std::string& file, const ShellSettings& known,
           const std::vector<BootEntry>& listed, ShellSettings& settings)
      : file_(file), known_(known), listed_(listed), settings_(settings) {
    // grub-mkconfig's files set this if GRUB supports it: all versions since 2.00.
    settings_["menuentry_id_option"] = "--id";
  }

  // Runs one command, which may follow "menuentry … {", "then" or "}" on its line.
  void run(Words words) {
    size_t at = 0;
    while (at < words.size()) {
      const std::string& word = words[at];
      if (word == "}") {
        if (!scopes_.empty()) scopes_.pop_back();
      } else if (word == "fi") {
        if (!conditions_.empty()) conditions_.pop_back();
      } else if (word == "else") {
        if (!conditions_.empty()) conditions_.back().begin_else();
      } else if (word == "if" || word == "elif") {
        if (word == "if") conditions_.emplace_back(branch());
        if (!conditions_.empty())
          conditions_.back().test({words.begin() + static_cast<ptrdiff_t>(at) + 1, words.end()});
        return;
      } else if (word == "menuentry" || word == "submenu" || word == "function" || word == "{") {
        at = open(words, at);
      } else if (word != "then" && word != "do") {
        break;
      }
      ++at;
    }
    words.erase(words.begin(), words.begin() + static_cast<ptrdiff_t>(at));
    if (!words.empty()) command(words);
  }

  BootMenu finish() {
    BootMenu menu = std::move(menu_);
    menu.complete = menu.complete && items_.size() < kMaxItems;
    for (const std::string& path : defaults_)
      if (const auto item = default_item(path))
        for (size_t i = 0; i < menu.entries.size(); ++i)
          if (item_of_[i] == *item) menu.defaults.push_back(i);
    std::sort(menu.defaults.begin(), menu.defaults.end());
    menu.defaults.erase(std::unique(menu.defaults.begin(), menu.defaults.end()),
                        menu.defaults.end());
    return menu;
  }

 private:
  static constexpr size_t kTopMenu = SIZE_MAX, kFunction = SIZE_MAX - 1;

  size_t add_item(Item item) {
    below_[scopes_.empty() ? kTopMenu : scopes_.back()].push_back(items_.size());
    items_.push_back(std::move(item));
    return items_.size() - 1;
  }

  // Begins a menu entry, a submenu or a function. Returns the index of "{", or of the last word.
  size_t open(const Words& words, size_t at) {
    const auto brace = static_cast<size_t>(
        std::find(words.begin() + static_cast<ptrdiff_t>(at), words.end(), "{") - words.begin());
    const size_t last = std::min(brace, words.size() - 1);
    const std::string& kind = words[at];
    if (items_.size() >= kMaxItems || (kind != "menuentry" && kind != "submenu")) {
      scopes_.push_back(kFunction);
      return last;
    }
    Item item{.title = {}, .id = {}, .submenu = kind == "submenu"};
    for (size_t i = at + 1; i < brace; ++i) {
      const std::string& word = words[i];
      const bool has_value = word == "--class" || word == "--users" || word == "--hotkey" ||
                             word == "--source" || word == "--id";
      if (has_value) ++i;
      if (word == "--id" && i < brace) item.id = words[i];
      if (item.title.empty() && !word.starts_with("--")) item.title = word;
    }
    if (item.id.empty()) item.id = item.title;
    scopes_.push_back(add_item(std::move(item)));
    return last;
  }

  void command(const Words& words) {
    if (words[0] == "blscfg" && scopes_.empty()) return add_listed();
    if (words.size() < 2) return;
    if (words[0] == "set") {
      set(words[1]);
    } else if (words[0].starts_with("linux")) {
      add_entry({.file = file_,
                 .kernel = words[1],
                 .command_line = join_arguments(words, 2),
                 .images = {}});
    } else if (words[0].starts_with("initrd") && !menu_.entries.empty()) {
      for (size_t i = 1; i < words.size(); ++i) add_names(words[i], "\n", menu_.entries.back());
    }
  }

  void add_entry(BootEntry entry) {
    const bool in_item = !scopes_.empty() && scopes_.back() != kFunction;
    const size_t item = in_item ? scopes_.back() : add_item({});
    entry.title = items_[item].title;
    if (menu_.add(std::move(entry))) item_of_.push_back(item);
  }

  // The entries of blscfg. The id of such an entry is its file name without ".conf".
  void add_listed() {
    for (const BootEntry& entry : listed_) {
      if (!menu_.add(expanded(entry))) return;
      const std::string name(host::file_name(entry.file));
      item_of_.push_back(
          add_item({.title = entry.title, .id = name.substr(0, name.rfind(".conf"))}));
    }
  }

  // create_entry() in grub-core/commands/blscfg.c of Fedora's GRUB. GRUB's variables that are not
  // set are empty; but a variable that this file does not set may be set elsewhere.
  BootEntry expanded(const BootEntry& listed) const {
    const auto options = settings_.find("default_kernelopts");
    const bool by_default = listed.command_line.empty() && options != settings_.end();
    Expanded line = expand_variables(by_default ? options->second : listed.command_line, settings_);
    BootEntry entry{.file = listed.file,
                    .title = listed.title,
                    .kernel = expand_variables(listed.kernel, settings_).text,
                    .command_line = std::move(line.text),
                    .images = {},
                    .unknown_variable = std::move(line.unknown)};
    for (const std::string& image : listed.images)
      add_names(expand_variables(image, settings_).text, " \t", entry);
    return entry;
  }

  void set(const std::string& assignment) {
    const size_t equals = assignment.find('=');
    if (equals == assignment.npos) return;
    const std::string name = assignment.substr(0, equals), value = assignment.substr(equals + 1);
    if (name == "default" && scopes_.empty()) set_default(value);
    if (!known_.contains(name)) settings_[name] = value;
  }

  void set_default(const std::string& value) {
    if (branch() == Branch::kNotRun) return;
    if (branch() == Branch::kRun) defaults_.clear();
    if (defaults_.size() < kMaxDefaults) defaults_.push_back(value);
  }

  Branch branch() const { return conditions_.empty() ? Branch::kRun : conditions_.back().branch(); }

  // get_entry_number() and grub_menu_execute_entry() in grub-core/normal/menu.c. If no item has
  // that name or number, the first one is chosen, also in a submenu. nullopt: the menu has no
  // entry.
  std::optional<size_t> default_item(std::string_view path) const {
    for (size_t parent = kTopMenu;;) {
      const auto found = below_.find(parent);
      if (found == below_.end()) return std::nullopt;
      const std::vector<size_t>& items = found->second;
      const auto number = leading_number(path);
      const auto chosen =
          number ? items.begin() + static_cast<ptrdiff_t>(std::min(*number, items.size()))
                 : std::find_if(items.begin(), items.end(), [&](size_t item) {
                     return is_named(items_[item].title, path) || is_named(items_[item].id, path);
                   });
      parent = path.empty() || chosen == items.end() ? items.front() : *chosen;
      if (!items_[parent].submenu) return parent;
      path = below(path);
    }
  }

  static constexpr size_t kMaxDefaults = 100;

  const std::string& file_;
  const ShellSettings& known_;
  const std::vector<BootEntry>& listed_;
  ShellSettings& settings_;
  std::vector<Item> items_;
  std::map<size_t, std::vector<size_t>> below_;  // items of the menu, and of each submenu
  std::vector<size_t> scopes_;                   // open braces: an item, or kFunction
  std::vector<Condition> conditions_;
  BootMenu menu_;
  std::vector<size_t> item_of_;  // of each entry
  Words defaults_ = {""};        // values that the variable `default` may have
};

}  // namespace

BootMenu parse_grub(const std::string& file, std::string_view text, const ShellSettings& known,
                    const std::vector<BootEntry>& listed) {
  ShellSettings settings = known;
  GrubMenu menu(file, known, listed, settings);
  each_command(text, settings, [&](Words words) { menu.run(std::move(words)); });
  return menu.finish();
}

}  // namespace verify
