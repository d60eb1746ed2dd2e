// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/hardware/bars.h"

#include <bit>
#include <cstdlib>

#include <fmt/format.h>

#include "host/text.h"

namespace verify::hardware {
namespace {

constexpr uint64_t kMegabyte = uint64_t{1} << 20;

uint64_t hexadecimal(std::string_view word) {
  return std::strtoull(std::string(word).c_str(), nullptr, 16);
}

}  // namespace

// Lines "FIRST LAST FLAGS": resource_show in drivers/pci/pci-sysfs.c.
std::vector<Window> read_windows(const host::Root& root, const host::PciAddress& address) {
  std::vector<Window> windows;
  const std::string text = root.read_attribute(address.sysfs() + "/resource").value_or("");
  for (const std::string_view line : host::split(text, "\n")) {
    const auto words = host::split(line);
    if (words.size() != 3 || windows.size() > kRom) break;
    windows.push_back({hexadecimal(words[0]), hexadecimal(words[1]), hexadecimal(words[2])});
  }
  return windows;
}

uint64_t ResizableBar::largest() const {
  return sizes == 0 ? bytes : kMegabyte << (std::bit_width(sizes) - 1);
}

// A capability register has a bit for each size, from 1 MiB (bit 4) to 128 TiB. A control register
// has the BAR (bits 0 to 2), the number of resizable BARs (5 to 7, in the first), and the size as a
// power of two, in MiB (8 to 13).
std::vector<ResizableBar> resizable_bars(const Registers& registers) {
  std::vector<ResizableBar> bars;
  const off_t at = registers.find(Extended::kResizableBar);
  if (at == 0) return bars;
  const uint32_t number = registers.u32(at + 8) >> 5 & 7;
  for (uint32_t i = 0; i < number && i < kBars; ++i) {
    const off_t entry = at + 4 + 8 * static_cast<off_t>(i);
    const uint32_t sizes = registers.u32(entry), control = registers.u32(entry + 4);
    // 2^43 MiB is the most that 64 bits of address hold.
    const uint32_t exponent = std::min<uint32_t>(control >> 8 & 0x3f, 43);
    if ((control & 7) >= kBars || sizes >> 4 == 0) continue;
    bars.push_back({.bar = control & 7, .bytes = kMegabyte << exponent, .sizes = sizes >> 4});
  }
  return bars;
}

std::string size_text(uint64_t bytes) {
  constexpr const char* kUnits[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
  size_t unit = 0;
  while (bytes >= 1024 && bytes % 1024 == 0 && unit + 1 < std::size(kUnits)) bytes /= 1024, ++unit;
  return bytes == 0 ? "nothing" : fmt::format("{} {}", bytes, kUnits[unit]);
}

}  // namespace verify::hardware
