// SPDX-License-Identifier: GPL-2.0-or-later
//
// The kinds of interrupts that VFIO passes to an eventfd.
#pragma once

#include <cstdint>
#include <string>

#include <linux/vfio.h>

#include "host/root.h"
#include "vfio/device.h"

namespace verify {

struct InterruptKind {
  uint32_t index;
  const char* name;

  bool by_pin() const { return index == VFIO_PCI_INTX_IRQ_INDEX; }
};

inline constexpr InterruptKind kInterruptKinds[] = {{VFIO_PCI_MSIX_IRQ_INDEX, "MSI-X"},
                                                    {VFIO_PCI_MSI_IRQ_INDEX, "MSI"},
                                                    {VFIO_PCI_INTX_IRQ_INDEX, "INTx"}};

// The chip of this function's interrupt in /proc/interrupts, while VFIO has the interrupt:
// "IR-PCI-MSI-0000:01:00.1". "": not found.
std::string interrupt_chip(const host::Root& root, const std::string& address);

// INTx is disabled while VFIO does not handle the interrupt: other devices of the host may share
// the pin.
void set_intx_enabled(const vfio::Device& device, bool enabled);

}  // namespace verify
