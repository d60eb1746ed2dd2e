// SPDX-License-Identifier: GPL-2.0-or-later
//
// The owner's hooks: the executable files in /etc/vfio-early/hooks.d, in the order of their names.
// They make programs go that vfio-early does not end itself, such as a compositor.
//
// Each gets the step and the name of the card as arguments, and in its environment VFIO_EARLY_STEP,
// VFIO_EARLY_CARD, VFIO_EARLY_ADDRESSES ("0000:01:00.0 0000:01:00.1") and VFIO_EARLY_DOMAIN;
// nothing of the invoking user's environment.
#pragma once

#include <string>
#include <vector>

#include "early/hand_over/hand_overs.h"
#include "host/result.h"
#include "host/root.h"

namespace early::hand_over {

inline constexpr const char* kHooksDirectory = "/etc/vfio-early/hooks.d";

inline constexpr const char* kBeforeClaim = "before-claim";
inline constexpr const char* kAfterClaim = "after-claim";
inline constexpr const char* kBeforeRelease = "before-release";
inline constexpr const char* kAfterRelease = "after-release";
inline constexpr const char* kFailed = "failed";

struct Hooks {
  std::vector<std::string> safe;
  std::vector<host::Error> refused;  // why others must not run
};

// The hooks of this machine. One is refused if it belongs to another user than root, or if other
// users can write to it; all are refused if that is so for the directory, since other users could
// put a link to any program of root there.
Hooks find_hooks(const host::Root& root);

// Runs those that are safe, also if others are refused: a release must start again what a hook has
// stopped. A claim asks find_hooks() before it changes anything. Each hook has a deadline. Only for
// the running machine.
//
// Returns the refused ones, and the failures, with the hook's last line of standard error.
std::vector<host::Error> run_hooks(const host::Root& root, const HandOver& hand_over,
                                   const char* step);

// Logs each of these problems.
void report_hooks(const host::Root& root, const std::string& card,
                  const std::vector<host::Error>& problems);

}  // namespace early::hand_over
