// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/rescue.h"

#include <cerrno>
#include <cstdio>

#include "early/lock.h"
#include "early/messages.h"
#include "early/modules.h"
#include "early/run_with_timeout.h"
#include "host/efi_variable.h"
#include "host/printable.h"
#include "plan/rescue.h"

namespace early {
namespace {

using host::EfiVariables;
using host::Result;
using host::Root;
using record::BootFlag;
using record::Mark;
using record::Rescue;

constexpr const char* kVariable = "VfioEarlyBootFlag-a2088ef7-7e43-40fd-8d34-2b1bc8f24ad7";

// Firmware answers in milliseconds, but mounting efivarfs reads every variable.
constexpr int kReadLimitMs = 2000;
constexpr int kWriteLimitMs = 5000;
constexpr int kLockSeconds = 5;

// For the running machine through a private mount: early in an initramfs efivarfs may not be
// mounted.
Result<EfiVariables> open_variables(const Root& root) {
  if (!host::is_efi_boot(root))
    return host::Error{0, "this machine was not started by EFI firmware"};
  if (!root.live()) return EfiVariables::at_mount(root);
  const auto loaded = load_module(root, "efivarfs");
  auto variables = loaded ? EfiVariables::mount() : Result<EfiVariables>(loaded.error());
  if (variables || (loaded && variables.error().code != EPERM)) return variables;
  // A sandbox hides /lib/modules and forbids mount(2), but efivarfs may be mounted already.
  auto mounted = EfiVariables::at_mount(root);
  return mounted ? std::move(mounted) : std::move(variables);
}

// A missing variable is an empty text, which is no flag.
Result<std::string> read_text(const Result<EfiVariables>& variables) {
  if (!variables) return variables.error();
  auto text = variables->read(kVariable);
  if (!text && text.error().code == ENOENT) return std::string();
  return text;
}

Result<void> write_flag(const Root& root, const BootFlag& flag) {
  const auto written = run_with_timeout(
      kWriteLimitMs, "write the boot flag to the firmware", [&]() -> Result<std::string> {
        const auto variables = open_variables(root);
        if (!variables) return variables.error();
        const auto done = variables->write(kVariable, flag.str() + "\n");
        if (!done) return done.error();
        return std::string();
      });
  if (!written) return written.error();
  return {};
}

struct ErrorRemedy {
  int code;
  const char* remedy;
};

constexpr ErrorRemedy kErrorRemedies[] = {
    {0, "boot the machine with UEFI, not in legacy BIOS mode"},
    {ENOENT, "rebuild the initramfs with the module efivarfs"},
    {ENODEV, "boot without efi=noruntime; the kernel needs CONFIG_EFIVAR_FS"},
    {EOPNOTSUPP, "boot without efi=noruntime"},
    {EROFS, "mount efivarfs writable: mount -o remount,rw /sys/firmware/efi/efivars"},
    {ENOSPC,
     "free space in the firmware's flash: delete old crash dumps, /sys/firmware/efi/efivars/dump-type0-*"},
    {ETIMEDOUT, "update the firmware"},
};

void set_unavailable(Rescue& rescue, const host::Error& error) {
  rescue.unavailable = error.code == 0 ? error.step : describe(error);
  rescue.remedy = "see the kernel log around this line";
  for (const ErrorRemedy& error_remedy : kErrorRemedies)
    if (error_remedy.code == error.code) rescue.remedy = error_remedy.remedy;
  rescue.remedy += "; or remove 'healthy-when'";
}

// The firmware's version counts: an update may select a different boot display.
std::string fingerprint_of(const Root& root, const config::Configuration& configuration,
                           const host::Machine& machine, const plan::Plan& plan) {
  return plan::fingerprint(plan, configuration, machine,
                           root.read_line("/sys/class/dmi/id/bios_version"));
}

const char* meaning_of(const BootFlag& flag, const std::string& fingerprint) {
  switch (flag.mark) {
    case Mark::kPending:
      return "the last boot that claimed cards must still be marked as healthy; otherwise the next boot leaves the cards with 'healthy-when' to the host, once";
    case Mark::kHealthy:
      if (flag.fingerprint == fingerprint) return "a boot with these claims was healthy";
      return "the claims or the machine have changed since the last healthy boot; the next boot must be marked as healthy";
    case Mark::kSkipped:
      return "a boot that claimed the cards with 'healthy-when' was not marked as healthy; they were left to the host once, and the next boot claims them again";
    case Mark::kStopped:
      return "the last boot that claimed cards was shut down before it was marked as healthy; the next boot must be marked as healthy";
    case Mark::kNone:
      break;
  }
  return "no boot has claimed cards with it yet; the next boot must be marked as healthy";
}

}  // namespace

Result<BootFlag> read_flag(const Root& root) {
  const auto text = run_with_timeout(kReadLimitMs, "read the boot flag from the firmware",
                                     [&] { return read_text(open_variables(root)); });
  if (!text) return text.error();
  return BootFlag::parse(*text);
}

Rescue decide_by_flag(const Root& root, const config::Configuration& configuration,
                      const host::Machine& machine, plan::Plan& plan) {
  Rescue configured = plan::configured_rescue(configuration);
  if (!configured.armed()) return configured;
  const auto earlier = record::read_record(root);
  const bool again = earlier && earlier->boot_id == machine.boot_id && earlier->rescue.armed();
  const auto found = read_flag(root);
  if (!found && !again) {
    set_unavailable(configured, found.error());
    return configured;
  }
  Rescue rescue = plan::decide(configured, found ? *found : earlier->rescue.flag,
                               fingerprint_of(root, configuration, machine, plan),
                               again ? &earlier->rescue : nullptr);
  // The decision of this boot stays, even if efivarfs cannot be mounted again: adopt runs in the
  // sandbox of systemd-udevd.service.
  if (!found) {
    rescue.unavailable = earlier->rescue.unavailable;
    rescue.remedy = earlier->rescue.remedy;
  }
  if (rescue.skips) plan::refuse_armed_cards(plan, configuration);
  return rescue;
}

void log_unavailable(const Root& root, const Rescue& rescue) {
  if (rescue.unavailable.empty()) return;
  log_message(
      root, host::Priority::kWarning,
      "dead-man rescue not available: " + rescue.unavailable +
          (rescue.skips
               ? "; the cards with 'healthy-when' are left to the host until it is available"
               : "; the cards are claimed without the rescue") +
          ". Remedy: " + rescue.remedy);
}

void write_decided_flag(const Root& root, record::Record& record) {
  Rescue& rescue = record.rescue;
  if (!rescue.armed() || !rescue.unavailable.empty() || rescue.wanted == rescue.flag) return;
  if (const auto written = write_flag(root, rescue.wanted); written) {
    rescue.flag = rescue.wanted;
  } else {
    set_unavailable(rescue, written.error());
    log_unavailable(root, rescue);
  }
  save_record(root, record);
}

Result<void> mark_flag(const Root& root, BootFlag flag, Mark mark) {
  flag.mark = mark;
  if (auto written = write_flag(root, flag); !written) return written;
  const auto lock = take_lock(root, kLockSeconds);
  auto record = record::read_record(root);
  if (!lock || !record) return {};  // the flag is written, and only it counts
  record->rescue.flag = record->rescue.wanted = flag;
  return record::write_record(root, *record);
}

void print_flag(const Root& root, const config::Configuration& configuration,
                const host::Machine& machine, const plan::Plan& plan) {
  if (!plan::configured_rescue(configuration).armed()) return;
  const auto text = read_text(EfiVariables::at_mount(root));
  if (!text) {
    host::print(stdout, "Dead-man rescue: cannot read its flag: %s.\n",
                host::is_efi_boot(root) ? describe(text.error()).c_str()
                                        : "this machine was not started by EFI firmware");
    return;
  }
  host::print(
      stdout, "Dead-man rescue: %s.\n",
      meaning_of(BootFlag::parse(*text), fingerprint_of(root, configuration, machine, plan)));
}

}  // namespace early
