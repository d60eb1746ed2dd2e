// SPDX-License-Identifier: GPL-2.0-or-later
//
// vfio-early: claims the configured cards before any host driver can (vfio-early(8)).
//
// It never holds up a boot: the gate is a handful of writes, everything that waits has a limit, and
// no failure here is anybody else's. Exit 0: all claimed; 1: something was not; 2: configuration or
// usage.
#include <cstdio>
#include <string>

#include <getopt.h>

#include "early/bind.h"
#include "early/gate.h"
#include "early/lock.h"
#include "early/print_plan.h"
#include "early/say.h"
#include "host/machine.h"
#include "plan/configuration.h"
#include "plan/plan.h"
#include "plan/record.h"

namespace {

enum Exit { kAllClaimed = 0, kSomethingLeft = 1, kUsage = 2 };

// A module load that takes longer than this has gone wrong.
constexpr int kLockSeconds = 30;

constexpr const char* kHelp =
    R"(vfio-early: claim graphics cards for vfio-pci before any host driver does

Usage: vfio-early [OPTION…] [COMMAND]

Commands
  plan    print what would be claimed, and touch nothing (the default)
  claim   gate and bind in one
  gate    write every driver_override; from then on no host driver can bind
  bind    load vfio-pci and bind what the gate reserved; again: complete or join it

Options
  --config FILE   instead of /etc/vfio-early.conf
  --root DIR      a captured or mounted machine instead of /
  --help, --version

Exit status: 0 all claimed, 1 something was not, 2 configuration or usage.
See vfio-early(8), vfio-early.conf(5).
)";

struct Options {
  std::string command = "plan";
  std::string root = "/";
  std::string config = plan::kConfigurationFile;
};

int run_plan(const plan::Plan& plan, const plan::Configuration& configuration) {
  early::print_plan(plan, configuration);
  if (!configuration.refusals.empty()) return kUsage;
  return plan.complete() ? kAllClaimed : kSomethingLeft;
}

// The gate, and after it, for `claim`, bind.
int run_claim(const host::Root& root, const plan::Plan& plan,
              const plan::Configuration& configuration, const host::Machine& machine,
              bool bind_too) {
  plan::Record record = plan::intend(plan, configuration, machine);
  early::gate(root, record);
  if (bind_too) {
    const auto lock = early::take_lock(root, kLockSeconds);
    if (!lock) early::say(root, host::Priority::kWarning, describe(lock.error()));
    early::bind(root, record);
  }
  if (!configuration.refusals.empty()) return kUsage;
  return (bind_too ? record.complete() : record.reserved()) ? kAllClaimed : kSomethingLeft;
}

int run_bind(const host::Root& root) {
  const auto lock = early::take_lock(root, kLockSeconds);
  if (!lock) {
    early::say(root, host::Priority::kError,
               describe(lock.error()) + ". Remedy: `vfio-early claim` gates and binds in one");
    return kSomethingLeft;
  }
  auto record = plan::read_record(root);
  if (!record) {
    early::say(root, host::Priority::kError,
               describe(record.error()) + ". Remedy: `vfio-early claim` gates and binds in one");
    return kSomethingLeft;
  }
  early::bind(root, *record);
  return record->complete() ? kAllClaimed : kSomethingLeft;
}

int run(const Options& options) {
  const auto root = host::Root::open(options.root);
  if (!root) {
    std::fprintf(stderr, "vfio-early: --root: %s\n", describe(root.error()).c_str());
    return kUsage;
  }
  if (options.command == "bind") return run_bind(*root);

  const auto machine = host::read_machine(*root);
  if (!machine) {
    early::say(*root, host::Priority::kError,
               describe(machine.error()) + ". Remedy: sysfs has to be mounted at /sys");
    return kSomethingLeft;
  }
  const auto configuration = plan::read_configuration(*root, options.config);
  const auto plan = plan::make_plan(configuration, *machine);
  if (options.command == "plan") return run_plan(plan, configuration);
  return run_claim(*root, plan, configuration, *machine, options.command == "claim");
}

int usage(const std::string& complaint) {
  std::fprintf(stderr, "vfio-early: %s; see vfio-early --help\n", complaint.c_str());
  return kUsage;
}

}  // namespace

int main(int argc, char** argv) {
  enum { kRoot = 1, kConfig, kHelpOption, kVersion };
  constexpr option kOptions[] = {{"root", required_argument, nullptr, kRoot},
                                 {"config", required_argument, nullptr, kConfig},
                                 {"help", no_argument, nullptr, kHelpOption},
                                 {"version", no_argument, nullptr, kVersion},
                                 {nullptr, 0, nullptr, 0}};
  Options options;
  for (int found; (found = ::getopt_long(argc, argv, "", kOptions, nullptr)) != -1;) {
    switch (found) {
      case kRoot:
        options.root = optarg;
        break;
      case kConfig:
        options.config = optarg;
        break;
      case kHelpOption:
        std::fputs(kHelp, stdout);
        return kAllClaimed;
      case kVersion:
        std::puts("vfio-early " VFIO_EARLY_VERSION);
        return kAllClaimed;
      default:
        return kUsage;  // getopt has said why
    }
  }
  if (optind < argc) options.command = argv[optind++];
  if (optind < argc) return usage("one command at a time");
  for (const char* command : {"plan", "claim", "gate", "bind"})
    if (options.command == command) return run(options);
  return usage("unknown command '" + options.command + "'");
}
