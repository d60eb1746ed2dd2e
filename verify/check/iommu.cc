// SPDX-License-Identifier: GPL-2.0-or-later
//
// iommu.*: is there an IOMMU, is the card behind it, and can the group be attached to an address
// space of a guest? The checks use the state of the kernel, not its parameters: `iommu=pt` and
// `amd_iommu=on` prove nothing. A default domain of type "identity" is correct, since an attachment
// replaces it.
#include <algorithm>
#include <cerrno>

#include <fmt/format.h>

#include "host/command_line.h"
#include "host/text.h"
#include "verify/check/checks.h"
#include "verify/check/remedy.h"

namespace verify {
namespace {

constexpr const char* kGrepLog = "dmesg | grep -E 'iommu|IOMMU|AMD-Vi|DMAR'";

// The firmware describes no IOMMU: it is switched off in the setup, or the machine has none. AMD's
// IOMMU is a PCI function of class 0806, which some boards show even if it is switched off.
Finding no_iommu_described(const Inspection& inspection) {
  const std::string evidence =
      "no IOMMU is active, and the firmware describes no IOMMU (no table DMAR, IVRS or VIOT)";
  const char* switch_on =
      "enable VT-d (Intel) or AMD-Vi (AMD, also named IOMMU) in the firmware setup";
  const Platform& platform = inspection.platform;
  if (platform.in_guest)
    return fail(kHost, evidence + "; this is a virtual machine",
                "give the virtual machine a virtual IOMMU (QEMU: intel-iommu)");
  for (const host::PciFunction& function : inspection.machine.functions)
    if (function.is_class("0806"))
      return fail(kHost,
                  evidence + ", but " + function.address.str() + " is an IOMMU: it is disabled",
                  switch_on);
  if (platform.virtualization)
    return fail(kHost,
                evidence +
                    "; the processor supports virtualisation, "
                    "so the IOMMU is probably disabled in the firmware setup",
                switch_on);
  if (platform.cpu_vendor.empty()) return fail(kHost, evidence, switch_on);
  return fail(kHost,
              evidence +
                  "; the processor reports no virtualisation: "
                  "the hardware has no IOMMU, or both are disabled in the firmware setup",
              std::string(switch_on) +
                  ", and VT-x or SVM. If the setup has neither, "
                  "this machine cannot give a card to a guest");
}

// Why the kernel does not use an IOMMU: "AMD-Vi: Failed to initialize. The CMPXCHG16B feature is
// required." (drivers/iommu/amd/init.c), "DMAR: Failed to map dmar0" (drivers/iommu/intel).
std::string kernel_log_reason(const Inspection& inspection) {
  if (!inspection.kernel_log) return {};
  for (const host::LogLine& line : *inspection.kernel_log) {
    const bool of_iommu = line.text.starts_with("AMD-Vi: ") || line.text.starts_with("DMAR: ");
    if (!of_iommu || line.text.find("nterrupt remapping") != line.text.npos) continue;
    for (const char* word : {"ailed", "rror", "isabled", "isabling", "Disable IOMMU"})
      if (line.text.find(word) != line.text.npos) return line.text;
  }
  return {};
}

// A vendor's parameter does not affect the IOMMU of another vendor.
bool concerns(const Inspection& inspection, const std::string& parameter) {
  const char* others = parameter.starts_with("intel_") ? "IVRS" : "DMAR";
  return parameter.starts_with("iommu=") || inspection.tables.empty() ||
         (inspection.tables.front().name() != others && inspection.tables.front().name() != "VIOT");
}

Finding iommu_not_used(const Inspection& inspection, const std::vector<std::string>& tables) {
  const Platform& platform = inspection.platform;
  const std::string evidence =
      "no IOMMU is active, although the firmware describes one (" + host::join(tables, " ") + ")";
  if (const std::string reason = kernel_log_reason(inspection); !reason.empty())
    return fail(kHost, fmt::format("{}; the kernel says \"{}\"", evidence, reason),
                "fix the cause that the kernel reports; see the kernel log for all its messages:" +
                    command(kGrepLog));
  // In Debian's kernels its driver is a module since 6.12; older ones do not have it.
  if (tables.front() == "VIOT")
    return fail(kHost, evidence + ": a virtio-iommu, whose driver is not loaded",
                "load the driver with this command, and include it in the initramfs:" +
                    command("modprobe virtio_iommu") +
                    "\nif this kernel does not have the driver, use a newer kernel");
  return fail(kHost, evidence,
              tables.front() == "DMAR" ? add_parameter(platform, "intel_iommu=on")
                                       : "see the kernel log for the reason:" + command(kGrepLog));
}

Finding no_iommu(const Inspection& inspection) {
  std::vector<std::string> switches = host::iommu_off_parameters(inspection.machine.command_line);
  std::erase_if(switches, [&](const std::string& off) { return !concerns(inspection, off); });
  if (!switches.empty())
    return fail(kHost, "no IOMMU is active: it is disabled by " + host::join(switches, " and "),
                remove_parameter(inspection.platform, host::join(switches, " ")));
  std::vector<std::string> tables;
  for (const firmware::TableFile& table : inspection.tables) tables.push_back(table.name());
  if (tables.empty()) return no_iommu_described(inspection);
  return iommu_not_used(inspection, tables);
}

Finding judge_group(const Inspection& inspection, const ConfiguredFunction& function) {
  const std::string address = function.address();
  if (function.group) {
    const InspectedGroup* group = inspection.group(*function.group);
    if (group && group->name == "vfio-noiommu")
      return fail(address, group->str() + " is in VFIO's no-IOMMU mode: its DMA is not restricted",
                  "boot without vfio's parameter enable_unsafe_noiommu_mode");
    if (group && !group->contradiction.empty())
      return contradicts_itself(address, group->contradiction);
    const std::string type = group && !group->type.empty() ? ", default domain " + group->type : "";
    return pass(address, "group " + std::to_string(*function.group) + type);
  }
  if (!inspection.has_iommu())
    return caused_by("iommu.present", skip(address, "no IOMMU is active"));
  // With virtio-iommu, a function has no group until a driver binds it.
  if (function.function.driver.empty())
    return unknown(
        address,
        "no IOMMU group yet: some IOMMUs assign a group only when a driver binds the function",
        "bind it, then run vfio-verify again:" + command("vfio-early bind"));
  return fail(address, "the function has no IOMMU group: it is not behind an IOMMU",
              "use a different slot, or enable the IOMMU for all devices in the firmware setup");
}

// Does the kernel log have a line about a function of this group with these words?
bool group_log_contains(const Inspection& inspection, const InspectedGroup& group,
                        std::string_view words) {
  return std::any_of(group.members.begin(), group.members.end(), [&](const auto& member) {
    const std::string address = member.address.str();
    return inspection.log_contains(address, fmt::format("{}: {}", address, words));
  });
}

// For VFIO_SET_IOMMU the kernel checks the hardware: vfio_iommu_type1_attach_group in
// drivers/vfio/vfio_iommu_type1.c.
Finding refused_by_kernel(const Inspection& inspection, const InspectedGroup& group,
                          const host::Error& error) {
  const std::string evidence = host::describe(error);
  // drivers/iommu/intel/iommu.c (EPERM) and, since 6.6, drivers/iommu/iommu.c (EINVAL).
  if (group_log_contains(inspection, group, "Device is ineligible for IOMMU domain attach") ||
      group_log_contains(inspection, group,
                         "Firmware has requested this device have a 1:1 IOMMU mapping"))
    return fail(group.subject, evidence + "; the firmware reserves memory for this device",
                "update the firmware, or use a different slot; "
                "or disable legacy USB and slot management in the firmware setup");
  if (error.code == EPERM)
    return caused_by("irq.remapping",
                     fail(group.subject, evidence + "; interrupts are not remapped",
                          "see the kernel log for the reason:" + command("dmesg | tail -n 30")));
  if (error.code == EINVAL)
    return fail(group.subject,
                evidence + "; the IOMMU of this group does not support this address space",
                "see the kernel log for the reason:" + command("dmesg | tail -n 30"));
  if (error.code == EBUSY)
    return unknown(group.subject, evidence + "; another program uses the group's IOMMU",
                   "stop the guest or the program that uses it, and run vfio-verify again");
  return fail(group.subject, evidence,
              "see the kernel log for the reason:" + command("dmesg | tail -n 30"));
}

Finding could_not_open(const InspectedGroup& group, const Attachment& attachment) {
  const host::Error& error = *attachment.error;
  const std::string evidence = host::describe(error);
  switch (error.code) {
    case EACCES:
    case EPERM:
      return unknown(group.subject, evidence, "run vfio-verify as root");
    case EBUSY:
      return unknown(group.subject, evidence + "; a guest or another program uses " + group.str(),
                     "stop the guest, or wait until the other vfio-verify has ended; "
                     "then run vfio-verify again");
    case ENOENT:
    case ENODEV:
    case ENXIO:
      if (attachment.ended_at == Step::kOpenGroup)
        return caused_by(
            "bind.driver",
            unknown(group.subject,
                    evidence + "; no function of " + group.str() + " is bound to vfio-pci",
                    "bind the card to vfio-pci:" + command("vfio-early claim")));
      return unknown(group.subject, evidence + "; the VFIO modules are not loaded",
                     "load the modules and run vfio-verify again:" +
                         command("modprobe -a vfio-pci vfio_iommu_type1"));
    default:
      return unknown(group.subject, evidence, "stop all guests, and run vfio-verify as root");
  }
}

Finding judge_attachment(const Inspection& inspection, const InspectedGroup& group) {
  const Attachment& attachment = inspection.attachment(group);
  switch (attachment.ended_at) {
    case Step::kNotTried:
      return skip(group.subject, attachment.reason);
    case Step::kOpenContainer:
    case Step::kFindType1:
    case Step::kOpenGroup:
      return could_not_open(group, attachment);
    case Step::kGetStatus:
      if (!attachment.error)
        return caused_by("group.viable", skip(group.subject, group.str() + " is not viable"));
      return unknown(group.subject, host::describe(*attachment.error), "run vfio-verify as root");
    case Step::kSetContainer:
      return caused_by("group.isolated",
                       fail(group.subject, host::describe(*attachment.error),
                            "check whether the host still uses a function of the group:" +
                                command("vfio-verify list")));
    case Step::kSetIommu:
      return refused_by_kernel(inspection, group, *attachment.error);
    case Step::kAttached:
      return pass(group.subject, group.str() + " attached (type1 v2)");
  }
  return unknown(group.subject, "", "");
}

}  // namespace

Findings check_iommu_present(const Inspection& inspection) {
  const auto& iommus = inspection.iommus;
  if (!iommus && iommus.error().code != ENOENT)
    return {unknown(kHost, host::describe(iommus.error()), "run vfio-verify as root")};
  if (!inspection.has_iommu()) return {no_iommu(inspection)};
  return {pass(kHost, host::join(*iommus, " "))};
}

Findings check_iommu_group(const Inspection& inspection) {
  Findings findings;
  for (const ConfiguredFunction& function : inspection.functions)
    findings.push_back(judge_group(inspection, function));
  return findings;
}

Findings check_iommu_attach(const Inspection& inspection) {
  Findings findings;
  for (const InspectedGroup& group : inspection.groups)
    findings.push_back(judge_attachment(inspection, group));
  return findings;
}

}  // namespace verify
