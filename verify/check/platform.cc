// SPDX-License-Identifier: GPL-2.0-or-later
//
// Checks of firmware and kernel: the firmware's description of IOMMUs, the memory that it reserves
// for devices, default domains, x2APIC, KVM, and the kernel's lockdown.
#include <algorithm>
#include <cerrno>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "host/text.h"
#include "verify/check/checks.h"
#include "verify/check/remedy.h"

namespace verify {
namespace {

using firmware::Structure;
using firmware::Table;
using firmware::TableFile;

// An IVRS describes one IOMMU by up to three IVHD blocks, for kernels of different ages ("AMD I/O
// Virtualization Technology (IOMMU) Specification", 5.2.2). They have the same base address, and
// count once.
auto identity(const Structure& structure) {
  const bool known =
      structure.role == Structure::Role::kUnit && (structure.base || structure.device);
  return std::tuple(structure.segment, structure.base, structure.device,
                    known ? 0 : structure.offset);
}

std::string counted(const Table& table, Structure::Role role, const char* word) {
  std::set<decltype(identity({}))> distinct;
  for (const Structure& structure : table.structures)
    if (structure.role == role) distinct.insert(identity(structure));
  return fmt::format("{} {}{}", distinct.size(), word, distinct.size() == 1 ? "" : "s");
}

std::string summary(const Table& table) {
  std::vector<std::string> words = {counted(table, Structure::Role::kUnit, "unit"),
                                    counted(table, Structure::Role::kReserved, "reservation")};
  for (const firmware::Flag& flag : table.flags) words.emplace_back(flag.words);
  return table.signature + ": " + host::join(words, ", ");
}

Finding judge_table(const TableFile& file) {
  if (!file.table)
    return unknown(kHost, host::describe(file.table.error()), "run vfio-verify as root");
  if (file.table->faults.empty()) return pass(kHost, summary(*file.table));
  const firmware::Fault& fault = file.table->faults.front();
  return warn(
      kHost,
      fmt::format("{}; malformed at offset {:#x}, {}: {}", summary(*file.table), fault.offset,
                  fault.structure, fault.what),
      "update the firmware, or report this to its manufacturer:" + command("vfio-verify firmware"));
}

// The machine's DMAR; nullptr: none.
const TableFile* dmar(const Inspection& inspection) {
  for (const TableFile& file : inspection.tables)
    if (file.name() == "DMAR") return &file;
  return nullptr;
}

const host::PciFunction& with_path(const Inspection& inspection,
                                   const ConfiguredFunction& function) {
  const host::PciFunction* found = inspection.machine.find(function.function.address);
  return found ? *found : function.function;
}

std::string reservations(const Inspection& inspection, const ConfiguredFunction& function) {
  std::vector<std::string> words;
  for (const TableFile& file : inspection.tables) {
    if (!file.table) continue;
    for (const Structure* structure :
         firmware::reserved_for(*file.table, with_path(inspection, function)))
      words.push_back(fmt::format("{} {:#x} to {:#x}", structure->name, structure->base.value_or(0),
                                  structure->limit.value_or(0)));
  }
  return host::join(words, ", ");
}

// The kernel's regions decide, not the firmware's tables. A group with a "direct" region cannot be
// given to a guest. A group with "direct-relaxable" regions (USB and graphics) can:
// device_rmrr_is_relaxable() in drivers/iommu/intel/iommu.c.
Finding judge_reserved(const Inspection& inspection, const ConfiguredFunction& function) {
  const std::string address = function.address();
  const InspectedGroup* group = function.group ? inspection.group(*function.group) : nullptr;
  const std::string tables = reservations(inspection, function);
  const std::string named = tables.empty() ? "" : " (" + tables + ")";
  if (!group) return caused_by("iommu.group", skip(address, "no IOMMU group to check" + named));
  if (group->reserved_unreadable)
    return unknown(address, host::describe(*group->reserved_unreadable), "run vfio-verify as root");
  std::vector<std::string> kept, relaxed;
  for (const host::ReservedRegion& region : group->reserved) {
    const std::string range = fmt::format("{:#x} to {:#x}", region.first, region.last);
    if (region.type == "direct") kept.push_back(range);
    if (region.type == "direct-relaxable") relaxed.push_back(range);
  }
  if (!kept.empty())
    return fail(address,
                fmt::format("the firmware reserves memory for a device of {}: {}{}", group->str(),
                            host::join(kept, ", "), named),
                "update the firmware, or use a different slot; "
                "or disable legacy USB and slot management in the firmware setup");
  if (!relaxed.empty())
    return pass(address, fmt::format("{}{}, which the kernel releases for a guest",
                                     host::join(relaxed, ", "), named));
  return pass(address, "the kernel maps no reserved memory for " + group->str() + named);
}

const char* domain_text(const std::string& type) {
  if (type == "identity") return "no translation for the host; a guest's domain replaces it";
  if (type == "DMA-FQ") return "translated, lazily unmapped";
  if (type == "DMA") return "translated, strictly unmapped";
  return "an unknown type";
}

Finding judge_domain(const InspectedGroup& group) {
  if (group.type.empty())
    return unknown(group.subject, "the type of " + group.str() + " cannot be read",
                   "run vfio-verify as root");
  return pass(group.subject, fmt::format("{}: {}", group.type, domain_text(group.type)));
}

Finding no_kvm_device(const Inspection& inspection, const std::string& evidence) {
  const Platform& platform = inspection.platform;
  if (platform.virtualization)
    return warn(kHost, evidence + "; guests would be emulated, which is slow",
                "load KVM:" + command(platform.cpu_vendor == "GenuineIntel" ? "modprobe kvm_intel"
                                                                            : "modprobe kvm_amd"));
  if (platform.in_guest)
    return warn(kHost, evidence + "; this virtual machine has no nested virtualisation",
                "enable nested virtualisation for this machine, if you want to run guests in it");
  if (platform.cpu_vendor.empty())
    return unknown(kHost, evidence + ", and the processor is unknown",
                   "load the KVM module of this processor");
  return fail(kHost,
              evidence +
                  ", and the processor reports no virtualisation (vmx, svm): "
                  "it is disabled in the firmware setup, or not supported",
              "enable VT-x (Intel) or SVM (AMD) in the firmware setup; for a virtual machine, "
              "nested virtualisation");
}

}  // namespace

Findings check_iommu_firmware(const Inspection& inspection) {
  Findings findings;
  for (const TableFile& file : inspection.tables) findings.push_back(judge_table(file));
  if (!findings.empty()) return findings;
  if (inspection.has_iommu())
    return {skip(kHost, "the IOMMU is described by other means than DMAR, IVRS or VIOT")};
  return {
      caused_by("iommu.present", fail(kHost, "no DMAR, IVRS or VIOT in /sys/firmware/acpi/tables",
                                      "enable the IOMMU in the firmware setup"))};
}

Findings check_iommu_reserved(const Inspection& inspection) {
  Findings findings;
  for (const ConfiguredFunction& function : inspection.functions)
    findings.push_back(judge_reserved(inspection, function));
  return findings;
}

Findings check_iommu_domain(const Inspection& inspection) {
  Findings findings;
  for (const InspectedGroup& group : inspection.groups) findings.push_back(judge_domain(group));
  return findings;
}

Findings check_irq_x2apic(const Inspection& inspection) {
  const TableFile* file = dmar(inspection);
  if (!file) return {skip(kHost, "no DMAR table found: only DMAR can opt out of x2APIC")};
  if (!file->table)
    return {unknown(kHost, host::describe(file->table.error()), "run vfio-verify as root")};
  if (!file->table->has("X2APIC_OPT_OUT"))
    return {pass(kHost, "the firmware does not opt out of x2APIC")};
  // intremap=, Documentation/admin-guide/kernel-parameters.txt.
  return {warn(kHost,
               "the firmware opts out of x2APIC: interrupts are slower, "
               "and more than 255 processors cannot be used",
               "enable x2APIC in the firmware setup, or update the firmware; or " +
                   add_parameter(inspection.platform, "intremap=no_x2apic_optout"))};
}

Findings check_guest_kvm(const Inspection& inspection) {
  if (!inspection.kvm) return {skip(kHost, "not tested: no device is opened")};
  const KvmTrial& trial = *inspection.kvm;
  if (trial.created()) return {pass(kHost, "a virtual machine could be created")};
  const host::Error& error = trial.error;
  const std::string evidence = host::describe(error);
  if (error.code == EACCES || error.code == EPERM)
    return {unknown(kHost, evidence, "run vfio-verify as root, or as a member of the group kvm")};
  if (trial.ended_at == KvmStep::kOpenDevice) return {no_kvm_device(inspection, evidence)};
  if (error.code == ETIMEDOUT)
    return {unknown(kHost, evidence + ": the kernel did not answer within three seconds",
                    "see the kernel log for the reason:" + command("dmesg | tail -n 30"))};
  if (error.code == EBUSY)
    return {fail(kHost, evidence + "; another hypervisor uses the processor's virtualisation",
                 "stop the other hypervisor (VirtualBox, VMware) and unload its modules")};
  return {
      fail(kHost, evidence, "see the kernel log for the reason:" + command("dmesg | grep -i kvm"))};
}

// The active level is in brackets (security/lockdown/lockdown.c).
Findings check_host_lockdown(const Inspection& inspection) {
  const auto& text = inspection.lockdown;
  if (!text && text.error().code == ENOENT)
    return {skip(kHost, "this kernel has no lockdown, or securityfs is not mounted")};
  if (!text) return {unknown(kHost, host::describe(text.error()), "run vfio-verify as root")};
  if (text->find("[none]") != text->npos) return {pass(kHost, "the kernel is not locked down")};
  if (text->find("[integrity]") != text->npos)
    return {pass(kHost, "integrity: VFIO works, but unsigned modules cannot be loaded")};
  return {warn(kHost,
               "lockdown is " + std::string(host::trim(*text)) +
                   ": the kernel may withhold data that vfio-verify reads",
               "boot with lockdown=integrity, if the card does not work in a guest")};
}

}  // namespace verify
