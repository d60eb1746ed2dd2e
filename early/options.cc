// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/options.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>
#include <utility>

#include <getopt.h>

#include "early/commands.h"
#include "host/text.h"

namespace early {
namespace {

constexpr Option kOptions[] = {
    {"config", "FILE", "read FILE instead of /etc/vfio-early.conf", kConfig,
     [](CommandLine& line, const char* value) { line.options.config = value; }},
    {"root", "DIR", "use DIR as /: a captured machine or a mounted system", 0,
     [](CommandLine& line, const char* value) { line.tree = value; }},
    {"wait", nullptr, "for healthy: wait until the boot is healthy", kWait,
     [](CommandLine& line, const char*) { line.options.wait = true; }},
    {"modules", "DIR", "for image and modules: the directory with the kernel's modules", kModules,
     [](CommandLine& line, const char* value) { line.options.modules = value; }},
    {"output", "FILE", "for image: the file to write; for modules: the directory", kOutput,
     [](CommandLine& line, const char* value) { line.options.output = value; }},
    {"loader", "NAME", "for image: grub, systemd-boot, refind, uki, limine, nixos or other",
     kLoader, [](CommandLine& line, const char* value) { line.options.loader = value; }},
    {"generic", nullptr, "for modules: print the modules for any machine", kGeneric,
     [](CommandLine& line, const char*) { line.options.generic = true; }},
    {"yes", nullptr, "for enable and disable: do not ask", kYes,
     [](CommandLine& line, const char*) { line.options.yes = true; }},
    {"dry-run", nullptr, "for enable and disable: print the changes, and change nothing", kDryRun,
     [](CommandLine& line, const char*) { line.options.dry_run = true; }},
    {"only-display", "allow", "for enable: the host may be left without a display", kOnlyDisplay,
     [](CommandLine& line, const char* value) { line.options.only_display = value; }},
    {"keep-edited", nullptr, "for disable: leave files that were edited since as they are",
     kKeepEdited, [](CommandLine& line, const char*) { line.options.keep_edited = true; }},
    {"stop-services", nullptr, "for claim: stop the system services that hold the card",
     kStopServices, [](CommandLine& line, const char*) { line.options.stop_services = true; }},
    {"format", "text|json", "for status: the format of the output", kFormat,
     [](CommandLine& line, const char* value) { line.options.format = value; }},
    {"help", nullptr, "print this text", 0,
     [](CommandLine& line, const char*) { line.help = true; }},
    {"version", nullptr, "print the version", 0, [](CommandLine&, const char*) {}},
};
constexpr size_t kCount = std::size(kOptions);
constexpr int kFirst = 1;  // getopt_long(3) returns kFirst plus the number of an option

using LongOptions = std::array<option, kCount + 1>;

LongOptions long_options() {
  LongOptions all{};
  for (size_t i = 0; i < kCount; ++i)
    all[i] = {kOptions[i].name, kOptions[i].argument ? required_argument : no_argument, nullptr,
              kOptions[i].has_short_form() ? 'o' : kFirst + static_cast<int>(i)};
  return all;
}

// nullptr: getopt_long() refused the option.
const Option* option_of(int found) {
  for (const Option& option : kOptions)
    if (found == 'o' ? option.has_short_form() : found == kFirst + (&option - kOptions))
      return &option;
  return nullptr;
}

// The option that getopt_long(3) has just refused. optopt is printable only for a short option
// and for --output, whose value is 'o'.
std::string refused_option(char** argv) {
  return optopt > ' ' ? std::string("-") + static_cast<char>(optopt) : argv[optind - 1];
}

const Command* command_called(std::string_view name) {
  for (const Command& command : commands())
    if (name == command.name) return &command;
  return nullptr;
}

// The first of `used` that the command does not take; nullptr: it takes all.
const Option* option_not_taken(const Command& command, unsigned used) {
  for (const Option& option : kOptions)
    if (option.bit & used & ~command.options) return &option;
  return nullptr;
}

host::Result<CommandLine> with_command(CommandLine line, unsigned used, int argc, char** argv) {
  const std::string name = optind < argc ? argv[optind++] : "plan";
  const auto wrong = [](std::string why) { return host::Error{0, std::move(why)}; };
  const Command* command = command_called(name);
  if (!command) return wrong("unknown command '" + name + "'");
  if (const Option* option = option_not_taken(*command, used))
    return wrong("'" + name + "' does not take --" + option->name);
  const int first = optind;
  if (command->argument && optind < argc)
    line.options.argument = argv[optind++];
  else if (command->needs_argument())
    return wrong(name + " needs an argument: " + command->argument);
  // Without an argument, `claim` takes all cards: an unset variable of a script must not do that.
  if (command->argument && optind > first && line.options.argument.empty())
    return wrong("the argument of " + name + " is empty");
  while (optind < argc && line.options.more.size() + 1 < command->max_arguments())
    line.options.more.emplace_back(argv[optind++]);
  if (optind < argc) return wrong("too many arguments");
  if (const std::string& format = line.options.format;
      !format.empty() && format != "text" && format != "json")
    return wrong("unknown format '" + format + "': use text or json");
  line.command = command;
  return line;
}

std::string column(std::string text) {
  constexpr size_t kWidth = 20;
  text.resize(std::max(text.size() + 1, kWidth), ' ');
  return text;
}

}  // namespace

size_t Command::max_arguments() const {
  return argument ? host::split(argument).size() : 0;
}

bool Option::has_short_form() const {
  return name == std::string_view("output");
}

std::span<const Option> options() {
  return kOptions;
}

host::Result<CommandLine> parse_command_line(int argc, char** argv) {
  const LongOptions all = long_options();
  CommandLine line;
  unsigned used = 0;
  for (int found; (found = ::getopt_long(argc, argv, ":o:", all.data(), nullptr)) != -1;) {
    if (found == ':') return host::Error{0, refused_option(argv) + " needs an argument"};
    const Option* option = option_of(found);
    if (!option) return host::Error{0, "unknown option " + refused_option(argv)};
    option->set(line, optarg);
    used |= option->bit;
    const std::string_view name = option->name;
    if (name == "help" || name == "version") return line;
  }
  return with_command(std::move(line), used, argc, argv);
}

std::string help_text() {
  std::string text =
      "vfio-early: claim graphics cards for vfio-pci before any host driver does\n\n"
      "Usage: vfio-early [OPTION…] [COMMAND]\n\nCommands\n";
  for (const Command& command : commands()) {
    const std::string argument = command.argument ? std::string(" ") + command.argument : "";
    text += column("  " + (command.name + argument)) + command.summary + "\n";
  }
  text += "\nOptions\n";
  for (const Option& option : kOptions) {
    const std::string name = option.has_short_form() ? "-o" : std::string("--") + option.name;
    const std::string argument = option.argument ? std::string(" ") + option.argument : "";
    text += column("  " + name + argument) + option.summary + "\n";
  }
  return text +
         "\nExit status: 0 all claimed, 1 not all claimed, 2 configuration or usage mistake.\n"
         "See vfio-early(8), vfio-early.conf(5).\n";
}

}  // namespace early
