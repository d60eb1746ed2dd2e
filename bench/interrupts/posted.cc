// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/interrupts/posted.h"

#include <charconv>
#include <cstdint>

namespace bench {
namespace {

struct Register {
  const char* file;
  uint64_t mask;
};
constexpr Register kRegisters[] = {{"/intel-iommu/cap", uint64_t{1} << 59},
                                   {"/amd-iommu/features", uint64_t{7} << 21}};

}  // namespace

// The registers are hexadecimal numbers without "0x".
PostedInterrupts posted_interrupts(const host::Root& root, const host::PciAddress& address) {
  const std::string unit = root.link_name(address.sysfs() + "/iommu");
  if (unit.empty()) return {};
  for (const Register& each : kRegisters) {
    const std::string file = "/sys/class/iommu/" + unit + each.file;
    const std::string text = root.read_line(file);
    const char* last = text.data() + text.size();
    uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), last, value, 16);
    if (error == std::errc() && end == last)
      return {value & each.mask ? Posted::kSupported : Posted::kUnsupported, file};
  }
  return {};
}

std::string line_of(const PostedInterrupts& posted) {
  switch (posted.support) {
    case Posted::kSupported:
      return "posted interrupts: supported by the IOMMU (" + posted.source + ")";
    case Posted::kUnsupported:
      return "posted interrupts: not supported by the IOMMU (" + posted.source + ")";
    case Posted::kNotReported:
      break;
  }
  return "posted interrupts: not reported by this machine";
}

}  // namespace bench
