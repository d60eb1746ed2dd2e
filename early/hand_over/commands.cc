// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/hand_over/commands.h"

#include <cerrno>

#include <unistd.h>

#include "early/commands.h"
#include "early/hand_over/claim_card.h"
#include "early/hand_over/libvirt_hook.h"
#include "early/hand_over/recover.h"
#include "early/lock.h"
#include "early/messages.h"
#include "host/printable.h"
#include "host/text.h"

namespace early::hand_over {
namespace {

using host::Result;
using host::Root;

constexpr int kLockSeconds = 30;
// Hooks, services and drivers have limits of their own. This ends what exceeds them all; the timer
// then recovers.
constexpr unsigned kClaimSeconds = 300, kRecoverSeconds = 120;

Result<host::Fd> lock_within(const Root& root, int seconds) {
  (void)root.make_directory("/run/vfio-early");
  return take_lock(root, seconds);
}

int fail_locked(const Root& root, const std::string& what, const host::Error& error) {
  const bool waited = error.code == EAGAIN;
  log_message(root, host::Priority::kError,
              what + ": " + describe(error) + ". Remedy: " +
                  (waited ? "run the command again after the other vfio-early process has ended"
                          : "run as root, with /run mounted writable"));
  return kNotAllClaimed;
}

// "no card or function 'games' was claimed in this boot; claimed cards: gaming".
int fail_unknown(const Root& root, const std::string& what) {
  std::vector<std::string> cards;
  const auto record = record::read_record(root).value_or(record::Record());
  for (const record::FunctionRecord& function : record.functions)
    if (!host::contains(cards, function.card)) cards.push_back(function.card);
  for (const record::PhysicalRecord& physical : record.physical_functions)
    if (!host::contains(cards, physical.card)) cards.push_back(physical.card);
  host::print(stderr,
              "vfio-early: no card or function '%s' was claimed in this boot; claimed cards: %s\n",
              what.c_str(), cards.empty() ? "none" : host::join(cards, ", ").c_str());
  return kUsage;
}

}  // namespace

int run_claim(const Root& root, const Options& options) {
  ::alarm(kClaimSeconds);
  const auto lock = lock_within(root, kLockSeconds);
  if (!lock) return fail_locked(root, options.argument + ": not claimed", lock.error());
  return claim_card(root, {.what = options.argument,
                           .config = options.config,
                           .stop_services = options.stop_services,
                           .domain = {}});
}

int run_release(const Root& root, const Options& options) {
  const auto hand_overs = read_hand_overs(root);
  const bool none = hand_overs && hand_overs->all.empty();
  if (none && !record::read_record(root)) return fail_unknown(root, options.argument);
  ::alarm(kClaimSeconds);
  const auto lock = lock_within(root, kLockSeconds);
  if (!lock) return fail_locked(root, "no card is released", lock.error());
  const auto done = release_card(root, options.argument);
  return done ? *done : fail_unknown(root, options.argument);
}

// A claim or a release that runs has the lock, and is not disturbed.
int run_recover(const Root& root, const Options&) {
  if (!root.exists(kHandOverFile)) return recover(root);
  ::alarm(kRecoverSeconds);
  const auto lock = lock_within(root, 0);
  if (!lock) return lock.error().code == EAGAIN ? kAllClaimed : kNotAllClaimed;
  return recover(root);
}

int run_libvirt_hook(const Root& root, const Options& options) {
  ::alarm(kClaimSeconds);
  const auto wanted = read_hook_call(root, options);
  if (!wanted) {
    host::print(stderr, "vfio-early: %s\n", describe(wanted.error()).c_str());
    return kNotAllClaimed;
  }
  if (wanted->cards.empty()) return kAllClaimed;
  const auto lock = lock_within(root, kLockSeconds);
  if (!lock) return fail_locked(root, wanted->domain, lock.error());
  return run_hook_call(root, options, *wanted);
}

}  // namespace early::hand_over
