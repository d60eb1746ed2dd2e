// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/after_update.h"

namespace verify {

// A setting of the firmware changes no version, but its tables.
bool is_updated(const Passport& before, const Passport& now) {
  // As it would come back from the file, which holds text only.
  const auto stored = parse_passport(passport_json(now));
  if (!stored) return true;
  const Passport& head = *stored;
  return before.kernel != head.kernel || before.firmware != head.firmware ||
         before.iommus != head.iommus || before.tables != head.tables;
}

}  // namespace verify
