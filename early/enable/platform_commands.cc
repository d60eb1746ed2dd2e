// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/enable/platform_commands.h"

#include <algorithm>

#include "host/text.h"

namespace early::enable {
namespace {

using host::Command;
using host::Error;
using host::Result;
using host::Root;

constexpr const char* kShell = "/bin/sh";

bool needs_shell(std::string_view line) {
  return line.find_first_of("\"'\\$;&|<>*?()`") != line.npos;
}

// The program that the line starts; a loop starts it for each kernel.
std::string_view program_in(std::string_view line) {
  constexpr std::string_view kDo = "; do ";
  if (const size_t loop = line.find(kDo); loop != line.npos) line.remove_prefix(loop + kDo.size());
  return line.substr(0, line.find(' '));
}

Result<Command> command_of(const Root& root, std::string_view line) {
  auto program = host::find_program(root, std::string(program_in(line)));
  if (!program) return program.error();
  // -e: a loop ends with its first failure
  if (needs_shell(line)) return Command{kShell, "-e", "-c", std::string(line)};
  const auto words = host::split(line);
  Command command = {std::move(*program)};
  for (size_t i = 1; i < words.size(); ++i) command.emplace_back(words[i]);
  return command;
}

bool runs_shell(const Command& command) {
  return command.size() == 4 && command[0] == kShell;
}

// Is the program of the command still there?
bool is_installed(const Root& root, const Command& command) {
  return runs_shell(command) ? host::find_program(root, program_of(command)).has_value()
                             : root.exists(command.front());
}

void add_missing(std::vector<Command>& commands, const Command& command) {
  if (std::find(commands.begin(), commands.end(), command) == commands.end())
    commands.push_back(command);
}

Error by_hand(const host::Platform& platform) {
  if (platform.image->image.tool == host::ImageTool::kOther &&
      std::string_view(platform.image->name) == "unknown")
    return {0, "vfio-early does not know how the initramfs of this system is built"};
  return {0,
          std::string("vfio-early cannot build the initramfs here (") + platform.image->name + ")"};
}

}  // namespace

std::string program_of(const Command& command) {
  return std::string(runs_shell(command) ? program_in(command[3])
                                         : host::file_name(command.front()));
}

Result<std::vector<Command>> commands_of(const Root& root, std::string_view lines) {
  std::vector<Command> commands;
  for (const std::string_view line : host::split(lines, "\n")) {
    auto command = command_of(root, line);
    if (!command) return command.error();
    commands.push_back(std::move(*command));
  }
  return commands;
}

std::string shown(const Command& command) {
  if (runs_shell(command)) return command[3];
  std::string text(host::file_name(command.front()));
  for (size_t i = 1; i < command.size(); ++i) text += " " + command[i];
  return text;
}

Result<std::vector<Command>> rebuild_commands(const Root& root, const host::Platform& platform,
                                              bool parameters_change) {
  const host::ImageRecipe& image = platform.image->image;
  const auto& [step, more, rest] = image.rebuild;
  const bool has_hook = image.tool == host::ImageTool::kMkinitcpio || !*image.include[0].words;
  if (!has_hook || !*step.commands || *more.words) return by_hand(platform);
  auto commands = commands_of(root, step.commands);
  if (!commands || !parameters_change) return commands;
  auto apply = commands_of(root, platform.parameters->parameters.apply);
  if (!apply) return apply.error();
  for (const Command& command : *apply) add_missing(*commands, command);
  return commands;
}

void add_recorded(const Root& root, const std::vector<Command>& recorded,
                  std::vector<Command>& commands) {
  for (const Command& command : recorded)
    if (is_installed(root, command)) add_missing(commands, command);
}

Result<std::vector<Command>> rebuild_commands_now(const Root& root,
                                                  const std::vector<Command>& recorded) {
  const auto missing = std::find_if(recorded.begin(), recorded.end(), [&](const Command& command) {
    return !is_installed(root, command);
  });
  if (missing == recorded.end()) return recorded;
  // The command line may have changed as well: what the recorded commands did is not known.
  auto commands = rebuild_commands(root, host::read_platform(root), /*parameters_change=*/true);
  if (!commands)
    return Error{0, program_of(*missing) + " is not installed any more, and " +
                        host::describe(commands.error())};
  add_recorded(root, recorded, *commands);
  return commands;
}

bool rebuilds_here(const host::Platform& platform) {
  return std::string_view(platform.image->image.rebuild[0].commands).find("transactional-update") ==
         std::string_view::npos;
}

}  // namespace early::enable
