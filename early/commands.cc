// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/commands.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include <unistd.h>

#include "early/adopt.h"
#include "early/bind.h"
#include "early/enable/commands.h"
#include "early/gate.h"
#include "early/hand_over/commands.h"
#include "early/hand_over/print_hand_overs.h"
#include "early/healthy.h"
#include "early/image.h"
#include "early/lock.h"
#include "early/machine_warnings.h"
#include "early/messages.h"
#include "early/modules.h"
#include "early/planned_machine.h"
#include "early/print_modules.h"
#include "early/print_plan.h"
#include "early/rescue.h"
#include "host/machine.h"
#include "host/printable.h"
#include "host/text.h"
#include "plan/intent.h"
#include "plan/plan.h"
#include "plan/suggestion.h"
#include "record/record.h"

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
  log_message(root, host::Priority::kError, why + ". Remedy: " + remedy);
  return kNotAllClaimed;
}

// The exit status of a command that ran to its end. vfio_early=off is not a failure.
int exit_status(bool all, bool switched_off, const config::Configuration& configuration) {
  if (switched_off) return kAllClaimed;
  if (!configuration.refusals.empty()) return kUsage;
  return all ? kAllClaimed : kNotAllClaimed;
}

// The intent of this boot: the plan after the decision of the dead-man rescue.
record::Record intended_record(const host::Root& root, PlannedMachine& planned) {
  const record::Rescue rescue =
      decide_by_flag(root, planned.configuration, planned.machine, planned.plan);
  record::Record record =
      plan::intended_record(planned.plan, planned.configuration, planned.machine);
  record.rescue = rescue;
  return record;
}

int run_plan(const host::Root& root, const Options& options) {
  const auto configuration = config::read_configuration(root, options.config);
  auto planned = plan_machine(root, config::without_hand_overs(configuration),
                              {.serials = true, .groups = true});
  if (!planned) {  // changes nothing, not even the kernel log
    host::print(stderr, "vfio-early: %s. Remedy: %s\n", describe(planned.error()).c_str(),
                kMountSysfs);
    return kNotAllClaimed;
  }
  for (plan::Claim& claim : planned->plan.claims)
    if (root.live() && claim.handling.driver == config::kAutoDriver)
      claim.handling.driver = variant_driver(root, claim.function.address);
  print_plan(planned->plan, configuration, planned->machine,
             machine_warnings(root, planned->machine, plan::claimed_functions(planned->plan)));
  hand_over::print_hand_overs(root, configuration);
  print_flag(root, planned->configuration, planned->machine, planned->plan);
  return exit_status(planned->plan.complete(), planned->plan.switched_off, planned->configuration);
}

// What a boot claims: not the cards that the host has until a guest starts.
host::Result<PlannedMachine> read_boot_plan(const host::Root& root, const Options& options) {
  return plan_machine(root,
                      config::without_hand_overs(config::read_configuration(root, options.config)));
}

int run_gate(const host::Root& root, const Options& options) {
  auto planned = read_boot_plan(root, options);
  if (!planned) return fail(root, describe(planned.error()), kMountSysfs);
  record::Record record = intended_record(root, *planned);
  gate(root, record);
  return exit_status(record.reserved(), record.switched_off, planned->configuration);
}

int fail_locked(const host::Root& root) {
  return fail(
      root, "another vfio-early process has not ended after " + std::to_string(kLockSeconds) + " s",
      "see the kernel log for the module or driver that it waits for; if it does not end, reboot");
}

int run_claim(const host::Root& root, const Options& options) {
  if (!options.argument.empty()) return hand_over::run_claim(root, options);
  ::alarm(kBindSeconds);
  (void)root.make_directory("/run/vfio-early");
  const auto lock = take_lock(root, kLockSeconds);  // the record is read and written below
  if (!lock && lock.error().code == EWOULDBLOCK) return fail_locked(root);
  if (!lock) log_message(root, host::Priority::kWarning, describe(lock.error()));
  auto planned = read_boot_plan(root, options);
  if (!planned) return fail(root, describe(planned.error()), kMountSysfs);
  record::Record record = intended_record(root, *planned);
  gate(root, record);
  bind(root, record, device_use(root));
  report_machine_warnings(root, record);
  return exit_status(record.complete(), record.switched_off, planned->configuration);
}

int fail_without_record(const host::Root& root, const host::Error& error, const char* consequence) {
  return fail(root, "no record of this boot found (" + describe(error) + "), so " + consequence,
              kClaimInstead);
}

