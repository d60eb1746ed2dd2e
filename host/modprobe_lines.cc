// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/modprobe_lines.h"

#include "host/alias.h"
#include "host/drop_ins.h"
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
  each_joined_line(text, Comment::kIsContinued, [&](std::string_view line, int number) {
    const auto words = split(line);
    if (words.size() >= 2)
      lines.push_back({{words.begin(), words.end()}, file + ":" + std::to_string(number)});
  });
  return lines;
}

std::vector<ModprobeLine> read_modprobe_lines(const Root& root, std::vector<std::string>* unread) {
  std::vector<ModprobeLine> lines;
  for (const DropIn& file : read_drop_ins(root, kDirectories, is_modprobe_file, unread))
    for (ModprobeLine& line : parse_modprobe_lines(file.text, file.path))
      lines.push_back(std::move(line));
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
