// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/check/no_iommu.h"

#include <fmt/format.h>

#include "host/command_line.h"
#include "host/text.h"
#include "verify/check/environment.h"
#include "verify/check/log_evidence.h"
#include "verify/check/platform_remedies.h"

namespace verify {
namespace {

constexpr const char* kGrepLog = "dmesg | grep -E 'iommu|IOMMU|AMD-Vi|DMAR'";

// Processors without DMAR and IVRS, which are tables of x86. Their firmware describes an IOMMU in
// ACPI's IORT (Arm), RIMT (RISC-V) or in the device tree.
Finding other_architecture(const Inspection& inspection) {
  const std::string evidence = "no IOMMU is active (/sys/class/iommu is empty)";
  const Remedy log("see the kernel log for the reason:", {"dmesg | grep -iE 'smmu|iommu'"});
  switch (inspection.machine.architecture) {
    case host::Architecture::kArm:
      return fail(
          kHost, evidence + ": the SMMU is disabled, or not described by firmware or device tree",
          Remedy(
              "enable the SMMU in the firmware setup, or boot with a device tree that has a node for it (QEMU: -machine virt,iommu=smmuv3); if the hardware has no SMMU for PCI, this machine cannot give a card to a guest")
              .then("or use a kernel with its driver (CONFIG_ARM_SMMU_V3 or CONFIG_ARM_SMMU); " +
                    log));
    case host::Architecture::kPower:
      return fail(
          kHost,
          evidence +
              ": on POWER, the IOMMU is a part of the PCI host bridge, and vfio-early does not support it",
          "give the card to a guest with libvirt (managed='yes'), without vfio-early");
    case host::Architecture::kRiscv:
      return fail(
          kHost, evidence + ": it is disabled, or not described by firmware or device tree",
          "use firmware or a device tree that describes the IOMMU, and a kernel with its driver (CONFIG_RISCV_IOMMU, Linux 6.13 and later); " +
              log);
    default:
      return fail(kHost, evidence,
                  "use a kernel with a driver for the IOMMU of this machine; " + log);
  }
}

// The firmware describes no IOMMU: it is switched off in the setup, or the machine has none. AMD's
// IOMMU is a PCI function of class 0806, which some boards show even if it is switched off.
Finding no_iommu_described(const Inspection& inspection) {
  const std::string evidence =
      "no IOMMU is active, and the firmware describes no IOMMU (no table DMAR, IVRS or VIOT)";
  const char* switch_on =
      "enable VT-d (Intel) or AMD-Vi (AMD, also named IOMMU) in the firmware setup";
  const host::Platform& platform = inspection.platform;
  if (platform.in_guest)
    return fail(kHost, evidence + "; this is a virtual machine",
                "give the virtual machine a virtual IOMMU (QEMU: intel-iommu)");
  for (const host::PciFunction& function : inspection.machine.functions)
    if (function.is_class("0806"))
      return fail(kHost,
                  evidence + ", but " + function.address.str() + " is an IOMMU: it is disabled",
                  switch_on);
  if (platform.virtualization)
    return fail(
        kHost,
        evidence +
            "; the processor supports virtualisation, so the IOMMU is probably disabled in the firmware setup",
        switch_on);
  if (platform.cpu_vendor.empty()) return fail(kHost, evidence, switch_on);
  return fail(
      kHost,
      evidence +
          "; the processor reports no virtualisation: the hardware has no IOMMU, or both are disabled in the firmware setup",
      std::string(switch_on) +
          ", and VT-x or SVM. If the setup has neither, this machine cannot give a card to a guest");
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

// "intel_iommu=on", "intel_iommu=sm_on,on" (intel_iommu_setup in drivers/iommu/intel/iommu.c).
bool is_switched_on(const host::CommandLine& line) {
  return line.value_with_word("intel_iommu", "on").has_value();
}

// No parameter helps if the table is wrong: the kernel ignores all of it.
std::optional<Finding> broken_table(const Inspection& inspection, const std::string& evidence) {
  const auto line = host_evidence(inspection, "iommu.firmware");
  if (!line) return std::nullopt;
  return fail(kHost, evidence + "; " + line->words, line->remedy);
}

Finding iommu_not_used(const Inspection& inspection, const std::vector<std::string>& tables) {
  const host::Platform& platform = inspection.platform;
  const std::string evidence =
      "no IOMMU is active, although the firmware describes one (" + host::join(tables, " ") + ")";
  if (const auto finding = broken_table(inspection, evidence)) return *finding;
  if (const std::string reason = kernel_log_reason(inspection); !reason.empty())
    return fail(kHost, fmt::format("{}; the kernel says \"{}\"", evidence, reason),
                {"fix the cause that the kernel reports; see the kernel log for all its messages:",
                 {kGrepLog}});
  // In Debian's kernels its driver is a module since 6.12; older ones do not have it.
  if (tables.front() == "VIOT")
    return fail(kHost, evidence + ": a virtio-iommu, whose driver is not loaded",
                Remedy("load the driver with this command, and include it in the initramfs:",
                       {"modprobe virtio_iommu"})
                    .then("if this kernel does not have the driver, use a newer kernel"));
  if (tables.front() == "DMAR" && is_switched_on(inspection.machine.command_line))
    return fail(kHost, evidence + " and intel_iommu=on is set",
                {"see the kernel log for the reason, and update the firmware:", {kGrepLog}});
  return fail(kHost, evidence,
              tables.front() == "DMAR" ? add_parameter(platform, "intel_iommu=on")
                                       : Remedy("see the kernel log for the reason:", {kGrepLog}));
}

}  // namespace

Finding no_iommu(const Inspection& inspection) {
  if (const std::string evidence = environment_evidence(inspection); !evidence.empty())
    return fail(kHost, "no IOMMU is active; " + evidence, environment_remedy(inspection));
  std::vector<std::string> switches = host::iommu_off_parameters(inspection.machine.command_line);
  std::erase_if(switches, [&](const std::string& off) { return !concerns(inspection, off); });
  if (!switches.empty())
    return fail(kHost, "no IOMMU is active: it is disabled by " + host::join(switches, " and "),
                remove_parameter(inspection.platform, host::join(switches, " ")));
  std::vector<std::string> tables;
  for (const firmware::TableFile& table : inspection.tables) tables.push_back(table.name());
  if (tables.empty()) {
    if (const auto finding = broken_table(inspection, "no IOMMU is active")) return *finding;
    return inspection.machine.architecture == host::Architecture::kX86
               ? no_iommu_described(inspection)
               : other_architecture(inspection);
  }
  return iommu_not_used(inspection, tables);
}

}  // namespace verify
