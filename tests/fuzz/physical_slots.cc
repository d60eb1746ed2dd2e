// SPDX-License-Identifier: GPL-2.0-or-later
//
// The slots in an SMBIOS table.
#include "host/physical_slots.h"

#include "host/printable.h"
#include "tests/fuzz/target.h"
#include "tests/unit/smbios.h"

namespace fuzz {
namespace {

std::vector<std::string> samples() {
  return {smbios::slot("PCIEX16_1", "0000:00:01.0") + smbios::slot("M2", "") + smbios::end()};
}

void parse(std::string_view bytes) {
  constexpr size_t kSmallest = 6;  // a header and the end of the strings
  const auto slots = host::slots_in_smbios(bytes);
  require(slots.size() <= bytes.size() / kSmallest);
  for (const host::PhysicalSlot& slot : slots)
    require(!slot.label.empty() && host::printable(slot.label) == slot.label &&
            slot.label.find('\n') == std::string::npos);
}

const Target kTarget("physical_slots", samples, parse);

}  // namespace
}  // namespace fuzz
