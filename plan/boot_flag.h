// SPDX-License-Identifier: GPL-2.0-or-later
//
// The boot flag: the one thing that the dead-man rescue remembers from boot to boot, and what
// follows from it. Pure; early/rescue.h keeps it in an EFI variable.
//
//   found in flash     this boot    then in flash
//   pending            skips        skipped          the last boot never came to its mark
//   healthy, as now    claims       as it was        nothing is written
//   anything else      claims       pending          until `vfio-early healthy` or a clean shutdown
//
// Pending counts whatever it was for: who escapes a black screen by starting another kernel must
// not meet the next one there.
#pragma once

#include <string>
#include <string_view>

#include "plan/plan.h"

namespace plan {

enum class Mark {
  kNone,     // there is no flag, or nothing that we wrote
  kPending,  // a boot claimed and has yet to prove itself
  kHealthy,  // it did
  kSkipped,  // a boot left the armed cards to the host
  kStopped,  // it was shut down before it could prove itself, but cleanly
};

const char* mark_name(Mark mark);

struct BootFlag {
  Mark mark = Mark::kNone;
  std::string fingerprint;  // of what was claimed: see fingerprint()

  // "pending 0123456789abcdef", or "none".
  std::string str() const;
  // The first line of anything at all: what does not read as a flag is none.
  static BootFlag parse(std::string_view text);

  bool operator==(const BootFlag&) const = default;
};

// The rescue's part in one boot, as the record carries it from the gate to bind and to the mark.
struct Rescue {
  Healthy healthy_when = Healthy::kNotAsked;  // the strictest that an armed card asks for
  bool skips = false;                         // the armed cards are left to the host
  BootFlag flag;                              // as it is in flash, as far as we know
  BootFlag wanted;                            // bind writes it where it differs
  std::string unavailable;                    // why there is no flag; "": there is one
  std::string remedy;                         // for that

  bool armed() const { return healthy_when != Healthy::kNotAsked; }
  bool operator==(const Rescue&) const = default;
};

// What the configuration asks for; armed() where any card does.
Rescue asked_rescue(const Configuration& configuration);

// Tells one set of claims from another: what is claimed and how, under which kernel and firmware,
// and which displays stay with the host. "" where no armed card is claimed.
std::string fingerprint(const Plan& plan, const Configuration& configuration,
                        const host::Machine& machine, std::string_view firmware);

// Fills in the rest of `asked`. `earlier`: what was decided before in this same boot, if anything;
// it stands, since a flag that is pending now may be this boot's own.
Rescue decide(Rescue asked, const BootFlag& found, const std::string& fingerprint,
              const Rescue* earlier);

// Turns the claims of armed cards into refusals.
void leave_armed_cards(Plan& plan, const Configuration& configuration);

}  // namespace plan
