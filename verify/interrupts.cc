// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/interrupts.h"

#include <charconv>

#include <fmt/format.h>

#include "host/text.h"

namespace verify {
namespace {

// One row for each interrupt and a column for each processor: megabytes on a large machine.
constexpr size_t kMaxInterrupts = 64 << 20;

constexpr const char* kType1 = "vfio_iommu_type1";
constexpr const char* kIommufd = "iommufd";

bool is_direct(std::string_view word) {
  return word.starts_with("PCI-MSI") || word == "IO-APIC";
}

}  // namespace

InterruptChips parse_interrupts(std::string_view text) {
  InterruptChips chips;
  for (const std::string_view line : host::split(text, "\n")) {
    for (const std::string_view word : host::split(line)) {
      const bool remapped = word.starts_with("IR-");
      if (!remapped && !is_direct(word)) continue;
      if (remapped ? chips.remapped == 0 : chips.remapped + chips.direct == 0) chips.example = word;
      ++(remapped ? chips.remapped : chips.direct);
      break;
    }
  }
  return chips;
}

host::Result<InterruptChips> read_interrupts(const host::Root& root) {
  const auto text = root.read("/proc/interrupts", kMaxInterrupts);
  if (!text) return text.error();
  return parse_interrupts(*text);
}

std::string UnsafeInterrupts::str() const {
  std::string text;
  const auto add = [&](const char* module, const std::optional<bool>& set) {
    if (set)
      text += fmt::format("{}{} has allow_unsafe_interrupts={}", text.empty() ? "" : ", ", module,
                          *set ? "Y" : "N");
  };
  add(kType1, type1);
  add(kIommufd, iommufd);
  return text;
}

UnsafeInterrupts read_unsafe_interrupts(const host::Root& root) {
  const auto read = [&](const char* module) -> std::optional<bool> {
    const std::string value =
        root.read_line(fmt::format("/sys/module/{}/parameters/allow_unsafe_interrupts", module));
    if (value != "Y" && value != "N") return std::nullopt;
    return value == "Y";
  };
  return {.type1 = read(kType1), .iommufd = read(kIommufd)};
}

// Bit 3 of the extended capabilities, IR (VT-d 11.4.3). The kernel writes them in hexadecimal
// without a prefix (ecap_show in drivers/iommu/intel/iommu.c).
std::vector<RemappingUnit> read_remapping_units(const host::Root& root) {
  std::vector<RemappingUnit> units;
  for (const std::string& name : root.list("/sys/class/iommu").value_or({})) {
    const std::string text = root.read_line("/sys/class/iommu/" + name + "/intel-iommu/ecap");
    uint64_t capabilities = 0;
    const char* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, capabilities, 16);
    if (text.empty() || parsed.ec != std::errc() || parsed.ptr != end) continue;
    units.push_back({name, (capabilities >> 3 & 1) != 0});
  }
  return units;
}

}  // namespace verify
