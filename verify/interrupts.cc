// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/interrupts.h"

#include "host/text.h"

namespace verify {
namespace {

// One row for each interrupt and a column for each processor: megabytes on a large machine.
constexpr size_t kMaxInterrupts = 64 << 20;

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

std::optional<bool> read_unsafe_interrupts(const host::Root& root) {
  for (const char* module : {"vfio_iommu_type1", "iommufd"}) {
    const std::string value = root.read_line("/sys/module/" + std::string(module) +
                                             "/parameters/allow_unsafe_interrupts");
    if (value == "Y" || value == "N") return value == "Y";
  }
  return std::nullopt;
}

}  // namespace verify
