// SPDX-License-Identifier: GPL-2.0-or-later
#include "completions/program.h"

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <iterator>
#include <utility>

namespace completions {
namespace {

// A field is never empty and has no tab: shells split a row at its tabs.
std::string field(std::string text) {
  std::replace(text.begin(), text.end(), '\t', ' ');
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text.empty() ? "-" : text;
}

std::string row(const std::vector<std::string>& fields) {
  std::string line;
  for (const std::string& each : fields) line += (line.empty() ? "" : "\t") + field(each);
  return line + "\n";
}

std::string rows(const Command& command) {
  std::string text = row(
      {"command", command.name, command.operand, std::to_string(command.most), command.summary});
  for (const Option& option : command.options)
    text += row({"option", command.name, option.name, option.value, option.summary});
  return text;
}

std::string table(const Program& program) {
  std::string text = rows(program.before);
  for (const Command& command : program.commands) text += rows(command);
  text.pop_back();  // the last line feed
  return text;
}

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (size_t at = 0; (at = text.find(what, at)) != text.npos; at += with.size())
    text.replace(at, what.size(), with);
}

// Inside of single quotes.
std::string quoted(std::string text, std::string_view shell) {
  if (shell == "fish") replace_all(text, "\\", "\\\\");
  replace_all(text, "'", shell == "fish" ? "\\'" : "'\\''");
  return text;
}

}  // namespace

Kind kind_of(std::string_view argument) {
  static constexpr std::pair<std::string_view, const char*> kKinds[] = {
      {"FILE", "file"},   {"DIR", "directory"}, {"DIR|FILE", "file"}, {"CARD", "card"},
      {"SLOT", "slot"},   {"PAIR", "slot"},     {"CHECK", "check"},   {"KERNEL", "kernel"},
      {"GROUP", "group"}, {"USER", "user"},
  };
  if (argument.starts_with('[') && argument.ends_with(']'))
    argument = argument.substr(1, argument.size() - 2);
  for (const auto& [name, kind] : kKinds)
    if (argument == name) return kind;
  const bool words =
      !argument.empty() && std::none_of(argument.begin(), argument.end(), [](char c) {
        return (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '|';
      });
  return words ? "=" + std::string(argument) : "none";
}

std::vector<Option> all_options(const std::vector<Command>& commands) {
  std::vector<Option> all;
  for (const Command& command : commands)
    for (const Option& option : command.options)
      if (std::none_of(all.begin(), all.end(),
                       [&](const Option& other) { return other.name == option.name; }))
        all.push_back(option);
  return all;
}

int write_completion(const Program& program, int argc, char** argv) {
  const std::string_view shell = argc == 2 ? argv[1] : "";
  if (shell != "bash" && shell != "zsh" && shell != "fish") {
    std::fputs("usage: PROGRAM bash|zsh|fish < TEMPLATE > COMPLETION\n", stderr);
    return 1;
  }
  std::string text(std::istreambuf_iterator<char>(std::cin), {});
  std::string identifier = program.name;
  std::replace(identifier.begin(), identifier.end(), '-', '_');
  replace_all(text, "@PROGRAM@", program.name);
  replace_all(text, "@IDENTIFIER@", identifier);
  replace_all(text, "@OTHERWISE@", program.otherwise.empty() ? "?" : program.otherwise);
  if (text.find("@TABLE@") == text.npos) {
    std::fputs("completions: the template has no @TABLE@\n", stderr);
    return 1;
  }
  replace_all(text, "@TABLE@", quoted(table(program), shell));
  std::fputs(text.c_str(), stdout);
  return std::fflush(stdout) == 0 ? 0 : 1;
}

}  // namespace completions
