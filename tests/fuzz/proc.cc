// SPDX-License-Identifier: GPL-2.0-or-later
//
// Files of procfs that are parsed on their own: /proc/iomem, with a NUL and a function's `resource`
// after it, and /proc/interrupts.
#include <algorithm>

#include "host/framebuffer.h"
#include "tests/fuzz/target.h"
#include "verify/inspect/interrupts.h"

namespace fuzz {
namespace {

std::vector<std::string> samples() {
  const std::string resource =
      "0x00000000a0000000 0x00000000a0ffffff 0x0000000000040200\n"
      "0x0000000000003000 0x000000000000307f 0x0000000000040101\n";
  const std::string iomem =
      "00000000-00000fff : Reserved\na0000000-afffffff : PCI Bus 0000:00\n"
      "  a0000000-a0ffffff : PCI Bus 0000:01\n    a0000000-a0ffffff : 0000:01:00.0\n"
      "      a0000000-a02fffff : BOOTFB\n        a0000000-a02fffff : simpledrm\n";
  const std::string interrupts =
      "            CPU0       CPU1\n   0:         20          0  IR-IO-APIC    2-edge  timer\n"
      " 120:          5          9  IR-PCI-MSI-0000:01:00.1    0-edge  vfio-msi[0](0000:01:00.1)\n"
      " NMI:          0          0   Non-maskable interrupts\n";
  return {iomem + std::string(1, '\0') + resource, interrupts};
}

void parse(std::string_view bytes) {
  const size_t end = std::min(bytes.find('\0'), bytes.size());
  const auto address = *host::PciAddress::parse("0000:01:00.0");
  const auto regions = host::overlapping_framebuffers(
      bytes.substr(0, end), bytes.substr(std::min(end + 1, bytes.size())), address);
  for (const std::string& region : regions) require(!region.empty());
  (void)host::initcall_of(regions);
  const auto chips = verify::parse_interrupts(bytes);
  require(chips.remapped >= 0 && chips.direct >= 0);
  if (chips.remapped + chips.direct > 0) require(!chips.example.empty());
}

const Target kTarget("proc", samples, parse);

}  // namespace
}  // namespace fuzz
