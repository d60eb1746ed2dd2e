// SPDX-License-Identifier: GPL-2.0-or-later
//
// The boot flag: the only state that the dead-man rescue keeps from boot to boot, and the decision
// that follows from it. Pure; early/rescue.h stores the flag in an EFI variable.
//
//   flag found             this boot   flag written
//   pending                skips       skipped: the last boot did not reach its healthy mark
//   healthy, same claims   claims      none
//   anything else          claims      pending, until `vfio-early healthy` or a clean shutdown
//
// A pending flag counts whatever its fingerprint is: a user who starts another kernel because of a
// black screen must not get a black screen there, too.
#pragma once

#include <string>
#include <string_view>

#include "plan/plan.h"

namespace plan {

enum class Mark {
  kNone,     // no flag, or text in another form
  kPending,  // a boot claimed and is not marked as healthy yet
  kHealthy,  // that boot was healthy
  kSkipped,  // a boot left the armed cards to the host
  kStopped,  // that boot was shut down cleanly before its healthy mark
};

const char* mark_name(Mark mark);

struct BootFlag {
  Mark mark = Mark::kNone;
  std::string fingerprint;  // of the claims: see fingerprint()

  // "pending 0123456789abcdef", or "none".
  std::string str() const;
  // Parses the first line of `text`; text in another form is kNone.
  static BootFlag parse(std::string_view text);

  bool operator==(const BootFlag&) const = default;
};

// The state of the rescue in one boot. The record carries it from the gate to bind and to the
// healthy mark.
struct Rescue {
  Healthy healthy_when = Healthy::kNotAsked;  // the strictest one of the armed cards
  bool skips = false;                         // the armed cards are left to the host
  BootFlag flag;                              // in flash, as last read or written
  BootFlag wanted;                            // bind writes it if it differs
  std::string unavailable;                    // why the flag cannot be used; "": it can
  std::string remedy;                         // for that

  bool armed() const { return healthy_when != Healthy::kNotAsked; }
  bool operator==(const Rescue&) const = default;
};

// The rescue that the configuration asks for; armed() if any card has 'healthy-when'.
Rescue asked_rescue(const Configuration& configuration);

// Identifies a set of claims: what is claimed and how, under which kernel and firmware, and which
// displays stay with the host. "" if no armed card is claimed.
std::string fingerprint(const Plan& plan, const Configuration& configuration,
                        const host::Machine& machine, std::string_view firmware);

// Completes `asked`. `earlier` is an earlier decision in the same boot, or nullptr. It is kept: a
// pending flag may have been written by this boot.
Rescue decide(Rescue asked, const BootFlag& found, const std::string& fingerprint,
              const Rescue* earlier);

// Turns the claims of armed cards into refusals.
void leave_armed_cards(Plan& plan, const Configuration& configuration);

}  // namespace plan
