// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/commands.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include <unistd.h>

#include "early/adopt.h"
#include "early/bind.h"
#include "early/gate.h"
#include "early/healthy.h"
#include "early/image.h"
#include "early/lock.h"
#include "early/modules.h"
#include "early/observe.h"
#include "early/print_modules.h"
#include "early/print_plan.h"
#include "early/release.h"
#include "early/rescue.h"
#include "early/say.h"
#include "host/machine.h"
#include "host/printable.h"
#include "host/text.h"
#include "plan/plan.h"
#include "plan/record.h"
#include "plan/suggestion.h"

namespace early {
namespace {

// Other processes wait for a running bind at most kLockSeconds. A bind that takes kBindSeconds has
// failed (several functions hang, for example, each up to its own limit) and is ended by alarm(2),
// if the kernel allows that.
constexpr int kLockSeconds = 30;
constexpr unsigned kBindSeconds = 60;
constexpr unsigned kAdoptSeconds = 30;  // a udev event waits for it

constexpr const char* kMountSysfs = "mount sysfs at /sys first";
constexpr const char* kClaimInstead = "run `vfio-early claim`, which runs gate and bind";

int fail(const host::Root& root, const std::string& why, const std::string& remedy) {
  say(root, host::Priority::kError, why + ". Remedy: " + remedy);
  return kSomethingLeft;
}

// The exit status of a command that ran to its end. vfio_early=off is not a failure.
int outcome(bool all, bool rescued, const plan::Configuration& configuration) {
  if (rescued) return kAllClaimed;
  if (!configuration.refusals.empty()) return kUsage;
  return all ? kAllClaimed : kSomethingLeft;
}

// The configuration, the machine and the plan that follows from both.
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

// The intent of this boot: the plan after the decision of the dead-man rescue.
plan::Record intend(const host::Root& root, Scene& scene) {
  const plan::Rescue rescue = consult_flag(root, scene.configuration, scene.machine, scene.plan);
  plan::Record record = plan::intend(scene.plan, scene.configuration, scene.machine);
  record.rescue = rescue;
  return record;
}

int run_plan(const host::Root& root, const Options& options) {
  auto scene = look(root, options, {.serials = true, .groups = true});
  if (!scene) {  // changes nothing, not even the kernel log
    host::print(stderr, "vfio-early: %s. Remedy: %s\n", describe(scene.error()).c_str(),
                kMountSysfs);
    return kSomethingLeft;
  }
  std::vector<host::PciAddress> claimed;
  for (plan::Claim& claim : scene->plan.claims) {
    claimed.push_back(claim.function.address);
    if (root.live() && claim.handling.driver == plan::kAutoDriver)
      claim.handling.driver = variant_driver(root, claim.function.address);
  }
  print_plan(scene->plan, scene->configuration, scene->machine,
             look_around(root, scene->machine, claimed));
  print_flag(root, scene->configuration, scene->machine, scene->plan);
  return outcome(scene->plan.complete(), scene->plan.rescued, scene->configuration);
}

int run_gate(const host::Root& root, const Options& options) {
  auto scene = look(root, options);
  if (!scene) return fail(root, describe(scene.error()), kMountSysfs);
  plan::Record record = intend(root, *scene);
  gate(root, record);
  return outcome(record.reserved(), record.rescued, scene->configuration);
}

int fail_locked(const host::Root& root) {
  return fail(
      root, "another vfio-early process has not ended after " + std::to_string(kLockSeconds) + " s",
      "see the kernel log for the module or driver that it waits for; if it does not end, reboot");
}

int run_claim(const host::Root& root, const Options& options) {
  ::alarm(kBindSeconds);
  (void)root.make_directory("/run/vfio-early");
  const auto lock = take_lock(root, kLockSeconds);  // the record is read and written below
  if (!lock && lock.error().code == EWOULDBLOCK) return fail_locked(root);
  if (!lock) say(root, host::Priority::kWarning, describe(lock.error()));
  auto scene = look(root, options);
  if (!scene) return fail(root, describe(scene.error()), kMountSysfs);
  plan::Record record = intend(root, *scene);
  gate(root, record);
  bind(root, record, moment_of(root));
  observe(root, record);
  return outcome(record.complete(), record.rescued, scene->configuration);
}

int fail_without_record(const host::Root& root, const host::Error& error, const char* so) {
  return fail(root, "no record of this boot found (" + describe(error) + "), so " + so,
              kClaimInstead);
}

int run_bind(const host::Root& root, const Options&) {
  ::alarm(kBindSeconds);
  const auto lock = take_lock(root, kLockSeconds);
  if (!lock && lock.error().code == EWOULDBLOCK) return fail_locked(root);
  auto record = plan::read_record(root);
  if (!record) return fail_without_record(root, record.error(), "there is nothing to bind");
  const bool first = record->bind.ended_ns == 0;
  bind(root, *record, moment_of(root));
  if (first) observe(root, *record);
  if (record->complete()) return kAllClaimed;
  host::print(stderr,
              "vfio-early: at least one function is not claimed. Remedy: see the reason with\n"
              "  dmesg | grep vfio-early\n");
  return kSomethingLeft;
}

// Prints driverctl's overrides as a configuration.
int run_import(const host::Root& root, const Options&) {
  constexpr const char* kDirectory = "/etc/driverctl.d";
  const auto machine = host::read_machine(root, {.serials = true});
  const auto names = root.list(kDirectory);
  if (!machine || !names) {
    host::print(stderr, "vfio-early: %s\n",
                describe(machine ? names.error() : machine.error()).c_str());
    return kSomethingLeft;
  }
  std::vector<plan::DriverctlOverride> overrides;
  for (const std::string& name : *names)
    overrides.push_back({name, root.read_line(std::string(kDirectory) + "/" + name)});
  host::print(stdout, "%s", plan::import_driverctl(*machine, overrides).c_str());
  return kAllClaimed;
}

// "no card or function 'games' was claimed in this boot; claimed cards: gaming".
int fail_unknown(const plan::Record& record, const std::string& what) {
  std::vector<std::string> cards;
  for (const plan::FunctionRecord& function : record.functions)
    if (cards.empty() || cards.back() != function.card) cards.push_back(function.card);
  host::print(stderr,
              "vfio-early: no card or function '%s' was claimed in this boot; claimed cards: %s\n",
              what.c_str(), cards.empty() ? "none" : host::join(cards, ", ").c_str());
  return kUsage;
}

int run_release(const host::Root& root, const Options& options) {
  if (!plan::read_record(root)) return fail_unknown({}, options.argument);
  const auto lock = take_lock(root, kLockSeconds);
  if (!lock)
    return fail(root, "no card is released: " + describe(lock.error()),
                "run as root, after any other vfio-early process has ended");
  auto record = plan::read_record(root);
  if (!record) return fail_unknown({}, options.argument);
  switch (release(root, *record, options.argument)) {
    case Release::kDone:
      return kAllClaimed;
    case Release::kNotAll:
      return kSomethingLeft;
    case Release::kUnknown:
      break;
  }
  return fail_unknown(*record, options.argument);
}

// udev passes the properties of an event in the environment. An event that was triggered has a
// SYNTH_UUID (Documentation/ABI/testing/sysfs-uevent).
int run_adopt(const host::Root& root, const Options& options) {
  const auto address = host::PciAddress::parse(options.argument);
  if (!address) return kUsage;
  const Event event = !std::getenv("ACTION")      ? Event::kUnknown
                      : std::getenv("SYNTH_UUID") ? Event::kColdPlug
                                                  : Event::kAppeared;
  ::alarm(kAdoptSeconds);
  return adopt(root, options.config, *address, event) ? kAllClaimed : kSomethingLeft;
}

int run_healthy(const host::Root& root, const Options& options) {
  const auto record = plan::read_record(root);
  if (!record) return fail_without_record(root, record.error(), "there is nothing to mark");
  return mark_healthy(root, *record, options.wait) ? kAllClaimed : kSomethingLeft;
}

int run_stopped(const host::Root& root, const Options&) {
  const auto record = plan::read_record(root);
  if (!record) return fail_without_record(root, record.error(), "there is nothing to mark");
  return mark_stopped(root, *record) ? kAllClaimed : kSomethingLeft;
}

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
    {"image", write_image, "a kernel release"},
    {"modules", print_modules, "a kernel release", true},
};

}  // namespace

std::span<const Command> commands() {
  return kCommands;
}

}  // namespace early
