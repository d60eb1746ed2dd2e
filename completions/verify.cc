// SPDX-License-Identifier: GPL-2.0-or-later
//
// Runs during the build: writes the completions of vfio-verify.
#include "completions/cli11.h"
#include "completions/program.h"
#include "host/text.h"
#include "verify/commands.h"
#include "verify/options.h"

namespace {

using completions::Command, completions::Option;

// The formats that the command supports, of those that exist.
completions::Kind format_kind(const verify::Command& command, const CLI::Option& option) {
  if (!command.formats) return completions::value_kind(option);
  const auto formats = host::split(command.formats);
  return "=" + host::join({formats.begin(), formats.end()}, "|");
}

std::vector<Option> options_of(const verify::Command& command, const CLI::App& app) {
  std::vector<Option> all;
  for (const std::string_view name : host::split(command.options)) {
    const CLI::Option* option = app.get_option(std::string(name));
    completions::add_options(*option, all);
    if (name == "--format") all.back().value = format_kind(command, *option);
  }
  completions::add_options(*app.get_help_ptr(), all);
  return all;
}

completions::Program vfio_verify() {
  verify::Options ignored;
  CLI::App app;
  verify::declare(app, verify::commands(), ignored);
  completions::Program program{.name = "vfio-verify", .before = {.name = "-"}};
  for (const verify::Command& command : verify::commands())
    program.commands.push_back({command.name, command.what, completions::kind_of(command.operands),
                                command.max_operands, options_of(command, app)});
  // Without a command, the first one is run.
  const Command& first = program.commands.front();
  program.otherwise = first.name;
  program.before.operand = first.operand;
  program.before.most = first.most;
  for (const CLI::Option* option : app.get_options())
    if (!option->get_positional()) completions::add_options(*option, program.before.options);
  return program;
}

}  // namespace

int main(int argc, char** argv) {
  return completions::write_completion(vfio_verify(), argc, argv);
}
