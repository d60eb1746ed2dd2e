// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/modprobe_lines.h"

#include <algorithm>
#include <set>

#include "host/alias.h"
#include "host/text.h"

namespace host {
namespace {

// In the order of modprobe.d(5): a file hides those of the same name in the directories after it.
constexpr const char* kDirectories[] = {"/etc/modprobe.d", "/run/modprobe.d",
                                        "/usr/local/lib/modprobe.d", "/usr/lib/modprobe.d",
                                        "/lib/modprobe.d"};

}  // namespace

bool ModprobeLine::names(std::string_view module) const {
  return matches_pattern(underscored(words[1]), underscored(module));
}

std::string ModprobeLine::str() const {
  return join(words, " ");
}

std::vector<ModprobeLine> parse_modprobe_lines(std::string_view text, const std::string& file) {
  std::vector<ModprobeLine> lines;
  std::vector<std::string> words;
  int number = 0, first = 1;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    ++number;
    if (words.empty()) first = number;
    const bool is_continued = line.ends_with('\\') && !text.empty();
    if (is_continued) line.remove_suffix(1);
    for (const std::string_view word : split(line)) words.emplace_back(word);
    if (is_continued) continue;
    if (words.size() >= 2 && !words[0].starts_with('#'))
      lines.push_back({std::move(words), file + ":" + std::to_string(first)});
    words.clear();
  }
  return lines;
}

std::vector<ModprobeLine> read_modprobe_lines(const Root& root) {
  std::vector<ModprobeLine> lines;
  std::set<std::string> seen;
  for (const std::string directory : kDirectories)
    for (const std::string& name : root.list(directory).value_or({})) {
      if (!is_modprobe_file(name) || !seen.insert(name).second) continue;
      const std::string file = directory + "/" + name;
      for (ModprobeLine& line : parse_modprobe_lines(root.read(file).value_or(""), file))
        lines.push_back(std::move(line));
    }
  return lines;
}

bool is_modprobe_file(std::string_view name) {
  return name.ends_with(".conf") || name.ends_with(".alias");
}

bool loads_nothing(const ModprobeLine& line) {
  if (line.command() != "install" || line.words.size() < 3) return false;
  const std::string_view program = file_name(line.words[2]);
  return program == "false" || program == "true" || program == ":" || program == "exit";
}

}  // namespace host
