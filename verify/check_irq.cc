// SPDX-License-Identifier: GPL-2.0-or-later
//
// irq.*: without interrupt remapping, a device that a guest drives can write any interrupt to any
// processor of the host. The kernel refuses to attach such a group, unless it is told not to care
// (allow_unsafe_interrupts): so an attachment proves remapping only while it is not told so.
#include <cerrno>

#include <fmt/format.h>

#include "verify/checks.h"

namespace verify {
namespace {

constexpr const char* kDanger = "a guest could forge interrupts and crash or take over the host";

// What the kernel logs when it refuses (drivers/vfio/vfio_iommu_type1.c).
constexpr const char* kRefusal = "No interrupt remapping support";

std::string chips(const InterruptChips& chips) {
  if (chips.remapped > 0)
    return fmt::format("{} of {} interrupts go through IR- chips", chips.remapped,
                       chips.remapped + chips.direct);
  return fmt::format("none of {} interrupts goes through an IR- chip, but {}", chips.direct,
                     chips.example);
}

bool some_remapped(const Inspection& inspection) {
  return inspection.interrupts && inspection.interrupts->remapped > 0;
}

// Interrupts that would go through IR- chips, and don't.
bool all_direct(const Inspection& inspection) {
  return inspection.interrupts && inspection.interrupts->remapped == 0 &&
         inspection.interrupts->direct > 0;
}

bool refused(const Inspection& inspection) {
  for (const InspectedGroup& group : inspection.groups)
    if (group.attachment.failed(Step::kSetIommu, EPERM)) return true;
  return false;
}

// The parameter that switched it off, as it stands on the kernel command line; "" if none.
std::string switched_off_by(const Inspection& inspection) {
  const host::CommandLine& line = inspection.machine.command_line;
  if (line.value("nointremap")) return "nointremap";
  for (const std::string& value : line.values("intremap"))
    if (value.find("off") != value.npos) return "intremap=" + value;
  return {};
}

Finding remapping_off(const Inspection& inspection, const std::string& proof) {
  const std::string off = switched_off_by(inspection);
  // Such an IOMMU is described by VIOT, and has no part for interrupts (virtio 1.2, 5.13).
  if (inspection.tables.size() == 1 && inspection.tables.front().name() == "VIOT")
    return fail(kHost, fmt::format("a virtio-iommu remaps no interrupts ({}): {}", proof, kDanger),
                "give this virtual machine an IOMMU that does (QEMU: intel-iommu,intremap=on); do "
                "not set allow_unsafe_interrupts, which only hides this");
  return fail(kHost,
              fmt::format("interrupt remapping is off ({}{}): {}", proof,
                          off.empty() ? "" : "; switched off by " + off, kDanger),
              off.empty()
                  ? "switch on VT-d or AMD-Vi with interrupt remapping in the firmware setup (of a "
                    "virtual machine: in its virtual IOMMU), or update the firmware; do not set "
                    "allow_unsafe_interrupts, which only hides this"
                  : remove_parameter(inspection.platform, off));
}

// The kernel does not look: only what the interrupts themselves show is left.
Finding judge_unsafe(const Inspection& inspection) {
  const std::string remedy =
      "remove allow_unsafe_interrupts from /etc/modprobe.d and from the kernel command line; "
      "then " +
      rebuild_image(inspection.platform);
  if (!some_remapped(inspection))
    return fail(kHost,
                fmt::format("allow_unsafe_interrupts=Y, and no interrupt is seen to be "
                            "remapped: {}",
                            kDanger),
                remedy);
  return warn(kHost,
              fmt::format("allow_unsafe_interrupts=Y: the kernel would not refuse a group without "
                          "remapping; it seems to be on here ({})",
                          chips(*inspection.interrupts)),
              remedy);
}

// No group was attached, so nothing is proven; but what is off is off.
Finding judge_chips(const Inspection& inspection) {
  if (!inspection.has_iommu())
    return skip(kHost, "proves nothing without an IOMMU: see iommu.present");
  if (all_direct(inspection)) return remapping_off(inspection, chips(*inspection.interrupts));
  const bool captured = !inspection.groups.empty() &&
                        inspection.groups.front().attachment.ended_at == Step::kNotTried;
  if (captured && some_remapped(inspection))
    return skip(kHost, chips(*inspection.interrupts) + "; the proof would be an attachment, and " +
                           inspection.groups.front().attachment.reason);
  const std::string seen =
      some_remapped(inspection) ? chips(*inspection.interrupts) : "no IR- chip could be seen";
  return unknown(kHost, seen + ", but no group could be attached, which would prove it",
                 "solve iommu.attach first");
}

}  // namespace

Findings check_irq_remapping(const Inspection& inspection) {
  if (refused(inspection)) {
    if (inspection.log_holds(kRefusal))
      return {remapping_off(inspection, fmt::format("the kernel says \"{}\"", kRefusal))};
    if (!some_remapped(inspection))
      return {remapping_off(inspection, "the kernel refuses to attach the group")};
  }
  if (!inspection.any_attached()) return {judge_chips(inspection)};
  if (inspection.unsafe_interrupts == true) return {judge_unsafe(inspection)};
  if (!inspection.unsafe_interrupts)
    return {unknown(kHost, "the group attaches, but allow_unsafe_interrupts can't be read",
                    "find out whether it is set:" + command("grep -r allow_unsafe_interrupts "
                                                            "/etc/modprobe.d /proc/cmdline"))};
  return {pass(kHost, "attached; allow_unsafe_interrupts=N")};
}

}  // namespace verify
