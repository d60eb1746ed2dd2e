// SPDX-License-Identifier: GPL-2.0-or-later
//
// Runs during the build: writes the completions of vfio-early.
#include "completions/program.h"
#include "early/boot_loader.h"
#include "early/commands.h"
#include "early/options.h"

namespace {

using completions::Command, completions::Option;

completions::Kind value_kind(const early::Option& option) {
  if (!option.argument) return "flag";
  if (option.bit != early::kLoader) return completions::kind_of(option.argument);
  std::string names;
  for (const char* name : early::boot_loader_names())
    names += (names.empty() ? "=" : "|") + std::string(name);
  return names;
}

// `enable` takes a card that has no section yet.
completions::Kind operand_kind(const early::Command& command) {
  if (!command.argument) return "none";
  const bool without_section = (command.options & early::kOnlyDisplay) != 0;
  return without_section ? "slot" : completions::kind_of(command.argument);
}

std::vector<Option> options_of(const early::Command& command) {
  std::vector<Option> all;
  for (const early::Option& option : early::options()) {
    if (option.bit != 0 && (option.bit & command.options) == 0) continue;
    all.push_back({std::string("--") + option.name, value_kind(option), option.summary});
    if (option.has_short_form()) all.push_back({"-o", value_kind(option), option.summary});
  }
  return all;
}

completions::Program vfio_early() {
  completions::Program program{.name = "vfio-early", .before = {.name = "-"}};
  for (const early::Command& command : early::commands())
    program.commands.push_back({command.name, command.summary, operand_kind(command),
                                command.argument ? 1 : 0, options_of(command)});
  program.before.options = completions::all_options(program.commands);
  return program;
}

}  // namespace

int main(int argc, char** argv) {
  return completions::write_completion(vfio_early(), argc, argv);
}
