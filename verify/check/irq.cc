// SPDX-License-Identifier: GPL-2.0-or-later
//
// irq.remapping: without interrupt remapping, a device that a guest controls can send any interrupt
// to any processor of the host. The kernel then refuses to attach the group, unless
// allow_unsafe_interrupts is set. An attachment therefore proves remapping only if
// allow_unsafe_interrupts is not set.
#include <cerrno>

#include <fmt/format.h>

#include "host/text.h"
#include "verify/check/check.h"
#include "verify/check/each.h"
#include "verify/check/platform_remedies.h"
#include "verify/check/remapping_reason.h"
#include "verify/check/unreadable.h"

namespace verify {
namespace {

constexpr const char* kDoNotAllow =
    "do not set allow_unsafe_interrupts, which only hides the problem";
constexpr const char* kRisk = "a guest could forge interrupts and crash or take over the host";

// What the kernel logs when it refuses (drivers/vfio/vfio_iommu_type1.c).
constexpr const char* kRefusal = "No interrupt remapping support";

std::string chips(const InterruptChips& chips) {
  if (chips.remapped > 0)
    return fmt::format("{} of {} interrupts go through IR- chips, which remap them", chips.remapped,
                       chips.remapped + chips.direct);
  return fmt::format(
      "0 of {} interrupts go through IR- chips, which would remap them; one goes through {}",
      chips.direct, chips.example);
}

// Of other architectures, /proc/interrupts does not show whether interrupts are remapped. On Arm
// the GICv3's ITS does it (IOMMU_CAP_INTR_REMAP, or msi_device_has_isolated_msi() since Linux 6.3).
bool is_x86(const Inspection& inspection) {
  return inspection.machine.architecture == host::Architecture::kX86;
}

bool some_remapped(const Inspection& inspection) {
  return inspection.interrupts && inspection.interrupts->remapped > 0;
}

// True if there are interrupts that can go through IR- chips, but none of them does.
bool all_direct(const Inspection& inspection) {
  return is_x86(inspection) && inspection.interrupts && inspection.interrupts->remapped == 0 &&
         inspection.interrupts->direct > 0;
}

bool refused(const Inspection& inspection) {
  return std::any_of(inspection.groups.begin(), inspection.groups.end(),
                     [&](const InspectedGroup& group) {
                       return inspection.attachment(group).failed(Step::kSetIommu, EPERM);
                     });
}

// The parameter on the kernel command line that switches off remapping; "": none.
std::string switched_off_by(const Inspection& inspection) {
  const host::CommandLine& line = inspection.machine.command_line;
  if (line.value("nointremap")) return "nointremap";
  for (const std::string& value : line.values("intremap"))
    if (value.find("off") != value.npos) return "intremap=" + value;
  return {};
}

// The firmware's table of that name; nullptr: missing, or not readable.
const firmware::Table* table_of(const Inspection& inspection, const char* signature) {
  for (const firmware::TableFile& file : inspection.tables)
    if (file.table && file.table->signature == signature) return &*file.table;
  return nullptr;
}

// A clause that says whether hardware or firmware lacks remapping; "": not known to lack it.
std::string missing_support(const Inspection& inspection) {
  std::string unable;
  for (const RemappingUnit& unit : inspection.remapping_units)
    if (!unit.can_remap) unable += (unable.empty() ? "" : " ") + unit.name;
  if (!unable.empty()) return "the hardware does not support remapping: ECAP.IR is 0 in " + unable;
  const firmware::Table* dmar = table_of(inspection, "DMAR");
  if (dmar && dmar->faults.empty() && !dmar->has("INTR_REMAP"))
    return "the firmware does not support remapping: INTR_REMAP is not set in its DMAR";
  return {};
}

// Do hardware and firmware both offer remapping? Only known for Intel: dmar_ir_support() and
// intel_prepare_irq_remapping() in drivers/iommu/intel/irq_remapping.c require both.
bool is_offered(const Inspection& inspection) {
  const firmware::Table* dmar = table_of(inspection, "DMAR");
  return dmar && dmar->has("INTR_REMAP") && !inspection.remapping_units.empty() &&
         missing_support(inspection).empty();
}

Finding remapping_off(const Inspection& inspection, const std::string& proof) {
  const std::string off = switched_off_by(inspection);
  // VIOT describes a virtio-iommu, which does not remap interrupts (virtio 1.2, 5.13).
  if (inspection.tables.size() == 1 && inspection.tables.front().name() == "VIOT")
    return fail(
        kHost, fmt::format("a virtio-iommu does not remap interrupts ({}): {}", proof, kRisk),
        "give this virtual machine an IOMMU that remaps interrupts (QEMU: intel-iommu,intremap=on); do not set allow_unsafe_interrupts, which only hides the problem");
  const std::string evidence =
      fmt::format("interrupt remapping is disabled, so {}. The evidence: {}", kRisk, proof);
  if (off.empty())
    if (const auto reason = find_remapping_reason(inspection))
      return fail(kHost, fmt::format("{}; the kernel says \"{}\"", evidence, reason->line),
                  Remedy(reason->remedy).then(kDoNotAllow));
  if (!is_x86(inspection))
    return fail(
        kHost, evidence,
        "use a machine whose interrupt controller isolates MSIs (Arm: GICv3 with ITS); do not set allow_unsafe_interrupts, which only hides the problem");
  if (off.empty() && is_offered(inspection))
    return fail(
        kHost,
        evidence + "; hardware and firmware support remapping, but the kernel did not enable it",
        see_kernel_log("DMAR-IR|remapping").then(kDoNotAllow));
  const std::string lack = missing_support(inspection);
  return fail(
      kHost,
      fmt::format("{}{}{}", evidence, off.empty() ? "" : "; disabled by " + off,
                  lack.empty() ? "" : "; " + lack),
      off.empty()
          ? Remedy(
                "enable VT-d or AMD-Vi with interrupt remapping in the firmware setup (of a virtual machine: in its virtual IOMMU), or update the firmware; do not set allow_unsafe_interrupts, which only hides the problem")
          : remove_parameter(inspection.platform, off));
}

Remedy remove_unsafe_option(const Inspection& inspection) {
  return "remove allow_unsafe_interrupts from /etc/modprobe.d and from the kernel command line; then " +
         rebuild_image(inspection.platform);
}

// allow_unsafe_interrupts is set, so an attachment proves nothing. Only /proc/interrupts remains.
Finding judge_unsafe(const Inspection& inspection) {
  const std::string switches = inspection.unsafe_interrupts.str();
  if (!some_remapped(inspection)) {
    const std::string lack = missing_support(inspection);
    return fail(kHost,
                fmt::format("{}, and no remapped interrupt was found{}: {}", switches,
                            lack.empty() ? "" : "; " + lack, kRisk),
                remove_unsafe_option(inspection));
  }
  return warn(
      kHost,
      fmt::format(
          "{}: the kernel would not refuse a group without remapping, but remapping seems to be enabled ({})",
          switches, chips(*inspection.interrupts)),
      remove_unsafe_option(inspection));
}

// On hardware of Intel and AMD, the chips of remapped interrupts have names with "IR-".
bool has_ir_chips(const Inspection& inspection) {
  return table_of(inspection, "DMAR") || table_of(inspection, "IVRS");
}

// The kernel checked remapping when it attached the group, and did not refuse.
Finding judge_attached(const Inspection& inspection) {
  const UnsafeInterrupts& unsafe = inspection.unsafe_interrupts;
  std::string evidence = "attached; " + unsafe.str(), brief = "the kernel remaps interrupts";
  if (inspection.interrupts &&
      inspection.interrupts->remapped + inspection.interrupts->direct > 0) {
    evidence += "; " + chips(*inspection.interrupts);
    brief = fmt::format("{} of {} interrupts are remapped", inspection.interrupts->remapped,
                        inspection.interrupts->remapped + inspection.interrupts->direct);
  }
  if (is_offered(inspection)) evidence += "; hardware and firmware support remapping";
  const std::string lack = missing_support(inspection);
  if (!lack.empty() || (all_direct(inspection) && has_ir_chips(inspection)))
    return warn(kHost,
                fmt::format("{}{}: this contradicts the kernel, which attached the group", evidence,
                            lack.empty() ? "" : "; " + lack),
                see_kernel_log("DMAR-IR|AMD-Vi|remapping"));
  // The attachment used type1, so the kernel did not check what it accepts through iommufd.
  if (unsafe.iommufd == true)
    return warn(
        kHost,
        evidence + ": remapping is enabled, but iommufd would not refuse a group without remapping",
        remove_unsafe_option(inspection));
  return in_brief(brief, pass(kHost, evidence));
}

bool was_tried(const Inspection& inspection) {
  return std::any_of(inspection.groups.begin(), inspection.groups.end(),
                     [&](const InspectedGroup& group) {
                       return inspection.attachment(group).ended_at != Step::kNotTried;
                     });
}

// No group was attached, so a pass is not possible. But /proc/interrupts can show that remapping is
// off.
Finding judge_chips(const Inspection& inspection) {
  if (!inspection.has_iommu()) return caused_by("iommu.present", skip(kHost, "no IOMMU is active"));
  if (all_direct(inspection)) return remapping_off(inspection, chips(*inspection.interrupts));
  const UnsafeInterrupts& unsafe = inspection.unsafe_interrupts;
  if (unsafe.type1 == true || unsafe.iommufd == true) return judge_unsafe(inspection);
  const bool captured =
      !inspection.groups.empty() &&
      inspection.attachment(inspection.groups.front()).ended_at == Step::kNotTried;
  if (captured && !is_x86(inspection))
    return skip(kHost, "only an attachment would prove that interrupts are remapped: " +
                           inspection.attachment(inspection.groups.front()).reason);
  const std::string on_load = host::join(unsafe.on_load, "; ");
  if (captured && some_remapped(inspection) && !on_load.empty())
    return warn(kHost,
                on_load + ": the kernel then accepts groups whose interrupts are not remapped",
                remove_unsafe_option(inspection));
  if (captured && some_remapped(inspection)) {
    const std::string& reason = inspection.attachment(inspection.groups.front()).reason;
    return in_brief(reason,
                    skip(kHost, fmt::format("{}. Only an attached group proves remapping ({})",
                                            chips(*inspection.interrupts), reason)));
  }
  const std::string seen =
      some_remapped(inspection) ? chips(*inspection.interrupts) : "no IR- chip was found";
  // If the kernel refused with EPERM, iommu.attach names irq.remapping as its cause. Do not refer
  // back to iommu.attach.
  const char* cause = refused(inspection) ? "" : "iommu.attach";
  return caused_by(
      cause, unknown(kHost,
                     fmt::format("{}{}; no group {}, so remapping is not proven", seen,
                                 on_load.empty() ? "" : "; " + on_load,
                                 was_tried(inspection) ? "could be attached" : "was attached"),
                     see_kernel_log("DMAR|AMD-Vi|remapping")));
}

Finding judge_remapping(const Inspection& inspection) {
  if (refused(inspection)) {
    if (inspection.log_contains(kRefusal))
      return remapping_off(inspection, fmt::format("the kernel says \"{}\"", kRefusal));
    if (!some_remapped(inspection))
      return remapping_off(inspection, "the kernel refuses to attach the group");
  }
  if (!inspection.any_attached()) return judge_chips(inspection);
  const std::optional<bool> unsafe = inspection.unsafe_interrupts.container_parameter();
  if (unsafe == true) return judge_unsafe(inspection);
  if (!unsafe)
    return unknown(kHost, "the group can be attached, but allow_unsafe_interrupts cannot be read",
                   {"check whether it is set:",
                    {"grep -r allow_unsafe_interrupts /etc/modprobe.d /proc/cmdline"}});
  return judge_attached(inspection);
}

Finding no_dmar(const Inspection& inspection) {
  if (!is_x86(inspection)) return skip(kHost, "only x86 processors have an x2APIC");
  if (inspection.table_of_iommu() == "DMAR")
    return caused_by("iommu.firmware",
                     unknown(kHost, "the DMAR table is not found", read_as_root(inspection)));
  return skip(kHost, "no DMAR table found: only DMAR can opt out of x2APIC");
}

Finding judge_x2apic(const Inspection& inspection) {
  const firmware::TableFile* file = inspection.table("DMAR");
  if (!file) return no_dmar(inspection);
  if (!file->table)
    return unknown(kHost, host::describe(file->table.error()),
                   read_as_root(inspection, file->table.error()));
  const bool opts_out = file->table->has("X2APIC_OPT_OUT");
  if (!opts_out && !file->table->faults.empty())
    return caused_by("iommu.firmware",
                     unknown(kHost, "the DMAR table is malformed", read_as_root(inspection)));
  if (!opts_out) return pass(kHost, "the firmware does not opt out of x2APIC");
  // intremap=, Documentation/admin-guide/kernel-parameters.txt.
  return warn(
      kHost,
      "the firmware opts out of x2APIC: interrupts are slower, and more than 255 processors cannot be used",
      "enable x2APIC in the firmware setup, or update the firmware; or " +
          add_parameter(inspection.platform, "intremap=no_x2apic_optout"));
}

constexpr Check kChecks[] = {
    {"irq.remapping", "Are interrupts remapped, so that no guest can forge one?", R"(
Without remapping, the kernel does not attach a group, unless _allow_unsafe_interrupts_ is set. If
it is set, an attachment proves nothing, and the check warns or fails. vfio_iommu_type1 and
iommufd each have a parameter of that name. The attachment depends on the parameter of type1 if
the kernel has type1; a warning reports the other parameter.

If remapping is disabled, the line of the kernel log with the reason is quoted. If there is no
such line, the finding says whether the hardware (ECAP of Intel's units) or the firmware
(INTR_REMAP in DMAR) does not support it, or whether the kernel did not enable it. Also warns if
an attachment contradicts these, or the chips in _/proc/interrupts_.)",
     the_host<judge_remapping>},
    {"irq.x2apic", "Does the firmware allow x2APIC?", R"(
Warns if DMAR opts out of it. Unknown if that table is malformed.)",
     the_host<judge_x2apic>, Weight::kAdvises},
};

}  // namespace

constexpr Chapter kInterruptChapter{"Interrupts", kChecks};

}  // namespace verify
