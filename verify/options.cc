// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/options.h"

#include <algorithm>
#include <map>
#include <sstream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "host/text.h"
#include "host/version.h"
#include "verify/report/report.h"
#include "verify/setup/targets.h"
#include "verify/trial/live/cycles.h"

namespace verify {
namespace {

// An error message for the first option that the command does not take; "": it takes all.
std::string unsupported_option(const CLI::App& app, const Options& options) {
  const auto taken = host::split(options.command->options);
  for (const CLI::Option* option : app.get_options()) {
    const std::string name = option->get_name();
    if (option->count() > 0 && !option->get_positional() && name != "--list-checks" &&
        std::find(taken.begin(), taken.end(), name) == taken.end())
      return fmt::format("vfio-verify: '{}' does not take {}; {}\n", options.command->name, name,
                         taken.empty() ? "it has no options"
                                       : "its options: " + std::string(options.command->options));
  }
  return {};
}

// An error message if the command takes no operands, but there is one; "": there is none. CLI11
// refuses too many of a command that takes some, but gives those of the others to 'check'.
std::string surplus_operand(const Options& options) {
  if (options.command->max_operands > 0 || options.operands.empty()) return {};
  return fmt::format("vfio-verify: '{}' takes no {}\n", options.command->name,
                     options.operands.front());
}

// An error message if the command does not support --format; "": it does.
std::string missing_format(const Options& options) {
  if (options.quiet && options.format == "summary")
    return "vfio-verify: --quiet is for the text: leave out --format summary\n";
  const char* formats = options.command->formats;
  if (!formats || options.format.empty()) return {};
  for (const std::string_view format : host::split(formats))
    if (format == options.format) return {};
  return fmt::format("vfio-verify: '{}' does not support --format {}, only: {}\n",
                     options.command->name, options.format, formats);
}

// An error message if --expires-after is used with another format than nfd; "": it is not.
std::string misplaced_expiry(const Options& options) {
  if (options.expires_after == 0 || options.format == "nfd") return {};
  return "vfio-verify: --expires-after is for --format nfd: leave it out\n";
}

// An error message if --root is used with an option or a command for this machine only; "": it is
// not.
std::string misplaced_root(const Options& options) {
  if (!options.root) return {};
  if (options.live) return "vfio-verify: --live works only on this machine: leave out --root\n";
  if (options.command->this_machine_only)
    return fmt::format("vfio-verify: '{}' works only on this machine: leave out --root\n",
                       options.command->name);
  return {};
}

}  // namespace

void declare(CLI::App& app, std::span<const Command> commands, Options& options) {
  app.add_option(
         "CARD", options.operands,
         "Cards to check: names of sections, or PCI addresses (default: all configured cards)")
      ->option_text("...");
  for (const Command& command : commands) {
    auto* subcommand = app.add_subcommand(command.name, command.what);
    if (command.max_operands > 0)
      subcommand->add_option(command.operands, options.operands)
          ->expected(command.min_operands, command.max_operands)
          ->required(command.min_operands > 0);
    subcommand->fallthrough();
    if (*command.options != '\0')
      subcommand->footer(fmt::format("Options (see vfio-verify --help): {}", command.options));
    subcommand->callback([&options, &command] { options.command = &command; });
  }
  app.require_subcommand(0, 1);
  app.add_option("--config", options.configuration_file, "Configuration file of vfio-early")
      ->option_text("FILE")
      ->capture_default_str();
  app.add_option("--root", options.root,
                 "Check a directory tree, or an archive of 'capture', instead of this machine")
      ->option_text("DIR|FILE");
  std::vector<std::string> names;
  for (const Format& format : formats()) names.emplace_back(format.name);
  auto* format = app.add_option("--format", options.format,
                                "Format of the report (default: summary on a terminal, else text)")
                     ->option_text(host::join(names, "|"))
                     ->check(CLI::IsMember(names));
  app.add_option("--output,-o", options.output, "Write the report to this file")
      ->option_text("FILE");
  auto* quiet = app.add_flag("--quiet,-q", options.quiet,
                             "As text: print only checks that failed or are unknown");
  app.add_flag("--verbose,-v", options.verbose,
               "Print all checks, also on a terminal: the same as --format text")
      ->excludes(format)
      ->excludes(quiet);
  app.add_flag("--all", options.all, "With 'image': check the images of all installed kernels");
  auto* live = app.add_flag("--live", options.live,
                            "Test DMA and interrupts of the card itself; this resets the card");
  app.add_flag("--force", options.force,
               "With --live: also test a card that may not recover from a reset")
      ->needs(live);
  app.add_option("--cycles", options.cycles,
                 "With --live: reset and test each function N times; stop if it does not come back")
      ->option_text("N")
      ->needs(live)
      ->check(CLI::Range(1, kMostCycles));
  app.add_option("--guest-memory", options.guest_memory,
                 "Check whether a guest of this size can be started, for example 16G")
      ->option_text("SIZE")
      ->transform(CLI::AsSizeValue(/*kb_is_1000=*/false))
      ->check(CLI::Range(uint64_t{1} << 20, uint64_t{1} << 60));
  app.add_option("--user", options.user,
                 "The user who starts the guest (default: the invoking user)")
      ->option_text("USER");
  app.add_flag("--quick", options.quick, "Do not run QEMU or virsh, and do not read an image");
  app.add_flag("--passive", options.passive,
               "Open no device of a guest, and run no other program: for a timer, beside guests")
      ->excludes(live);
  app.add_option("--expires-after", options.expires_after,
                 "With --format nfd: the labels expire after this time, for example 2h")
      ->option_text("TIME")
      ->transform(CLI::AsNumberWithUnit(
          std::map<std::string, uint64_t>{{"s", 1}, {"min", 60}, {"h", 3600}, {"d", 86400}},
          CLI::AsNumberWithUnit::UNIT_REQUIRED, "TIME"))
      ->check(CLI::Range(uint64_t{1}, uint64_t{366} * 86400));
  app.add_option("--backend", options.backend_name,
                 "With --live: the kernel interface to use (default: type1, if available)")
      ->option_text(host::join({kBackendNames[0], kBackendNames[1]}, "|"))
      ->needs(live)
      ->check(CLI::IsMember({kBackendNames[0], kBackendNames[1]}));
  std::vector<std::string> target_names;
  for (const Target& target : targets()) target_names.emplace_back(target.name);
  app.add_option("--for", options.target,
                 "With 'setup': what runs the guest (default: chosen by this machine)")
      ->option_text(host::join(target_names, "|"))
      ->check(CLI::IsMember(target_names));
  app.add_flag("--list-checks", options.list_checks, "Print all checks with their questions");
  app.set_version_flag("--version", fmt::format("vfio-verify {}", host::kVersion));
  app.footer(
      "Exit status: 0 pass, 1 fail, 2 inconclusive, 64 wrong usage.\n"
      "Warnings and skipped checks do not count. See vfio-verify(8).");
}

std::optional<Backend> Options::backend() const {
  if (backend_name.empty()) return std::nullopt;
  return backend_name == name_of(Backend::kIommufd) ? Backend::kIommufd : Backend::kType1;
}

std::string Options::format_on(bool terminal) const {
  if (!format.empty()) return format;
  return terminal && !quiet && !verbose ? "summary" : "text";
}

ParsedOptions parse_options(std::span<const Command> commands, int argc, const char* const* argv) {
  Options options;
  options.command = &commands.front();
  options.arguments.assign(argv + (argc > 0 ? 1 : 0), argv + argc);
  CLI::App app(
      "Check whether the configured cards can be given to a guest safely, and if not, why.",
      "vfio-verify");
  declare(app, commands, options);
  // CLI11 reports errors, and also --help, with an exception.
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::ostringstream out, error_message;
    const int code = app.exit(error, out, error_message);
    return {std::nullopt, EarlyExit{out.str(), error_message.str(), code == 0 ? 0 : kExitUsage}};
  }
  for (const std::string& error_message :
       {surplus_operand(options), misplaced_root(options), unsupported_option(app, options),
        missing_format(options), misplaced_expiry(options)})
    if (!error_message.empty()) return {std::nullopt, EarlyExit{"", error_message, kExitUsage}};
  return {std::move(options), std::nullopt};
}

}  // namespace verify
