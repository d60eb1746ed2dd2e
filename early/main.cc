// SPDX-License-Identifier: GPL-2.0-or-later
//
// vfio-early: claims the configured cards before any host driver can (vfio-early(8)).
//
// It never holds up a boot: the gate is a handful of writes, everything that waits has a limit, and
// no failure here is anybody else's. Exit 0: all claimed; 1: something was not; 2: configuration or
// usage.
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <getopt.h>
#include <unistd.h>

#include "early/adopt.h"
#include "early/bind.h"
#include "early/gate.h"
#include "early/healthy.h"
#include "early/lock.h"
#include "early/observe.h"
#include "early/print_plan.h"
#include "early/release.h"
#include "early/rescue.h"
#include "early/say.h"
#include "host/machine.h"
#include "host/text.h"
#include "plan/configuration.h"
#include "plan/plan.h"
#include "plan/record.h"
#include "plan/suggestion.h"

namespace {

enum Exit { kAllClaimed = 0, kSomethingLeft = 1, kUsage = 2 };

// A bind that takes longer than this has gone wrong: a module that hangs while it loads, perhaps.
// Who waits for it stops waiting, and it is ended where the kernel allows that.
constexpr int kLockSeconds = 30;
constexpr unsigned kBindSeconds = 60;
constexpr unsigned kAdoptSeconds = 30;  // an event of udev's waits for it

constexpr const char* kHelp =
    R"(vfio-early: claim graphics cards for vfio-pci before any host driver does

Usage: vfio-early [OPTION…] [COMMAND]

Commands
  plan          print what would be claimed, and touch nothing (the default)
  claim         gate and bind in one
  gate          write every driver_override; from then on no host driver can bind
  bind          load vfio-pci and bind what the gate reserved; again: complete or join it
  import        print what driverctl was told (/etc/driverctl.d) as a configuration
  release CARD  hand a card back to the host; CARD is its name, its slot or a function
  adopt ADDRESS what udev runs for a function that appears
  healthy       mark this boot as good, if it is (dead-man rescue); --wait: as soon as it is
  stopped       mark it as shut down on purpose

Options
  --config FILE   instead of /etc/vfio-early.conf
  --root DIR      a captured or mounted machine instead of /
  --wait          see healthy
  --help, --version

Exit status: 0 all claimed, 1 something was not, 2 configuration or usage.
See vfio-early(8), vfio-early.conf(5).
)";

struct Options {
  std::string command = "plan";
  std::string argument;
  std::string root = "/";
  std::string config = plan::kConfigurationFile;
  bool wait = false;
};

constexpr const char* kMountSysfs = "mount sysfs at /sys first";
constexpr const char* kClaimInstead = "`vfio-early claim` gates and binds in one";

int fail(const host::Root& root, const std::string& why, const std::string& remedy) {
  early::say(root, host::Priority::kError, why + ". Remedy: " + remedy);
  return kSomethingLeft;
}

// The exit status of what came to an end. The rescue is what the owner asked for.
int outcome(bool all, bool rescued, const plan::Configuration& configuration) {
  if (rescued) return kAllClaimed;
  if (!configuration.refusals.empty()) return kUsage;
  return all ? kAllClaimed : kSomethingLeft;
}

// What the owner wants, and this machine.
struct Scene {
  host::Machine machine;
  plan::Configuration configuration;
  plan::Plan plan;
};

// `wanted`: details beyond those that the plan needs.
host::Result<Scene> look(const host::Root& root, const Options& options,
                         const host::Details& wanted = {}) {
  auto configuration = plan::read_configuration(root, options.config);
  auto machine = host::read_machine(root, plan::details_for(configuration) | wanted);
  if (!machine) return machine.error();
  Scene scene{
      .machine = std::move(*machine), .configuration = std::move(configuration), .plan = {}};
  scene.plan = plan::make_plan(scene.configuration, scene.machine);
  return scene;
}

// What this boot is to do: the plan, and what the last boot makes of it.
plan::Record intend(const host::Root& root, Scene& scene) {
  const plan::Rescue rescue =
      early::consult_flag(root, scene.configuration, scene.machine, scene.plan);
  plan::Record record = plan::intend(scene.plan, scene.configuration, scene.machine);
  record.rescue = rescue;
  return record;
}

