// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/after_update.h"

namespace verify {

// A changed setting of the firmware does not change its version, but may change its tables.
bool is_updated(const Passport& before, const Passport& now) {
  // `before` is from a file, in which passport_json() replaced some characters: convert `now`, too.
  const auto stored = parse_passport(passport_json(now));
  if (!stored) return true;
  const Passport& head = *stored;
  return before.kernel != head.kernel || before.firmware != head.firmware ||
         before.iommus != head.iommus || before.tables != head.tables;
}

}  // namespace verify
