// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/setup/igpu.h"

#include "verify/inspect/boot/version_order.h"
#include "verify/setup/steps.h"

namespace verify {

bool is_intel_igpu(const Inspection& inspection) {
  const host::PciFunction& function = inspection.functions.front().function;
  return inspection.functions.size() == 1 && function.id.vendor == 0x8086 &&
         function.is_class("03") && function.address.str() == "0000:00:02.0";
}

// vfio_pci_is_intel_display() in drivers/vfio/pci/vfio_pci_igd.c; before 6.15, vfio-pci offered the
// OpRegion of a VGA controller only. The firmware makes the iGPU one if it is the primary display.
bool has_opregion(const Inspection& inspection) {
  return inspection.functions.front().function.is_class("0300") ||
         compare_versions(inspection.machine.kernel_release, "6.15") >= 0;
}

std::string igpu_text(const Inspection& inspection) {
  if (!has_opregion(inspection))
    return "\n" +
           sentence(
               "The iGPU is not the primary display, so this kernel does not offer its OpRegion, and its outputs stay dark in some guests.") +
           sentence(
               "-> make it the primary display in the firmware setup, or use Linux 6.15 or later");
  return "\n" +
         sentence(
             "QEMU before 10.1 also needs x-igd-opregion=on for the outputs of an Intel iGPU.");
}

}  // namespace verify