int run_plan(const host::Root& root, const Options& options) {
  const auto scene = look(root, options, {.serials = true, .groups = true});
  if (!scene) {  // touches nothing, the kernel log included
    std::fprintf(stderr, "vfio-early: %s. Remedy: %s\n", describe(scene.error()).c_str(),
                 kMountSysfs);
    return kSomethingLeft;
  }
  std::vector<host::PciAddress> claimed;
  for (const plan::Claim& claim : scene->plan.claims) claimed.push_back(claim.function.address);
  early::print_plan(scene->plan, scene->configuration, scene->machine,
                    early::look_around(root, scene->machine, claimed));
  early::print_flag(root, scene->configuration, scene->machine, scene->plan);
  return outcome(scene->plan.complete(), scene->plan.rescued, scene->configuration);
}

int run_gate(const host::Root& root, const Options& options) {
  auto scene = look(root, options);
  if (!scene) return fail(root, describe(scene.error()), kMountSysfs);
  plan::Record record = intend(root, *scene);
  early::gate(root, record);
  return outcome(record.reserved(), record.rescued, scene->configuration);
}

int run_claim(const host::Root& root, const Options& options) {
  auto scene = look(root, options);
  if (!scene) return fail(root, describe(scene.error()), kMountSysfs);
  plan::Record record = intend(root, *scene);
  ::alarm(kBindSeconds);
  early::gate(root, record);
  const auto lock = early::take_lock(root, kLockSeconds);
  if (!lock) {
    early::say(root, host::Priority::kWarning, describe(lock.error()));
    if (lock.error().code == EWOULDBLOCK) return kSomethingLeft;  // another bind hangs: no second
  }
  early::bind(root, record, early::moment_of(root));
  early::observe(root, record);
  return outcome(record.complete(), record.rescued, scene->configuration);
}

int fail_without_record(const host::Root& root, const host::Error& error, const char* so) {
  return fail(root, "the gate left no record of this boot (" + describe(error) + "), so " + so,
              kClaimInstead);
}

int run_bind(const host::Root& root, const Options&) {
  ::alarm(kBindSeconds);
  const auto lock = early::take_lock(root, kLockSeconds);
  if (!lock && lock.error().code == EWOULDBLOCK)
    return fail(root,
                "another bind has not come to an end in " + std::to_string(kLockSeconds) + " s",
                kClaimInstead);
  auto record = plan::read_record(root);
  if (!record) return fail_without_record(root, record.error(), "there is nothing to bind");
  const bool first = record->bind.ended_ns == 0;
  early::bind(root, *record, early::moment_of(root));
  if (first) early::observe(root, *record);
  if (record->complete()) return kAllClaimed;
  std::fputs("vfio-early: not everything is claimed: dmesg | grep vfio-early\n", stderr);
  return kSomethingLeft;
}

// driverctl's overrides as a configuration, on standard output.
int run_import(const host::Root& root, const Options&) {
  constexpr const char* kDirectory = "/etc/driverctl.d";
  const auto machine = host::read_machine(root, {.serials = true});
  const auto names = root.list(kDirectory);
  if (!machine || !names) {
    std::fprintf(stderr, "vfio-early: %s\n",
                 describe(machine ? names.error() : machine.error()).c_str());
    return kSomethingLeft;
  }
  std::vector<plan::DriverctlOverride> overrides;
  for (const std::string& name : *names)
    overrides.push_back({name, root.read_line(std::string(kDirectory) + "/" + name)});
  std::fputs(plan::import_driverctl(*machine, overrides).c_str(), stdout);
  return kAllClaimed;
}

// "nothing of 'games' is claimed in this boot; these cards are: gaming".
int fail_unknown(const plan::Record& record, const std::string& what) {
  std::vector<std::string> cards;
  for (const plan::FunctionRecord& function : record.functions)
    if (cards.empty() || cards.back() != function.card) cards.push_back(function.card);
  std::fprintf(
      stderr, "vfio-early: no card or function '%s' was claimed in this boot; %s\n", what.c_str(),
      cards.empty() ? "nor was any other" : ("its cards are: " + host::join(cards, ", ")).c_str());
  return kUsage;
}

