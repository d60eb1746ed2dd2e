// SPDX-License-Identifier: GPL-2.0-or-later
//
// The checks of vfio-verify. One table lists them in the order of the report: configuration, IOMMU,
// interrupts, group, driver, card, device memory, DMA, --live, guest, host. A test compares the
// table with the ids in the man page.
//
// A check judges an Inspection: it reads no file, changes nothing, and returns a finding for each
// subject. Ids are stable: other programs depend on them.
#pragma once

#include <span>

#include "verify/check/finding.h"
#include "verify/check/inspection.h"

namespace verify {

// Does an unknown finding of this check make the verdict inconclusive? kAdvises: no, because the
// check can at worst warn. Example: a guest can use a card whose option ROM is not readable while
// the card sleeps.
enum class Weight { kDecides, kAdvises };

struct Check {
  const char* id;
  const char* chapter;   // heading in the text report
  const char* question;  // what the check answers
  Findings (*judge)(const Inspection& inspection);
  Weight weight = Weight::kDecides;
};

// The chapter of the checks that need --live.
inline constexpr const char* kLiveChapter = "Live";
// The chapter of what starts a guest, such as QEMU and libvirt. None of it is required: with
// skipped checks of this chapter the text report still says "ready for a guest".
inline constexpr const char* kGuestChapter = "Guest";

std::span<const Check> checks();

// True if --live was used but no function of the cards was tested. Then the checks of kLiveChapter
// have no result, and the verdict is not a pass.
bool has_no_live_result(const Inspection& inspection);

// Runs every check of the table in its order, and sets `id` and `decides` of the findings.
Findings run_checks(const Inspection& inspection);

// Defined in the other files of this folder.
Findings check_bind_plan(const Inspection& inspection);
Findings check_iommu_present(const Inspection& inspection);
Findings check_iommu_firmware(const Inspection& inspection);
Findings check_iommu_group(const Inspection& inspection);
Findings check_iommu_attach(const Inspection& inspection);
Findings check_iommu_domain(const Inspection& inspection);
Findings check_iommu_reserved(const Inspection& inspection);
Findings check_irq_remapping(const Inspection& inspection);
Findings check_irq_x2apic(const Inspection& inspection);
Findings check_group_isolated(const Inspection& inspection);
Findings check_group_viable(const Inspection& inspection);
Findings check_group_path(const Inspection& inspection);
Findings check_group_kernel(const Inspection& inspection);
Findings check_group_hardware(const Inspection& inspection);
Findings check_group_override(const Inspection& inspection);
Findings check_bind_driver(const Inspection& inspection);
Findings check_bind_override(const Inspection& inspection);
Findings check_bind_history(const Inspection& inspection);
Findings check_power_answers(const Inspection& inspection);
Findings check_power_state(const Inspection& inspection);
Findings check_reset_method(const Inspection& inspection);
Findings check_link_width(const Inspection& inspection);
Findings check_link_speed(const Inspection& inspection);
Findings check_bar_framebuffer(const Inspection& inspection);
Findings check_bar_size(const Inspection& inspection);
Findings check_bar_resizable(const Inspection& inspection);
Findings check_rom_readable(const Inspection& inspection);
Findings check_rom_valid(const Inspection& inspection);
Findings check_rom_uefi(const Inspection& inspection);
Findings check_dma_map(const Inspection& inspection);
Findings check_dma_overlap(const Inspection& inspection);
Findings check_dma_reserved(const Inspection& inspection);
Findings check_dma_read(const Inspection& inspection);
Findings check_dma_write(const Inspection& inspection);
Findings check_dma_blocked_unmapped(const Inspection& inspection);
Findings check_dma_blocked_physical(const Inspection& inspection);
Findings check_dma_blocked_readonly(const Inspection& inspection);
Findings check_dma_blocked_revoked(const Inspection& inspection);
Findings check_dma_remapped(const Inspection& inspection);
Findings check_dma_high(const Inspection& inspection);
Findings check_dma_superpages(const Inspection& inspection);
Findings check_irq_delivered(const Inspection& inspection);
Findings check_guest_kvm(const Inspection& inspection);
Findings check_guest_memlock(const Inspection& inspection);
Findings check_guest_hugepages(const Inspection& inspection);
Findings check_guest_device(const Inspection& inspection);
Findings check_guest_qemu(const Inspection& inspection);
Findings check_guest_uefi(const Inspection& inspection);
Findings check_guest_libvirt(const Inspection& inspection);
Findings check_guest_image(const Inspection& inspection);
Findings check_host_lockdown(const Inspection& inspection);

}  // namespace verify
