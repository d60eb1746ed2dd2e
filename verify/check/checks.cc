// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/check/checks.h"

#include "verify/check/causes.h"

namespace verify {
namespace {

constexpr Check kChecks[] = {
    {"bind.plan", "Configuration", "Does every configured card name functions that exist?",
     check_bind_plan},
    {"iommu.present", "IOMMU", "Does the kernel use an IOMMU?", check_iommu_present},
    {"iommu.firmware", "IOMMU", "Does the firmware describe its IOMMUs, without a mistake?",
     check_iommu_firmware},
    {"iommu.group", "IOMMU", "Is the function in an IOMMU group?", check_iommu_group},
    {"iommu.attach", "IOMMU",
     "Does the kernel attach the group to an address space of vfio-verify?", check_iommu_attach},
    {"iommu.domain", "IOMMU",
     "How does the kernel translate addresses for the group until a guest uses it?",
     check_iommu_domain, Weight::kAdvises},
    {"iommu.reserved", "IOMMU", "Does the firmware reserve no memory for the function?",
     check_iommu_reserved},
    {"irq.remapping", "Interrupts", "Are interrupts remapped, so that no guest can forge one?",
     check_irq_remapping},
    {"irq.x2apic", "Interrupts", "Does the firmware allow x2APIC?", check_irq_x2apic,
     Weight::kAdvises},
    {"group.isolated", "Group", "Does the group contain only the card?", check_group_isolated},
    {"group.viable", "Group", "Does the kernel report the group as viable?", check_group_viable},
    {"group.path", "Group", "Do all ports above the card forward its requests to the IOMMU?",
     check_group_path, Weight::kAdvises},
    {"group.kernel", "Group", "Do the kernel's groups match the hardware?", check_group_kernel},
    {"group.hardware", "Group",
     "Is every function that can reach the card's memory without the IOMMU in its group?",
     check_group_hardware},
    {"group.override", "Group",
     "Does the hardware provide the isolation that the kernel's groups claim?",
     check_group_override},
    {"bind.driver", "Driver", "Is the function bound to the configured driver?", check_bind_driver},
    {"bind.override", "Driver",
     "Does driver_override prevent every other driver from binding the function?",
     check_bind_override},
    {"bind.history", "Driver", "Has no other driver held the function since this kernel started?",
     check_bind_history},
    {"power.answers", "Card", "Does the card answer when its registers are read?",
     check_power_answers},
    {"power.state", "Card", "Is the card awake, or does it sleep until a guest opens it?",
     check_power_state},
    {"reset.method", "Card", "Can the function be reset between two guests?", check_reset_method},
    {"link.width", "Card", "Does the card's link use all lanes that both card and slot have?",
     check_link_width, Weight::kAdvises},
    {"link.speed", "Card", "How fast is the card's link, and how fast could it be?",
     check_link_speed, Weight::kAdvises},
    {"bar.framebuffer", "Device memory", "Is the card's memory free of boot framebuffers?",
     check_bar_framebuffer},
    {"bar.size", "Device memory", "Does every BAR have an address and a size?", check_bar_size},
    {"bar.resizable", "Device memory", "Does every resizable BAR have its largest size?",
     check_bar_resizable, Weight::kAdvises},
    {"rom.readable", "Device memory", "Can a guest's firmware read the option ROM?",
     check_rom_readable, Weight::kAdvises},
    {"rom.valid", "Device memory", "Is the option ROM valid?", check_rom_valid, Weight::kAdvises},
    {"rom.uefi", "Device memory", "Does the option ROM have a UEFI driver?", check_rom_uefi,
     Weight::kAdvises},
    {"dma.map", "DMA", "Can memory be mapped for the group, and unmapped completely?",
     check_dma_map},
    {"dma.overlap", "DMA", "Is a second mapping of the same addresses refused?", check_dma_overlap},
    {"dma.reserved", "DMA", "Is a mapping of reserved addresses refused?", check_dma_reserved},
    {"dma.read", kLiveChapter, "Does the card read the memory that it was given?", check_dma_read},
    {"dma.write", kLiveChapter, "Does the card write its answers to the memory that it was given?",
     check_dma_write},
    {"dma.blocked.unmapped", kLiveChapter,
     "Does the IOMMU prevent the card from writing to unmapped addresses?",
     check_dma_blocked_unmapped},
    {"dma.blocked.physical", kLiveChapter,
     "Does the IOMMU prevent the card from writing to memory by its physical address?",
     check_dma_blocked_physical},
    {"dma.blocked.readonly", kLiveChapter,
     "Does the IOMMU prevent the card from writing to a page that it may only read?",
     check_dma_blocked_readonly},
    {"dma.blocked.revoked", kLiveChapter,
     "Does the IOMMU prevent the card from writing to a page that was unmapped?",
     check_dma_blocked_revoked},
    {"dma.remapped", kLiveChapter,
     "If a different page is mapped at an address, does the card write to the new page?",
     check_dma_remapped},
    {"dma.high", kLiveChapter, "Does the card work with memory above 4 GiB?", check_dma_high,
     Weight::kAdvises},
    {"dma.superpages", kLiveChapter, "Is a large piece of memory mapped by one large page?",
     check_dma_superpages},
    {"irq.delivered", kLiveChapter, "Do the card's interrupts arrive, each once and remapped?",
     check_irq_delivered},
    {"guest.kvm", kGuestChapter, "Can a virtual machine be created?", check_guest_kvm},
    {"guest.memlock", kGuestChapter, "May the user lock the guest's memory?", check_guest_memlock},
    {"guest.hugepages", kGuestChapter, "Are there enough free huge pages for the guest?",
     check_guest_hugepages, Weight::kAdvises},
    {"guest.device", kGuestChapter, "May the user open /dev/vfio/GROUP and /dev/vfio/vfio?",
     check_guest_device},
    {"guest.qemu", kGuestChapter, "Is QEMU installed, and does it have the device vfio-pci?",
     check_guest_qemu},
    {"guest.uefi", kGuestChapter, "Is there a UEFI firmware for guests?", check_guest_uefi,
     Weight::kAdvises},
    {"guest.libvirt", kGuestChapter,
     "Does libvirt report the same driver and IOMMU group of the card as the kernel?",
     check_guest_libvirt, Weight::kAdvises},
    {"guest.image", kGuestChapter, "Does the next boot of this kernel bind the cards?",
     check_guest_image},
    {"host.lockdown", "Host", "Does the kernel's lockdown mode allow VFIO?", check_host_lockdown,
     Weight::kAdvises},
};

// The finding of a check that returned none, so that other programs find every id in the report.
Finding nothing_to_judge(const Inspection& inspection) {
  return inspection.functions.empty()
             ? caused_by("bind.plan", skip(kHost, "no card to check"))
             : caused_by("iommu.group", skip(kHost, "no IOMMU group to check"));
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
