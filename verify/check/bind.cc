// SPDX-License-Identifier: GPL-2.0-or-later
//
// bind.*: is the card bound to vfio-pci, and has no other driver held it since this kernel started?
// A card that another driver has initialised may not recover. bind.plan is in plan.cc.
#include <algorithm>
#include <cerrno>

#include <fmt/format.h>

#include "verify/check/check.h"
#include "verify/check/each.h"
#include "verify/check/platform_remedies.h"
#include "verify/check/takers.h"
#include "verify/check/unreadable.h"
#include "verify/inspect/log/logging_driver.h"

namespace verify {
namespace {

// The usual remedy: the next boot.
Remedy next_boot_remedy(const Inspection& inspection) {
  return "include vfio-early in the initramfs, so that it runs before all host drivers: " +
         include_in_image(inspection.platform);
}

// A cause, in words that are added to the evidence, and its remedy.
struct Cause {
  std::string words;
  Remedy remedy;
  const char* check = "";  // see Finding::cause
};

Cause not_bound_cause(const Inspection& inspection, const ConfiguredFunction& function) {
  if (!inspection.has_iommu())
    return {"; vfio-early claims nothing without an IOMMU", next_boot_remedy(inspection),
            "iommu.present"};
  if (inspection.machine.command_line.value("vfio_early") == "off")
    return {"; vfio_early=off is set on the kernel command line",
            remove_parameter(inspection.platform, "vfio_early=off")};
  if (is_lost(inspection, function))
    return {"; " + loss(inspection, function), remedy_of_loss(inspection, function)};
  const auto* record = inspection.recorded(function.function.address);
  if (record && !record->why.empty())
    return {"; vfio-early reports: " + record->why,
            record->remedy.empty() ? next_boot_remedy(inspection) : Remedy(record->remedy)};
  // After the dead-man rescue, vfio-early left the card to the host. The plan that is made now does
  // not show this.
  if (!record && inspection.has_record_of_this_boot())
    for (const config::Refusal& refusal : inspection.record->refusals)
      if (refusal.card == function.card)
        return {"; vfio-early reports: " + refusal.why, refusal.remedy};
  if (host::is_stub_driver(function.function.driver))
    return {"; pci-stub does not use the function",
            claim("claim it:").then(remove_stub(inspection, function))};
  if (!function.function.driver.empty()) return {"", next_boot_remedy(inspection)};
  return {"", claim("claim it:")};
}

// vfio-early claims nothing without an IOMMU: a remedy that uses it does not help then.
Finding needs_iommu(const Inspection& inspection, Finding finding) {
  return caused_by(inspection.has_iommu() ? "" : "iommu.present", std::move(finding));
}

std::string binding(const std::string& driver) {
  return driver.empty() ? "not bound to a driver" : "bound to " + driver;
}

// Why driver and history of the function do not matter; "": vfio-early claims it at boot.
std::string not_claimed_reason(const ConfiguredFunction& function) {
  if (function.claim_status != ClaimStatus::kClaimed) return "vfio-early does not claim it";
  return function.hand_over ? "the host has it until a guest starts ('hand-over = yes')" : "";
}

// Only a refusal is explained by the plan.
Finding not_claimed(const ConfiguredFunction& function, std::string why) {
  return caused_by(function.hand_over ? "" : "bind.plan", skip(function.address(), std::move(why)));
}

Finding judge_driver(const Inspection& inspection, const ConfiguredFunction& function) {
  if (!function.contradiction.empty())
    return contradicts_itself(function.address(), function.contradiction);
  const std::string& driver = function.function.driver;
  if (driver == function.wanted_driver) return pass(function.address(), driver);
  if (const std::string why = not_claimed_reason(function); !why.empty())
    return not_claimed(function, binding(driver) + "; " + why);
  const Cause cause = not_bound_cause(inspection, function);
  return caused_by(cause.check, fail(function.address(),
                                     binding(driver) + "; the configured driver is " +
                                         function.wanted_driver + cause.words,
                                     cause.remedy));
}

Finding judge_override(const Inspection& inspection, const ConfiguredFunction& function) {
  const std::string address = function.address();
  if (!function.override)
    return unknown(address, "driver_override cannot be read", read_as_root(inspection));
  if (*function.override == function.wanted_driver) return pass(address, *function.override);
  if (const std::string why = not_claimed_reason(function); !why.empty())
    return not_claimed(function, why);
  if (!function.override->empty()) {
    const std::string evidence =
        "driver_override is " + *function.override + ", not " + function.wanted_driver;
    if (is_lost(inspection, function))
      return caused_by("bind.driver",
                       fail(address, evidence, remedy_of_loss(inspection, function)));
    return needs_iommu(inspection, fail(address, evidence, claim("set it:")));
  }
  if (function.function.driver == function.wanted_driver)
    return needs_iommu(
        inspection,
        warn(address,
             "driver_override is not set: " + function.wanted_driver +
                 " is bound because of the function's id, and would also bind an identical card",
             claim("set it:")));
  const Cause cause = not_bound_cause(inspection, function);
  return caused_by(
      cause.check,
      fail(address, "driver_override is not set: any driver can bind the function", cause.remedy));
}

constexpr const char* kReboot =
    "reboot: vfio-early then claims it before any host driver; the initramfs need not be rebuilt";

// If the function was claimed in this boot and then released or removed, the image is correct: a
// reboot is enough.
Remedy claim_first_remedy(const Inspection& inspection, const ConfiguredFunction& function) {
  const auto* record = inspection.recorded(function.function.address);
  return record && (record->released || record->reappeared) ? kReboot
                                                            : next_boot_remedy(inspection);
}

const char* when_found(const record::FunctionRecord& record) {
  if (record.released) return " held it after `vfio-early release` in this boot";
  if (record.reappeared) return " held it after it returned to the bus in this boot";
  return " held it before vfio-early ran";
}

// Can the driver have initialised or used the function, other than for a guest? pci-stub does not
// touch it.
bool is_evidence(const std::string& driver, const ConfiguredFunction& function) {
  return !driver.empty() && driver != function.wanted_driver && !host::is_stub_driver(driver);
}

// Did pci-stub hold the function, according to the record or the kernel log?
bool was_stubbed(const Inspection& inspection, const ConfiguredFunction& function) {
  const auto* record = inspection.recorded(function.function.address);
  if (host::is_stub_driver(function.wanted_driver)) return false;  // modprobe.d made it a variant
  if (record && host::is_stub_driver(record->found)) return true;
  const auto& lines = inspection.log_index().about(function.address());
  return std::any_of(lines.begin(), lines.end(), [&](const host::LogLine* line) {
    return host::is_stub_driver(logging_driver(line->text, function.address()));
  });
}

// Evidence that another driver has held the function; "": none found.
std::string counterevidence(const Inspection& inspection, const ConfiguredFunction& function) {
  const std::string& driver = function.function.driver;
  if (is_evidence(driver, function)) return driver + " holds it now";
  const auto* record = inspection.recorded(function.function.address);
  if (record && is_evidence(record->found, function)) return record->found + when_found(*record);
  if (!inspection.kernel_log) return {};
  for (const host::LogLine* line : inspection.log_index().about(function.address())) {
    const std::string driver_name = logging_driver(line->text, function.address());
    if (is_evidence(driver_name, function))
      return fmt::format("{} held it: the kernel log has \"{}\"", driver_name, line->text);
  }
  return {};
}

// What a comparison of the record with this boot needs; "": it could be read.
std::string unread_kernel(const host::Machine& machine) {
  if (machine.boot_id.empty()) return "the boot id of this kernel cannot be read";
  if (machine.kernel_release.empty()) return "the version of the running kernel cannot be read";
  return {};
}

constexpr const char* kReadProc =
    "mount procfs at /proc and run vfio-verify again; if this is a captured tree, capture it again";

// The most, in nanoseconds, by which the log's clock (local_clock() in kernel/printk/printk.c) may
// differ from the record's clock.
constexpr int64_t kClockSkew = 1'000'000'000;

int64_t nanoseconds(uint64_t microseconds) {
  return static_cast<int64_t>(std::min<uint64_t>(microseconds, INT64_MAX / 1000)) * 1000;
}

// Is it a virtual function that the kernel found only after vfio-early had kept host drivers off
// it? Then no host driver could bind it at any time, also if it was created again later.
bool was_never_free(const Inspection& inspection, const record::FunctionRecord& function) {
  if (!function.physical_function || !inspection.kernel_log) return false;
  const auto* physical = inspection.recorded_physical(*function.physical_function);
  if (!physical || physical->autoprobe_ns <= 0) return false;
  const std::string address = function.address.str();
  const auto& log = inspection.log_index().about(address);
  const bool once = detection_count(log, address) == 1;
  if (once && physical->created_ns > physical->autoprobe_ns) return true;
  const auto first = std::find_if(log.begin(), log.end(), [&](const host::LogLine* line) {
    return is_detection(line->text, address);
  });
  return first != log.end() &&
         nanoseconds((*first)->microseconds) > physical->autoprobe_ns + kClockSkew;
}

// Why the record proves nothing about the function in this boot; "": the record is proof.
std::string record_gap(const Inspection& inspection, const ConfiguredFunction& function) {
  if (!inspection.record) {
    const host::Error& error = inspection.record.error();
    return error.code == ENOENT ? "vfio-early wrote no record in this boot" : host::describe(error);
  }
  if (!inspection.has_record_of_this_boot()) return "vfio-early's record is from a different boot";
  const auto* record = inspection.recorded(function.function.address);
  if (!record) return "vfio-early's record does not name this function";
  std::string state = fmt::format("vfio-early's record has the state '{}' for {}",
                                  record::state_name(record->state), record->wanted_driver);
  // Before the check of override_ns, which is 0 once the override is cleared.
  if (record->is_returned_to_host()) return state;
  if (record->override_ns <= 0) return "vfio-early did not reserve it";
  if (!record->in_initramfs && record->released)
    return "it was claimed again in the booted system, after `vfio-early release`";
  const bool was_free = !record->in_initramfs && !was_never_free(inspection, *record);
  if (was_free && record->reappeared)
    return "it was claimed again in the booted system, after it returned to the bus";
  if (was_free)
    return "vfio-early ran in the booted system, after other drivers could bind the function";
  if (record->state != record::State::kBound || record->wanted_driver != function.wanted_driver)
    return state;
  return {};
}

// ended_ns is 0 if the phase did not end, or its end was not recorded. began_ns is never 0 in a
// valid record: the kernel starts no program at 0.
bool ended_first(const record::Phase& phase) {
  return phase.ended_ns != 0 && (phase.began_ns <= 0 || phase.ended_ns < phase.began_ns);
}

// A contradiction in the record, or between record and sysfs; "": none.
std::string contradiction_in_record(const Inspection& inspection,
                                    const ConfiguredFunction& function) {
  const record::Record& all = *inspection.record;
  const record::FunctionRecord& record = *inspection.recorded(function.function.address);
  if (std::count_if(all.functions.begin(), all.functions.end(),
                    [&](const auto& other) { return other.address == record.address; }) > 1)
    return "vfio-early's record has two entries for this function";
  if (all.kernel_release.empty()) return "vfio-early's record does not name its kernel";
  if (all.kernel_release != inspection.machine.kernel_release)
    return fmt::format("vfio-early's record is from the kernel '{}', but '{}' is running",
                       all.kernel_release, inspection.machine.kernel_release);
  if (record.id.str() != function.function.id.str())
    return fmt::format("vfio-early's record has the id '{}' for this function, but sysfs has {}",
                       record.id.str(), function.function.id.str());
  if (function.function.driver.empty())
    return "vfio-early's record says that the function is bound to " + record.wanted_driver +
           ", but sysfs shows no driver";
  if (all.gate.began_ns <= 0) return "vfio-early's record has no time at which the gate began";
  if (ended_first(all.gate)) return "vfio-early's record says that the gate ended before it began";
  if (ended_first(all.bind)) return "vfio-early's record says that the bind ended before it began";
  if (record.override_ns < all.gate.began_ns)
    return "vfio-early's record says that the function was reserved before the gate began";
  if (record.bound_ns < record.override_ns)
    return "vfio-early's record says that the function was bound before it was reserved";
  return {};
}

// Why the kernel log proves nothing, and the remedy; empty `words`: the log is proof.
Cause log_gap(const Inspection& inspection, const ConfiguredFunction& function) {
  if (!inspection.kernel_log)
    return {host::describe(inspection.kernel_log.error()),
            read_as_root(inspection, inspection.kernel_log.error())};
  if (!inspection.is_log_complete())
    return {
        "the kernel log does not reach back to its start: older lines were overwritten",
        "reboot, and run vfio-verify soon after the boot; log_buf_len=4M on the kernel command line keeps more lines"};
  const int times =
      detection_count(inspection.log_index().about(function.address()), function.address());
  // The kernel loses driver_override when a device is removed. After its return, the first driver
  // that matches can bind it.
  if (times > 1 && !was_never_free(inspection, *inspection.recorded(function.function.address)))
    return {"the function was removed and found again, which clears driver_override",
            "reboot: vfio-early then reserves it before any other driver can bind it"};
  // If the text of this line differs, the texts of other lines may differ, too.
  if (times < 1)
    return {"the kernel log has no known message that the kernel found the function",
            {kReport, {"uname -r; dmesg | grep " + function.address()}}};
  return {};
}

// A contradiction between the times in the record and in the log; "": none. The log's clock stops
// during suspend, but an initramfs does not suspend.
std::string contradiction_with_log(const Inspection& inspection,
                                   const record::FunctionRecord& record) {
  const LogIndex& log = inspection.log_index();
  const int64_t newest = nanoseconds(log.newest_microseconds());
  int64_t appeared = 0;
  const std::string address = record.address.str();
  for (const host::LogLine* line : log.about(address))
    if (is_detection(line->text, address)) appeared = nanoseconds(line->microseconds);
  // A virtual function is reserved some milliseconds after it has appeared.
  const int64_t skew = record.physical_function ? kClockSkew : 0;
  if (record.override_ns + skew < appeared)
    return "vfio-early's record says that the function was reserved before the kernel found it";
  if (record.override_ns > newest)
    return "vfio-early's record has the override after the newest line of the kernel log";
  // vfio-early logs a line after it has bound the function.
  if (record.bound_ns > kClockSkew && record.bound_ns - kClockSkew > newest)
    return "vfio-early's record has the bind after the newest line of the kernel log";
  return {};
}

std::string contradiction_in(const Inspection& inspection, const ConfiguredFunction& function) {
  const std::string with_log =
      contradiction_with_log(inspection, *inspection.recorded(function.function.address));
  return with_log.empty() ? contradiction_in_record(inspection, function) : with_log;
}

std::string proof(const record::FunctionRecord& record) {
  const auto seconds = [](int64_t ns) { return static_cast<double>(ns) / 1e9; };
  const bool stubbed = host::is_stub_driver(record.found);
  const std::string since =
      record.found == record.wanted_driver
          ? fmt::format("{} already held it when vfio-early ran, {:.1f} s after the kernel started",
                        record.wanted_driver, seconds(record.override_ns))
          : fmt::format(
                "reserved {:.1f} s after the kernel started, when {} held it; {} has held it since {:.1f} s",
                seconds(record.override_ns), stubbed ? "pci-stub" : "no driver",
                record.wanted_driver, seconds(record.bound_ns));
  return since + "; the kernel log is complete and names no other driver";
}

Finding judge_history(const Inspection& inspection, const ConfiguredFunction& function) {
  const std::string address = function.address();
  if (const std::string why = not_claimed_reason(function); !why.empty())
    return not_claimed(function, why);
  if (const std::string why = counterevidence(inspection, function); !why.empty()) {
    if (is_lost(inspection, function))
      return caused_by("bind.driver", fail(address, why, remedy_of_loss(inspection, function)));
    return needs_iommu(inspection, fail(address, why, claim_first_remedy(inspection, function)));
  }
  if (!function.contradiction.empty()) return contradicts_itself(address, function.contradiction);
  if (const std::string why = unread_kernel(inspection.machine); inspection.record && !why.empty())
    return unknown(address, why, kReadProc);
  if (const std::string why = record_gap(inspection, function); !why.empty())
    return needs_iommu(inspection, unknown(address, why, claim_first_remedy(inspection, function)));
  if (const Cause cause = log_gap(inspection, function); !cause.words.empty())
    return unknown(address, cause.words, cause.remedy);
  const record::FunctionRecord& record = *inspection.recorded(function.function.address);
  if (const std::string why = contradiction_in(inspection, function); !why.empty())
    return unknown(
        address, why + ", so the record proves nothing",
        "reboot and run vfio-verify again; if the finding is the same, report this to the maintainers of vfio-early");
  const std::string proven = proof(record);
  if (inspection.platform.kexec)
    return warn(
        address,
        "this kernel was started by kexec. Drivers of the previous kernel may have used the card. In this kernel: " +
            proven,
        "if the card does not work in a guest, power-cycle the machine: kexec does not reset cards");
  if (was_stubbed(inspection, function))
    return warn(address, "only pci-stub held it, which does not use the device; " + proven,
                remove_stub(inspection, function));
  return pass(address, proven);
}

constexpr Check kChecks[] = {
    {"bind.driver", "Is the function bound to the configured driver?", R"(
It is vfio-pci, or the one that the key _driver_ of the card's section selects: see
*vfio-early.conf*(5). If the function was bound in this boot and has a different driver now, the
finding names the setting that binds that driver, if it is known. Skipped for a function that
*vfio-early* does not claim, and for one with _hand-over = yes_ that the host has.)",
     each_function<judge_driver>},
    {"bind.override",
     "Does _driver_override_ prevent every other driver from binding the function?", R"(
It does while it names the configured driver. Fails if it names a different driver. Warns if it is
not set, but the configured driver is bound because of the function's id: that driver would also
bind an identical card.)",
     each_function<judge_override>},
    {"bind.history", "Has no other driver held the function since this kernel started?", R"(
A pass needs a record of *vfio-early*(8) from this boot. *vfio-early* must have run in the
initramfs, found no other driver, and reserved the function. For a virtual function of a section
with _vfs_, *vfio-early* must have kept host drivers off before the kernel first found it. A pass
also needs a kernel log that is complete from its first line. In it, the kernel must have found the
function exactly once (such a virtual function may be created several times), and no other driver
may have a message about it. The record, the log and sysfs must not contradict each other. Warns if
this kernel was started by kexec, because drivers of the previous kernel may have used the card.
Also warns if pci-stub held the function: it does not use a device, but is not needed. A driver
that was bound temporarily, before or after *vfio-early*, and logged nothing, is not detected.)",
     each_function<judge_history>},
};

}  // namespace

constexpr Chapter kDriverChapter{"Driver", kChecks};

}  // namespace verify
