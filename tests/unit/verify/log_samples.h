// SPDX-License-Identifier: GPL-2.0-or-later
//
// Messages of Linux 5.4 to 7.2 about the healthy machine's display function, or its IOMMU, with the
// check that quotes each.
#pragma once

namespace verify {

struct LogSample {
  const char* check;
  const char* line;
};

inline constexpr LogSample kLogSamples[] = {
    {"iommu.present", "AMD-Vi: Completion-Wait loop timed out"},
    {"iommu.present", "AMD-Vi: Command buffer timeout"},
    {"iommu.present",
     "iommu ivhd0: AMD-Vi: Event logged [COMMAND_HARDWARE_ERROR address=0x1234 flags=0x0000]"},
    {"iommu.present", "iommu ivhd0: AMD-Vi: Event logged [ILLEGAL_COMMAND_ERROR address=0x1234]"},
    {"iommu.present", "DMAR: VT-d detected Invalidation Queue Error: Reason f"},
    {"iommu.firmware", "DMAR: [Firmware Bug]: Your BIOS is broken; DMAR reported at address 0!"},
    {"iommu.firmware",
     "Your BIOS is broken; DMAR reported at address 0 returns all ones!\\x0aBIOS vendor: x"},
    {"iommu.firmware",
     "DMAR: [Firmware Bug]: Your BIOS is broken; bad RMRR [0x000000008b800000-0x000000008b7fffff]"},
    {"iommu.firmware", "DMAR: Parse DMAR table failure."},
    {"iommu.firmware", "DMAR: [Firmware Bug]: Record passes table end"},
    {"iommu.firmware", "DMAR: [Firmware Bug]: No DRHD structure found in DMAR table"},
    {"iommu.firmware",
     "DMAR: [Firmware Bug]: RMRR entry for device 02:00.0 is broken - applying workaround"},
    {"iommu.firmware",
     "DMAR: [Firmware Bug]: No firmware reserved region can cover this RMRR "
     "[0x00000000bd000000-0x00000000bd7fffff], contact BIOS vendor for fixes"},
    {"iommu.firmware", "AMD-Vi: [Firmware Bug]: IVRS invalid checksum"},
    {"iommu.firmware", "AMD-Vi: [Firmware Bug]: Invalid IVHD device type 0xff"},
    {"iommu.reserved",
     "vfio-pci 0000:01:00.0: Device is ineligible for IOMMU domain attach due to platform RMRR "
     "requirement.  Contact your platform vendor."},
    {"iommu.reserved",
     "vfio-pci 0000:01:00.0: Firmware has requested this device have a 1:1 IOMMU mapping, "
     "rejecting configuring the device without a 1:1 mapping. Contact your platform vendor."},
    // Linux 5.4, 5.10, 5.14 and later, and with the segment
    {"iommu.faults",
     "DMAR: [DMA Read] Request device [01:00.0] fault addr c0000000 [fault reason 06] PTE Read "
     "access is not set"},
    {"iommu.faults",
     "DMAR: [DMA Write] Request device [01:00.0] PASID ffffffff fault addr fffff000 [fault reason "
     "05] PTE Write access is not set"},
    {"iommu.faults",
     "DMAR: [DMA Read NO_PASID] Request device [01:00.0] fault addr 0xc0000000 [fault reason 0x06] "
     "PTE Read access is not set"},
    {"iommu.faults",
     "DMAR: [DMA Write PASID 0x1] Request device [0000:01:00.0] fault addr 0x1000 [fault reason "
     "0x71] SM: Present bit in first-level paging entry is clear"},
    {"iommu.faults",
     "DMAR: [INTR-REMAP] Request device [01:00.0] fault index 0x2a [fault reason 0x22] Present "
     "field in the IRTE entry is clear"},
    {"iommu.faults", "DMAR: VT-d detected Invalidation Time-out Error: SID 100"},
    {"iommu.faults", "AMD-Vi: Event logged [IOTLB_INV_TIMEOUT device=01:00.0 address=0x7e0a00]"},
    {"iommu.faults",
     "pci 0000:00:00.2: AMD-Vi: Event logged [IOTLB_INV_TIMEOUT device=0000:01:00.0 "
     "address=0x10c6a4f10]"},
    {"iommu.faults",
     "AMD-Vi: Event logged [IO_PAGE_FAULT device=01:00.0 domain=0x0000 address=0xff00ff00 "
     "flags=0x0070]"},
    {"iommu.faults",
     "vfio-pci 0000:01:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x000f address=0x64a7f000 "
     "flags=0x0020]"},
    {"iommu.faults",
     "iommu ivhd0: AMD-Vi: Event logged [INVALID_DEVICE_REQUEST device=0000:01:00.0 pasid=0x00000 "
     "address=0xfffffffdf8000000 flags=0x0a00]"},
    {"iommu.faults",
     "arm-smmu-v3 arm-smmu-v3.0.auto: event: F_TRANSLATION client: 0000:01:00.0 sid: 0x100 ssid: "
     "0x0 iova: 0x8000000000 ipa: 0x0"},
    {"iommu.faults", "virtio_iommu virtio0: page fault from EP 256 at 0x1000 [R]"},
    {"bind.driver", "vfio-pci 0000:01:00.0: Failed to setup Intel IGD regions"},
    {"bind.driver",
     "vfio-pci 0000:01:00.0: 10de:1b81 exists in vfio-pci device denylist, driver probing "
     "disallowed."},
    {"bind.driver",
     "vfio-pci 0000:01:00.0: 10de:1b81 exists in vfio-pci device blacklist, driver probing "
     "disallowed."},
    {"power.state",
     "vfio-pci 0000:01:00.0: Unable to change power state from D3cold to D0, device inaccessible"},
    {"power.state",
     "vfio-pci 0000:01:00.0: can't change power state from D3cold to D0 (config space "
     "inaccessible)"},
    {"power.state", "vfio-pci 0000:01:00.0: Refused to change power state, currently in D3"},
    {"power.state", "vfio-pci 0000:01:00.0: Refused to change power state from D0 to D3hot"},
    {"power.state", "vfio-pci 0000:01:00.0: not ready 65535ms after resume; giving up"},
    {"power.state", "vfio-pci 0000:01:00.0: runtime resume failed -5"},
    {"power.state", "vfio-pci 0000:01:00.0: vfio: runtime resume failed -13"},
    {"reset.method", "vfio-pci 0000:01:00.0: not ready 65535ms after FLR; giving up"},
    {"reset.method", "vfio-pci 0000:01:00.0: not ready 65535ms after bus reset; giving up"},
    {"reset.method", "pci 0000:01:00.0: not ready 60999ms after PM D3hot->D0; giving up"},
    {"reset.method", "vfio-pci 0000:01:00.0: not ready 32767ms after FLR; waiting"},
    {"reset.method",
     "vfio-pci 0000:01:00.0: Device config space inaccessible; unable to save state"},
    {"reset.method",
     "vfio-pci 0000:01:00.0: timed out waiting for pending transaction; performing function level "
     "reset anyway"},
    {"reset.method", "vfio-pci 0000:01:00.0: vfio_bar_restore: reset recovery - restoring BARs"},
    {"link.errors",
     "vfio-pci 0000:01:00.0: PCIe Bus Error: severity=Uncorrected (Fatal), type=Transaction Layer, "
     "(Requester ID)"},
    {"link.errors",
     "vfio-pci 0000:01:00.0: PCIe Bus Error: severity=Uncorrectable (Non-Fatal), type=Transaction "
     "Layer, (Completer ID)"},
    {"link.errors", "pcieport 0000:00:01.0: AER: Uncorrected (Fatal) error received: 0000:01:00.0"},
    {"link.errors",
     "pcieport 0000:00:01.0: AER: Multiple Uncorrectable (Fatal) error message received from "
     "0000:01:00.0"},
    {"link.errors", "vfio-pci 0000:01:00.0: AER: can't recover (no error_detected callback)"},
    {"link.errors",
     "pcieport 0000:00:01.0: PCIe Bus Error: severity=Uncorrected (Non-Fatal), type=Transaction "
     "Layer, (Requester ID)"},
    {"link.errors", "pcieport 0000:00:01.0: DPC: containment event, status:0x1f01 source:0x0000"},
    {"link.errors", "{1}[Hardware Error]:  device_id: 0000:01:00.0"},
    {"guest.memlock", "vfio_pin_pages_remote: RLIMIT_MEMLOCK (67108864) exceeded"},
    {"guest.memlock",
     "vfio_lock_acct: Task qemu-system-x86 (1234) RLIMIT_MEMLOCK (67108864) exceeded"},
    {"bar.free",
     "vfio-pci 0000:01:00.0: BAR 1: can't reserve [mem 0x4000000000-0x400fffffff 64bit pref]"},
    {"rom.readable",
     "vfio-pci 0000:01:00.0: Invalid PCI ROM header signature: expecting 0xaa55, got 0xffff"},
};

}  // namespace verify
