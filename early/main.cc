// SPDX-License-Identifier: GPL-2.0-or-later
//
// vfio-early: claims the configured cards before any host driver can (vfio-early(8)).
//
// It never blocks a boot: the gate is a few writes, every wait has a limit, and a failure here does
// not affect anything else. Exit 0: all claimed; 1: something was not; 2: configuration or usage.
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>

#include <getopt.h>
#include <unistd.h>

#include "early/commands.h"
#include "early/first_process.h"
#include "host/printable.h"

namespace {

using early::kAllClaimed, early::kUsage;

constexpr const char* kHelp =
    R"(vfio-early: claim graphics cards for vfio-pci before any host driver does

Usage: vfio-early [OPTION…] [COMMAND]

Commands
  plan              print which functions would be claimed; change nothing (default)
  claim             run gate and bind
  gate              write every driver_override; then no host driver can bind
  bind              load vfio-pci and bind the reserved functions
  import            print the overrides of driverctl as a configuration
  release CARD      give a card back to the host; CARD: its name, slot or function
  adopt ADDRESS     claim a function that appears late; udev runs this command
  healthy           mark this boot as healthy, if it is (dead-man rescue)
  stopped           mark this boot as shut down on purpose
  modules [KERNEL]  print the modules that an initramfs needs
  image KERNEL      write a supplementary initramfs; needs -o FILE

Options
  --config FILE     read FILE instead of /etc/vfio-early.conf
  --root DIR        use DIR as /: a captured machine or a mounted system
  --wait            for healthy: wait until the boot is healthy
  --modules DIR     for image and modules: the directory with the kernel's modules
  -o FILE           for image: the file to write; for modules: the directory
  --loader NAME     for image: grub, systemd-boot, refind, uki or other
  --generic         for modules: print the modules for any machine
  --help, --version

Exit status: 0 all claimed, 1 not all claimed, 2 configuration or usage mistake.
See vfio-early(8), vfio-early.conf(5).
)";

int run(const early::Command& command, const std::optional<std::string>& tree,
        const early::Options& options) {
  const auto root = tree ? host::Root::open_tree(*tree) : host::Root::open();
  if (!root) {
    host::print(stderr, "vfio-early: --root: %s\n", describe(root.error()).c_str());
    return kUsage;
  }
  return command.run(*root, options);
}

// Output that could not be written is an error.
int finish_output(int exit_code) {
  if (std::fflush(stdout) == 0 && !std::ferror(stdout)) return exit_code;
  host::print(stderr, "vfio-early: failed to write to standard output: %s\n", std::strerror(errno));
  return exit_code == kAllClaimed ? early::kNotAllClaimed : exit_code;
}

// The option that getopt_long(3) has just refused. optopt is printable only for a short option
// and for --output, whose value is 'o'.
std::string wrong_option(char** argv) {
  return optopt > ' ' ? std::string("-") + static_cast<char>(optopt) : argv[optind - 1];
}

int usage(const std::string& error_message) {
  host::print(stderr, "vfio-early: %s; see vfio-early --help\n", error_message.c_str());
  return kUsage;
}

}  // namespace

int main(int argc, char** argv) {
  if (early::is_first_process()) return early::exec_real_init(argv);
  enum { kRoot = 1, kConfig, kWait, kModules, kGeneric, kLoader, kHelpOption, kVersion };
  constexpr option kOptions[] = {{"root", required_argument, nullptr, kRoot},
                                 {"config", required_argument, nullptr, kConfig},
                                 {"wait", no_argument, nullptr, kWait},
                                 {"help", no_argument, nullptr, kHelpOption},
                                 {"modules", required_argument, nullptr, kModules},
                                 {"generic", no_argument, nullptr, kGeneric},
                                 {"output", required_argument, nullptr, 'o'},
                                 {"loader", required_argument, nullptr, kLoader},
                                 {"version", no_argument, nullptr, kVersion},
                                 {nullptr, 0, nullptr, 0}};
  std::string name = "plan";
  std::optional<std::string> tree;
  early::Options options;
  for (int found; (found = ::getopt_long(argc, argv, ":o:", kOptions, nullptr)) != -1;) {
    switch (found) {
      case kRoot:
        tree = optarg;
        break;
      case kConfig:
        options.config = optarg;
        break;
      case kWait:
        options.wait = true;
        break;
      case kModules:
        options.modules = optarg;
        break;
      case kGeneric:
        options.generic = true;
        break;
      case 'o':
        options.output = optarg;
        break;
      case kLoader:
        options.loader = optarg;
        break;
      case kHelpOption:
        host::print(stdout, "%s", kHelp);
        return finish_output(kAllClaimed);
      case kVersion:
        host::print(stdout, "vfio-early " VFIO_EARLY_VERSION "\n");
        return finish_output(kAllClaimed);
      case ':':
        return usage(wrong_option(argv) + " needs an argument");
      default:
        return usage("unknown option " + wrong_option(argv));
    }
  }
  if (optind < argc) name = argv[optind++];
  for (const early::Command& command : early::commands()) {
    if (name != command.name) continue;
    const bool lacks = command.argument && optind == argc;
    if (lacks && !command.is_argument_optional) return usage(name + " needs " + command.argument);
    if (command.argument && !lacks) options.argument = argv[optind++];
    return optind < argc ? usage("too many arguments") : finish_output(run(command, tree, options));
  }
  return usage("unknown command '" + name + "'");
}
