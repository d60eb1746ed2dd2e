// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/hardware/reset_bug.h"

#include <cstdint>

namespace verify::hardware {

// Device ids of the vendor-reset project (README, "Supported Devices").
std::string reset_bug(const host::PciId& id) {
  struct Family {
    uint16_t first, last;
    const char* name;
  };
  static constexpr Family kFamilies[] = {
      {0x67c0, 0x67df, "AMD Polaris 10"}, {0x67e0, 0x67ff, "AMD Polaris 11"},
      {0x6860, 0x687f, "AMD Vega 10"},    {0x66a0, 0x66af, "AMD Vega 20"},
      {0x6980, 0x699f, "AMD Polaris 12"}, {0x7310, 0x731f, "AMD Navi 10"},
      {0x7340, 0x734f, "AMD Navi 14"},    {0x7360, 0x7362, "AMD Navi 12"}};
  if (id.vendor != 0x1002) return {};
  for (const Family& family : kFamilies)
    if (id.device >= family.first && id.device <= family.last) return family.name;
  return {};
}

std::string reset_bug(const host::Machine& machine, const host::PciSlot& slot) {
  for (const host::PciFunction* function : machine.in_slot(slot))
    if (std::string family = reset_bug(function->id); !family.empty()) return family;
  return {};
}

}  // namespace verify::hardware
