// SPDX-License-Identifier: GPL-2.0-or-later
//
// Runs during the build: writes the completions of vfio-bench.
#include "bench/options.h"
#include "completions/cli11.h"
#include "completions/program.h"

namespace {

using completions::Command;

Command described(const std::string& name, const CLI::App& app) {
  Command command{.name = name, .summary = app.get_description()};
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional()) {
      command.operand = completions::kind_of(option->get_name());
      command.most = option->get_items_expected_max();
      continue;
    }
    completions::add_options(*option, command.options);
  }
  return command;
}

completions::Program vfio_bench() {
  bench::Options ignored;
  CLI::App app;
  bench::declare(app, ignored);
  completions::Program program{.name = "vfio-bench", .before = described("-", app)};
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    program.commands.push_back(described(command->get_name(), *command));
  return program;
}

}  // namespace

int main(int argc, char** argv) {
  return completions::write_completion(vfio_bench(), argc, argv);
}
