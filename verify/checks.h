// SPDX-License-Identifier: GPL-2.0-or-later
//
// The checks, in the order of the story: from what is wanted, over the IOMMU and the group, to the
// driver that holds the card, the card itself with its own memory, and the memory it may reach. One
// table names them all; the man page lists the same ids, and a test holds the two together.
//
// A check judges an Inspection: it reads nothing, changes nothing, and answers for each subject it
// finds. Ids are stable: other programs depend on them.
#pragma once

#include <span>

#include "verify/finding.h"
#include "verify/inspection.h"

namespace verify {

// Can it fail? What could at worst be a warning leaves the verdict as it is, also where it can't be
// told: a sleeping card's option ROM keeps nobody from giving the card to a guest.
enum class Weight { kDecides, kAdvises };

struct Check {
  const char* id;
  const char* chapter;   // heading in the report for people
  const char* question;  // what a pass answers with yes
  Findings (*judge)(const Inspection& inspection);
  Weight weight = Weight::kDecides;
};

// The chapter of what only --live can tell.
inline constexpr const char* kLiveChapter = "Live";
// The chapter of what a guest is started with. What is not there need not be: a check that is
// skipped takes nothing from the verdict.
inline constexpr const char* kGuestChapter = "Guest";

std::span<const Check> checks();

// Was it asked for, and no function of the cards made to work? Then nothing of kLiveChapter is
// told, and the verdict can be no pass.
bool is_live_in_vain(const Inspection& inspection);

// Every check of the table, in its order; the findings carry their ids.
Findings run_checks(const Inspection& inspection);

// One file for each family.
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
