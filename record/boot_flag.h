// SPDX-License-Identifier: GPL-2.0-or-later
//
// The boot flag: the only state that the dead-man rescue keeps from boot to boot, in an EFI
// variable (early/rescue.h). plan/rescue.h decides what follows from it.
#pragma once

#include <string>
#include <string_view>

#include "config/configuration.h"

namespace record {

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
  std::string fingerprint;  // of the claims: see plan/rescue.h

  // "pending 0123456789abcdef", or "none".
  std::string str() const;
  // Parses the first line of `text`; text in another form is kNone.
  static BootFlag parse(std::string_view text);

  bool operator==(const BootFlag&) const = default;
};

// The state of the rescue in one boot. The record carries it from the gate to bind and to the
// healthy mark.
struct Rescue {
  config::Healthy healthy_when = config::Healthy::kNotSet;  // the strictest one of the armed cards
  bool skips = false;                                       // the armed cards are left to the host
  BootFlag flag;                                            // in flash, as last read or written
  BootFlag wanted;                                          // bind writes it if it differs
  std::string unavailable;  // why the flag cannot be used; "": it can
  std::string remedy;       // for that

  bool armed() const { return healthy_when != config::Healthy::kNotSet; }
  bool operator==(const Rescue&) const = default;
};

}  // namespace record
