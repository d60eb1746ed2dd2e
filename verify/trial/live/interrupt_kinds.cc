// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/trial/live/interrupt_kinds.h"

#include <string_view>

#include "host/text.h"

namespace verify {

std::string interrupt_chip(const host::Root& root, const std::string& address) {
  const std::string text = root.read("/proc/interrupts", 16 << 20).value_or("");
  for (const std::string_view line : host::split(text, "\n")) {
    if (line.find("vfio-") == line.npos || line.find("(" + address + ")") == line.npos) continue;
    for (const std::string_view word : host::split(line))
      if (word.find("PCI-MSI") != word.npos || word.find("IO-APIC") != word.npos)
        return std::string(word);
  }
  return {};
}

// Bit 10 of the command register disables INTx (PCI 3.0, 6.2.2).
void set_intx_enabled(const vfio::Device& device, bool enabled) {
  const auto command = device.read_config(0x04);
  if (!command) return;
  constexpr unsigned kIntxDisable = 0x400;
  (void)device.write_config(
      0x04, static_cast<uint16_t>(enabled ? *command & ~kIntxDisable : *command | kIntxDisable));
}

}  // namespace verify
