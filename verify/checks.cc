// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/checks.h"

#include "verify/causes.h"

namespace verify {
namespace {

constexpr Check kChecks[] = {
    {"bind.plan", "Configuration", "Does every configured card name functions that are there?",
     check_bind_plan},
    {"iommu.present", "IOMMU", "Does the kernel run an IOMMU?", check_iommu_present},
    {"iommu.firmware", "IOMMU", "Does the firmware describe its IOMMUs, without a mistake?",
     check_iommu_firmware},
    {"iommu.group", "IOMMU", "Is the function in an IOMMU group?", check_iommu_group},
    {"iommu.attach", "IOMMU", "Does the kernel attach the group to an address space of our own?",
     check_iommu_attach},
    {"iommu.domain", "IOMMU", "How does the kernel translate for the group until a guest has it?",
     check_iommu_domain, Weight::kAdvises},
    {"iommu.reserved", "IOMMU", "Does the firmware keep no memory for the function?",
     check_iommu_reserved},
    {"irq.remapping", "Interrupts", "Are interrupts remapped, so that no guest can forge one?",
     check_irq_remapping},
    {"irq.x2apic", "Interrupts", "Does the firmware let x2APIC be used?", check_irq_x2apic,
     Weight::kAdvises},
    {"group.isolated", "Group", "Does the group hold nothing but the card?", check_group_isolated},
    {"group.viable", "Group", "Is the group free of the host's drivers?", check_group_viable},
    {"group.path", "Group", "Do all ports above the card send its requests on to the IOMMU?",
     check_group_path, Weight::kAdvises},
    {"group.kernel", "Group", "Does the kernel's group follow from the hardware?",
     check_group_kernel},
    {"group.hardware", "Group", "Is nothing outside of the group within reach past the IOMMU?",
     check_group_hardware},
    {"group.override", "Group", "Is no isolation claimed that the hardware does not have?",
     check_group_override},
    {"bind.driver", "Driver", "Is the function bound to the driver that was asked for?",
     check_bind_driver},
    {"bind.override", "Driver", "Is every other driver kept from binding it?", check_bind_override},
    {"bind.history", "Driver", "Has no other driver held it since this kernel started?",
     check_bind_history},
    {"power.answers", "Card", "Does the card answer when its registers are read?",
     check_power_answers},
    {"power.state", "Card", "Is it awake, or asleep until a guest opens it?", check_power_state},
    {"reset.method", "Card", "Can it be reset between two guests?", check_reset_method},
    {"link.width", "Card", "Does its link run on all the lanes that card and slot have?",
     check_link_width, Weight::kAdvises},
    {"link.speed", "Card", "How fast is its link, and how fast could it be?", check_link_speed,
     Weight::kAdvises},
    {"bar.framebuffer", "Device memory", "Is no boot framebuffer in the way of the card's memory?",
     check_bar_framebuffer},
    {"bar.size", "Device memory", "Has every BAR its place and size?", check_bar_size},
    {"bar.resizable", "Device memory", "Is a BAR that can be resized as large as it can be?",
     check_bar_resizable, Weight::kAdvises},
    {"rom.readable", "Device memory", "Can a guest's firmware read the option ROM?",
     check_rom_readable, Weight::kAdvises},
    {"rom.valid", "Device memory", "Is the option ROM sound?", check_rom_valid, Weight::kAdvises},
    {"rom.uefi", "Device memory", "Does it hold a driver for UEFI, so that OVMF shows a picture?",
     check_rom_uefi, Weight::kAdvises},
    {"dma.map", "DMA", "Can memory be mapped for the group, and be taken back whole?",
     check_dma_map},
    {"dma.overlap", "DMA", "Is a second mapping of the same address refused?", check_dma_overlap},
    {"dma.reserved", "DMA", "Is a mapping over reserved addresses refused?", check_dma_reserved},
    {"dma.read", kLiveChapter, "Does the card read the memory that it was given?", check_dma_read},
    {"dma.write", kLiveChapter, "Does it write there what it should?", check_dma_write},
    {"dma.blocked.unmapped", kLiveChapter, "Can it not write where nothing is mapped?",
     check_dma_blocked_unmapped},
    {"dma.blocked.physical", kLiveChapter, "Can it not write to memory by its physical address?",
     check_dma_blocked_physical},
    {"dma.blocked.readonly", kLiveChapter, "Can it not write where it may only read?",
     check_dma_blocked_readonly},
    {"dma.blocked.revoked", kLiveChapter, "Can it not write any more to what was unmapped?",
     check_dma_blocked_revoked},
    {"dma.remapped", kLiveChapter, "Does an address mean the new page once it is mapped anew?",
     check_dma_remapped},
    {"dma.high", kLiveChapter, "Does it work with memory above 4 GiB?", check_dma_high,
     Weight::kAdvises},
    {"dma.superpages", kLiveChapter, "Is a large piece of memory mapped by a large page?",
     check_dma_superpages},
    {"irq.delivered", kLiveChapter, "Do its interrupts arrive, each once and remapped?",
     check_irq_delivered},
    {"guest.kvm", kGuestChapter, "Can a virtual machine be created?", check_guest_kvm},
    {"guest.memlock", kGuestChapter, "May the user lock all of the guest's memory?",
     check_guest_memlock},
    {"guest.hugepages", kGuestChapter, "Do the huge pages that are set aside hold the guest?",
     check_guest_hugepages, Weight::kAdvises},
    {"guest.device", kGuestChapter, "May the user open the group's device?", check_guest_device},
    {"guest.qemu", kGuestChapter, "Is QEMU there, with its device vfio-pci?", check_guest_qemu},
    {"guest.uefi", kGuestChapter, "Is there a UEFI firmware for guests?", check_guest_uefi,
     Weight::kAdvises},
    {"guest.libvirt", kGuestChapter, "Does libvirt see the card as the kernel does?",
     check_guest_libvirt, Weight::kAdvises},
    {"guest.image", kGuestChapter, "Does the next boot of this kernel bind the cards?",
     check_guest_image},
    {"host.lockdown", "Host", "Does the kernel's lockdown leave VFIO alone?", check_host_lockdown,
     Weight::kAdvises},
};

// The finding of a check that returned none, so that other programs find every id in the report.
Finding nothing_to_judge(const Inspection& inspection) {
  return inspection.functions.empty()
             ? caused_by("bind.plan", skip(kHost, "no card to look at"))
             : caused_by("iommu.group", skip(kHost, "no group to look at"));
}

}  // namespace

std::span<const Check> checks() {
  return kChecks;
}

Findings run_checks(const Inspection& inspection) {
  Findings all;
  for (const Check& check : kChecks) {
    Findings found = check.judge(inspection);
    if (found.empty()) found.push_back(nothing_to_judge(inspection));
    for (Finding& finding : found) {
      finding.id = check.id;
      finding.decides = check.weight == Weight::kDecides;
      all.push_back(std::move(finding));
    }
  }
  resolve_causes(all);
  return all;
}

}  // namespace verify
