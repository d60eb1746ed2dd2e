// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/isolation/quirks.h"

#include <algorithm>

namespace verify::isolation {
namespace {

using Where = Quirk::Where;

constexpr QuirkEffect kYes = QuirkEffect::kIsolates;
constexpr QuirkEffect kIfSetUp = QuirkEffect::kIsolatesIfSetUp;

// In the kernel's order: the first entry that applies is used. kVendorStatement: the vendor states
// that the functions do not send requests to each other (pci_quirk_mf_endpoint_acs).
constexpr const char* kVendorStatement = "its manufacturer states that its functions are isolated";
constexpr const char* kPch = "Intel chipset root port";
constexpr const char* kErratum = "Intel chipset root port, ACS control register at 8";

constexpr Quirk kQuirks[] = {
    {0x1002, 0x4383, 0x4385, Where::kAmdChipset, kYes, "AMD chipset"},
    {0x1002, 0x4399, 0x4399, Where::kAmdChipset, kYes, "AMD chipset"},
    {0x1002, 0x439c, 0x439d, Where::kAmdChipset, kYes, "AMD chipset"},
    {0x1022, 0x7809, 0x7809, Where::kAmdChipset, kYes, "AMD chipset"},
    {0x1022, 0x780f, 0x780f, Where::kAmdChipset, kYes, "AMD chipset"},
    {0x1924, 0x0903, 0x0903, Where::kAnywhere, kYes, kVendorStatement},
    {0x1924, 0x0923, 0x0923, Where::kAnywhere, kYes, kVendorStatement},
    {0x1924, 0x0a03, 0x0a03, Where::kAnywhere, kYes, kVendorStatement},
    {0x8086, 0x105e, 0x1060, Where::kAnywhere, kYes, kVendorStatement},  // 82571
    {0x8086, 0x10a7, 0x10a7, Where::kAnywhere, kYes, kVendorStatement},  // 82575
    {0x8086, 0x10a9, 0x10a9, Where::kAnywhere, kYes, kVendorStatement},
    {0x8086, 0x10c6, 0x10c6, Where::kAnywhere, kYes, kVendorStatement},
    {0x8086, 0x10c9, 0x10c9, Where::kAnywhere, kYes, kVendorStatement},  // 82576
    {0x8086, 0x10d6, 0x10d6, Where::kAnywhere, kYes, kVendorStatement},
    {0x8086, 0x10d9, 0x10d9, Where::kAnywhere, kYes, kVendorStatement},
    {0x8086, 0x10db, 0x10db, Where::kAnywhere, kYes, kVendorStatement},
    {0x8086, 0x10dd, 0x10dd, Where::kAnywhere, kYes, kVendorStatement},
    {0x8086, 0x10e1, 0x10e1, Where::kAnywhere, kYes, kVendorStatement},
    {0x8086, 0x10e6, 0x10e8, Where::kAnywhere, kYes, kVendorStatement},
    {0x8086, 0x10f1, 0x10f1, Where::kAnywhere, kYes, kVendorStatement},
    {0x8086, 0x10f7, 0x10fc, Where::kAnywhere, kYes, kVendorStatement},
    {0x8086, 0x1507, 0x1507, Where::kAnywhere, kYes, kVendorStatement},
    {0x8086, 0x1509, 0x150a, Where::kAnywhere, kYes, kVendorStatement},
    {0x8086, 0x150d, 0x1511, Where::kAnywhere, kYes, kVendorStatement},
    {0x8086, 0x1514, 0x1514, Where::kAnywhere, kYes, kVendorStatement},
    {0x8086, 0x1516, 0x1516, Where::kAnywhere, kYes, kVendorStatement},
    {0x8086, 0x1518, 0x1518, Where::kAnywhere, kYes, kVendorStatement},
    {0x8086, 0x151c, 0x151c, Where::kAnywhere, kYes, kVendorStatement},
    {0x8086, 0x1521, 0x1524, Where::kAnywhere, kYes, kVendorStatement},  // I350
    {0x8086, 0x1526, 0x1527, Where::kAnywhere, kYes, kVendorStatement},
    {0x8086, 0x1529, 0x152a, Where::kAnywhere, kYes, kVendorStatement},
    {0x8086, 0x154d, 0x154d, Where::kAnywhere, kYes, kVendorStatement},
    {0x8086, 0x154f, 0x154f, Where::kAnywhere, kYes, kVendorStatement},
    {0x8086, 0x1551, 0x1551, Where::kAnywhere, kYes, kVendorStatement},
    {0x8086, 0x1558, 0x1558, Where::kAnywhere, kYes, kVendorStatement},
    {0x8086, 0x15b7, 0x15b8, Where::kAnywhere, kYes, kVendorStatement},  // I219
    // VT-d 4.1, 3.16: these reach each other only with translated addresses.
    {0x8086, 0x0000, 0xffff, Where::kIntegrated, kYes, "Intel integrated endpoint"},
    {0x17cb, 0x0111, 0x0111, Where::kAnywhere, kYes, "Qualcomm root port"},
    {0x17cb, 0x0115, 0x0115, Where::kAnywhere, kYes, "Qualcomm root port"},
    {0x17cb, 0x0120, 0x0120, Where::kAnywhere, kYes, "Qualcomm root port"},
    {0x17cb, 0x0400, 0x0401, Where::kAnywhere, kYes, "Qualcomm root port"},
    {0x1dbf, 0x0401, 0x0401, Where::kAnywhere, kYes, "HXT root port"},
    // Red Hat bugzilla 1037684; the kernel disables peer-to-peer traffic in chipset registers.
    {0x8086, 0x1c10, 0x1c1f, Where::kRootPort, kIfSetUp, kPch},  // Cougar Point
    {0x8086, 0x1d10, 0x1d1e, Where::kRootPort, kIfSetUp, kPch},  // Patsburg (X79), even ids
    {0x8086, 0x1e10, 0x1e1f, Where::kRootPort, kIfSetUp, kPch},  // Panther Point
    {0x8086, 0x3b42, 0x3b51, Where::kRootPort, kIfSetUp, kPch},  // Ibex Peak
    {0x8086, 0x8c10, 0x8c1f, Where::kRootPort, kIfSetUp, kPch},  // Lynx Point
    {0x8086, 0x8c90, 0x8c9e, Where::kRootPort, kIfSetUp, kPch},  // Lynx Point (9 series), even ids
    {0x8086, 0x8d10, 0x8d1e, Where::kRootPort, kIfSetUp, kPch},  // Wellsburg (X99)
    {0x8086, 0x9c10, 0x9c1b, Where::kRootPort, kIfSetUp, kPch},  // Lynx Point-LP
    {0x8086, 0x9c90, 0x9c9b, Where::kRootPort, kIfSetUp, kPch},  // Wildcat Point
    {0x8086, 0x9d10, 0x9d1b, Where::kRootPort, QuirkEffect::kControlAt8,
     kErratum},  // 7th, 8th mobile
    {0x8086, 0xa110, 0xa11f, Where::kRootPort, QuirkEffect::kControlAt8,
     kErratum},  // Sunrise Point
    {0x8086, 0xa167, 0xa16a, Where::kRootPort, QuirkEffect::kControlAt8, kErratum},
    {0x8086, 0xa290, 0xa29f, Where::kRootPort, QuirkEffect::kControlAt8, kErratum},  // Union Point
    {0x8086, 0xa2e7, 0xa2ee, Where::kRootPort, QuirkEffect::kControlAt8, kErratum},
    {0x19a2, 0x0710, 0x0710, Where::kAnywhere, kYes, kVendorStatement},
    {0x10df, 0x0720, 0x0720, Where::kAnywhere, kYes, kVendorStatement},
    {0x177d, 0xa000, 0xa7ff, Where::kRootPort, kYes, "Cavium root port"},
    {0x177d, 0xaf84, 0xaf84, Where::kRootPort, kYes, "Cavium root port"},
    {0x177d, 0xb884, 0xb884, Where::kRootPort, kYes, "Cavium root port"},
    {0x177d, 0xa026, 0xa026, Where::kAnywhere, kYes, kVendorStatement},
    {0x177d, 0xa059, 0xa059, Where::kAnywhere, kYes, kVendorStatement},
    {0x177d, 0xa060, 0xa060, Where::kAnywhere, kYes, kVendorStatement},
    {0x10e8, 0xe004, 0xe004, Where::kAnywhere, kYes, "X-Gene root port"},
    {0x1def, 0xe005, 0xe00c, Where::kAnywhere, kYes, "Ampere root port"},
    {0x14e4, 0x16d7, 0x16d7, Where::kAnywhere, kYes, kVendorStatement},
    {0x14e4, 0x1750, 0x1752, Where::kAnywhere, kYes, kVendorStatement},
    {0x14e4, 0x1760, 0x1763, Where::kAnywhere, kYes, kVendorStatement},
    {0x14e4, 0xd714, 0xd714, Where::kAnywhere, kYes, "Broadcom root port"},
    {0x0014, 0x3c09, 0x3c09, Where::kAnywhere, kYes, "Loongson root port"},
    {0x0014, 0x3c19, 0x3c19, Where::kAnywhere, kYes, "Loongson root port"},
    {0x0014, 0x3c29, 0x3c29, Where::kAnywhere, kYes, "Loongson root port"},
    {0x0014, 0x7a09, 0x7a09, Where::kAnywhere, kYes, "Loongson root port"},
    {0x0014, 0x7a19, 0x7a19, Where::kAnywhere, kYes, "Loongson root port"},
    {0x0014, 0x7a29, 0x7a29, Where::kAnywhere, kYes, "Loongson root port"},
    {0x0014, 0x7a39, 0x7a39, Where::kAnywhere, kYes, "Loongson root port"},
    {0x0014, 0x7a49, 0x7a49, Where::kAnywhere, kYes, "Loongson root port"},
    {0x0014, 0x7a59, 0x7a59, Where::kAnywhere, kYes, "Loongson root port"},
    {0x0014, 0x7a69, 0x7a69, Where::kAnywhere, kYes, "Loongson root port"},
    {0x1c36, 0x0031, 0x0031, Where::kRootPort, kYes, "Annapurna root port"},
    {0x1d17, 0x3038, 0x3038, Where::kAnywhere, kYes, kVendorStatement},
    {0x1d17, 0x3104, 0x3104, Where::kAnywhere, kYes, kVendorStatement},
    {0x1d17, 0x9083, 0x9083, Where::kAnywhere, kYes, kVendorStatement},
    {0x1957, 0x8d80, 0x8d83, Where::kAnywhere, kYes, "NXP root port"},
    {0x1957, 0x8d88, 0x8d8b, Where::kAnywhere, kYes, "NXP root port"},
    {0x1957, 0x8d90, 0x8d93, Where::kAnywhere, kYes, "NXP root port"},
    {0x1957, 0x8d98, 0x8d9b, Where::kAnywhere, kYes, "NXP root port"},
    {0x1957, 0x8da0, 0x8da1, Where::kAnywhere, kYes, "NXP root port"},
    {0x1957, 0x8da8, 0x8da9, Where::kAnywhere, kYes, "NXP root port"},
    {0x1957, 0x8db0, 0x8db1, Where::kAnywhere, kYes, "NXP root port"},
    {0x1957, 0x8db8, 0x8db9, Where::kAnywhere, kYes, "NXP root port"},
    {0x1d17, 0x0710, 0x071e, Where::kPort, kYes, "Zhaoxin port"},
    {0x1d17, 0x0721, 0x0721, Where::kPort, kYes, "Zhaoxin port"},
    {0x1d17, 0x0723, 0x0752, Where::kPort, kYes, "Zhaoxin port"},
    {0x1d17, 0x0000, 0xffff, Where::kPort, QuirkEffect::kIsolatesNothing, "other Zhaoxin port"},
    {0x8088, 0x0100, 0x010f, Where::kAnywhere, kYes, kVendorStatement},
    {0x8088, 0x1001, 0x1001, Where::kAnywhere, kYes, kVendorStatement},
    {0x8088, 0x2001, 0x2001, Where::kAnywhere, kYes, kVendorStatement},
    {0x8088, 0x5010, 0x5010, Where::kAnywhere, kYes, kVendorStatement},
    {0x8088, 0x5025, 0x5025, Where::kAnywhere, kYes, kVendorStatement},
    {0x8088, 0x5040, 0x5040, Where::kAnywhere, kYes, kVendorStatement},
    {0x8088, 0x5110, 0x5110, Where::kAnywhere, kYes, kVendorStatement},
    {0x8088, 0x5125, 0x5125, Where::kAnywhere, kYes, kVendorStatement},
    {0x8088, 0x5140, 0x5140, Where::kAnywhere, kYes, kVendorStatement},
    {0x8088, 0x0000, 0xffff, Where::kAnywhere, QuirkEffect::kIsolatesNothing,
     "other Wangxun device"},
};

bool is_even_only(uint16_t device) {
  return (device >= 0x1d10 && device <= 0x1d1e) || (device >= 0x8c90 && device <= 0x8c9e);
}

bool applies_to(const Quirk& quirk, const host::PciFunction& function, const ConfigSpace& config,
                bool on_root_bus, bool amd_iommu) {
  switch (quirk.where) {
    case Where::kAnywhere:
      return true;
    case Where::kRootPort:
      return config.type == PortType::kRootPort &&
             !(quirk.vendor == 0x8086 && is_even_only(function.id.device) &&
               function.id.device % 2 != 0);
    case Where::kPort:
      return config.type == PortType::kRootPort || config.type == PortType::kDownstream;
    case Where::kIntegrated:
      return config.type == PortType::kIntegratedEndpoint;
    case Where::kAmdChipset:
      return config.multifunction && on_root_bus && amd_iommu;
  }
  return false;
}

}  // namespace

const Quirk* quirk_of(const host::PciFunction& function, const ConfigSpace& config,
                      bool on_root_bus, bool amd_iommu) {
  const auto found = std::find_if(std::begin(kQuirks), std::end(kQuirks), [&](const Quirk& quirk) {
    return function.id.vendor == quirk.vendor && function.id.device >= quirk.first &&
           function.id.device <= quirk.last &&
           applies_to(quirk, function, config, on_root_bus, amd_iommu) &&
           // Without the ACS capability, there is no register at its offset 8.
           (quirk.effect != QuirkEffect::kControlAt8 || config.acs);
  });
  return found == std::end(kQuirks) ? nullptr : found;
}

}  // namespace verify::isolation
