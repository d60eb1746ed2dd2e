// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/iommu_width.h"

#include <algorithm>
#include <charconv>
#include <string>

namespace verify {
namespace {

// Of the unit whose directory in sysfs this is. The register is hexadecimal, without "0x".
int width_of(const host::Root& root, const std::string& unit) {
  const std::string text = root.read_line(unit + "/intel-iommu/cap");
  uint64_t capability = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), capability, 16);
  return error == std::errc() ? vtd_width(capability) : 0;
}

}  // namespace

// As iommu_calculate_agaw() and the domains' widths in drivers/iommu/intel/iommu.c: the page tables
// have as many levels as the unit supports (SAGAW: 39, 48 or 57 bits), but the unit may use fewer
// bits of an address (MGAW).
int vtd_width(uint64_t capability) {
  constexpr int kBits = 30, kBitsOfLevel = 9;  // with two levels
  int levels = 0;
  for (int i = 1; i < 5; ++i)
    if (capability >> 8 >> i & 1) levels = i;
  if (levels == 0) return 0;
  return std::min(kBits + kBitsOfLevel * levels, static_cast<int>(capability >> 16 & 0x3f) + 1);
}

int read_iommu_width(const host::Root& root, const host::PciAddress& address) {
  const std::string units = "/sys/class/iommu";
  const std::string own = root.link_name(address.sysfs() + "/iommu");
  if (!own.empty()) return width_of(root, units + "/" + own);
  int width = 0;
  for (const std::string& unit : root.list(units).value_or(std::vector<std::string>())) {
    const int found = width_of(root, units + "/" + unit);
    if (found == 0 || (width != 0 && found != width)) return 0;
    width = found;
  }
  return width;
}

}  // namespace verify