int run_bind(const host::Root& root, const Options&) {
  ::alarm(kBindSeconds);
  const auto lock = take_lock(root, kLockSeconds);
  if (!lock && lock.error().code == EWOULDBLOCK) return fail_locked(root);
  auto record = record::read_record(root);
  if (!record) return fail_without_record(root, record.error(), "there is nothing to bind");
  const bool first = record->bind.ended_ns == 0;
  bind(root, *record, device_use(root));
  if (first) report_machine_warnings(root, *record);
  if (record->complete()) return kAllClaimed;
  host::print(stderr,
              "vfio-early: at least one function is not claimed. Remedy: see the reason with\n"
              "  dmesg | grep vfio-early\n");
  return kNotAllClaimed;
}

// Prints driverctl's overrides as a configuration.
int run_import(const host::Root& root, const Options&) {
  const auto machine = host::read_machine(root, {.serials = true});
  const auto overrides = host::read_driverctl(root);
  if (!machine || !overrides) {
    host::print(stderr, "vfio-early: %s\n",
                describe(machine ? overrides.error() : machine.error()).c_str());
    return kNotAllClaimed;
  }
  host::print(stdout, "%s", plan::import_driverctl(*machine, *overrides).c_str());
  return kAllClaimed;
}

// udev passes the properties of an event in the environment. An event that was triggered has a
// SYNTH_UUID (Documentation/ABI/testing/sysfs-uevent).
int run_adopt(const host::Root& root, const Options& options) {
  const auto named = config::SlotOrFunction::parse(options.argument);
  if (!named || !named->function) {
    host::print(stderr, "vfio-early: '%s' is not the address of a function, like 0000:01:00.0\n",
                options.argument.c_str());
    return kUsage;
  }
  const host::PciAddress address = {named->slot, *named->function};
  const char* action = std::getenv("ACTION");
  const Event event = !action                              ? Event::kUnknown
                      : std::string_view(action) == "bind" ? Event::kBound
                      : std::getenv("SYNTH_UUID")          ? Event::kColdPlug
                                                           : Event::kAppeared;
  ::alarm(kAdoptSeconds);
  return adopt(root, options.config, address, event) ? kAllClaimed : kNotAllClaimed;
}

int run_healthy(const host::Root& root, const Options& options) {
  const auto record = record::read_record(root);
  if (!record) return fail_without_record(root, record.error(), "there is nothing to mark");
  return mark_healthy(root, *record, options.wait) ? kAllClaimed : kNotAllClaimed;
}

int run_stopped(const host::Root& root, const Options&) {
  const auto record = record::read_record(root);
  if (!record) return fail_without_record(root, record.error(), "there is nothing to mark");
  return mark_stopped(root, *record) ? kAllClaimed : kNotAllClaimed;
}

constexpr Command kCommands[] = {
    {"plan", nullptr, "print which functions would be claimed; change nothing (default)", kConfig,
     run_plan},
    {"enable", "[CARD]", "set up a card for guests, and build the initramfs again",
     kYes | kDryRun | kOnlyDisplay, enable::run_enable},
    {"disable", "[CARD]", "undo what enable did, for one card or all of them",
     kYes | kDryRun | kKeepEdited, enable::run_disable},
    {"status", nullptr, "print the state of each configured card, and what to do next", kFormat,
     enable::run_status},
    {"claim", "[CARD]", "run gate and bind; with CARD, take this card from the running system",
     kConfig | kStopServices, run_claim},
    {"gate", nullptr, "write every driver_override; then no host driver can bind", kConfig,
     run_gate},
    {"bind", nullptr, "load vfio-pci and bind the reserved functions", 0, run_bind},
    {"import", nullptr, "print the overrides of driverctl as a configuration", 0, run_import},
    {"release", "CARD", "give a card back to the host; CARD: its name, slot or function", 0,
     hand_over::run_release},
    {"recover", nullptr, "undo interrupted claims, give unused cards back; a timer runs this", 0,
     hand_over::run_recover},
    {"libvirt-hook", "DOMAIN OPERATION SUB-OPERATION EXTRA",
     "hand cards over as libvirt starts and stops a domain", kConfig, hand_over::run_libvirt_hook},
    {"adopt", "ADDRESS", "claim a function that appears late; udev runs this command", kConfig,
     run_adopt},
    {"healthy", nullptr, "mark this boot as healthy, if it is (dead-man rescue)", kWait,
     run_healthy},
    {"stopped", nullptr, "mark this boot as shut down on purpose", 0, run_stopped},
    {"modules", "[KERNEL]", "print the modules that an initramfs needs",
     kConfig | kModules | kGeneric | kOutput, print_modules},
    {"image", "KERNEL", "write a supplementary initramfs; needs -o FILE",
     kConfig | kModules | kOutput | kLoader, write_image},
};

}  // namespace

std::span<const Command> commands() {
  return kCommands;
}

}  // namespace early