int run_release(const host::Root& root, const Options& options) {
  if (!plan::read_record(root)) return fail_unknown({}, options.argument);
  const auto lock = early::take_lock(root, kLockSeconds);
  if (!lock)
    return fail(root, "nothing is released: " + describe(lock.error()),
                "wait for the other vfio-early to end, and run as root");
  auto record = plan::read_record(root);
  if (!record) return fail_unknown({}, options.argument);
  switch (early::release(root, *record, options.argument)) {
    case early::Release::kDone:
      return kAllClaimed;
    case early::Release::kNotAll:
      return kSomethingLeft;
    case early::Release::kUnknown:
      break;
  }
  return fail_unknown(*record, options.argument);
}

// udev hands an event's properties on as environment; the kernel gives the events that somebody
// triggered a SYNTH_UUID (Documentation/ABI/testing/sysfs-uevent).
int run_adopt(const host::Root& root, const Options& options) {
  const auto address = host::PciAddress::parse(options.argument);
  if (!address) return kUsage;
  const early::Event event = !std::getenv("ACTION")      ? early::Event::kUnknown
                             : std::getenv("SYNTH_UUID") ? early::Event::kColdPlug
                                                         : early::Event::kAppeared;
  ::alarm(kAdoptSeconds);
  return early::adopt(root, options.config, *address, event) ? kAllClaimed : kSomethingLeft;
}

int run_healthy(const host::Root& root, const Options& options) {
  const auto record = plan::read_record(root);
  if (!record) return fail_without_record(root, record.error(), "there is nothing to mark");
  return early::mark_healthy(root, *record, options.wait) ? kAllClaimed : kSomethingLeft;
}

int run_stopped(const host::Root& root, const Options&) {
  const auto record = plan::read_record(root);
  if (!record) return fail_without_record(root, record.error(), "there is nothing to mark");
  return early::mark_stopped(root, *record) ? kAllClaimed : kSomethingLeft;
}

struct Command {
  const char* name;
  int (*run)(const host::Root& root, const Options& options);
  const char* argument = nullptr;  // what it needs, nullptr: none
};

constexpr Command kCommands[] = {
    {"plan", run_plan},
    {"claim", run_claim},
    {"gate", run_gate},
    {"bind", run_bind},
    {"import", run_import},
    {"release", run_release, "the name of a card, its slot or a function"},
    {"adopt", run_adopt, "the address of a function"},
    {"healthy", run_healthy},
    {"stopped", run_stopped},
};

int run(const Command& command, const Options& options) {
  const auto root = host::Root::open(options.root);
  if (!root) {
    std::fprintf(stderr, "vfio-early: --root: %s\n", describe(root.error()).c_str());
    return kUsage;
  }
  return command.run(*root, options);
}

int usage(const std::string& complaint) {
  std::fprintf(stderr, "vfio-early: %s; see vfio-early --help\n", complaint.c_str());
  return kUsage;
}

}  // namespace

int main(int argc, char** argv) {
  enum { kRoot = 1, kConfig, kWait, kHelpOption, kVersion };
  constexpr option kOptions[] = {
      {"root", required_argument, nullptr, kRoot}, {"config", required_argument, nullptr, kConfig},
      {"wait", no_argument, nullptr, kWait},       {"help", no_argument, nullptr, kHelpOption},
      {"version", no_argument, nullptr, kVersion}, {nullptr, 0, nullptr, 0}};
  Options options;
  for (int found; (found = ::getopt_long(argc, argv, "", kOptions, nullptr)) != -1;) {
    switch (found) {
      case kRoot:
        options.root = optarg;
        break;
      case kConfig:
        options.config = optarg;
        break;
      case kWait:
        options.wait = true;
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
  for (const Command& command : kCommands) {
    if (options.command != command.name) continue;
    if (command.argument && optind == argc)
      return usage(options.command + " needs " + command.argument);
    if (command.argument) options.argument = argv[optind++];
    return optind < argc ? usage("one command at a time") : run(command, options);
  }
  return usage("unknown command '" + options.command + "'");
}
