// SPDX-License-Identifier: GPL-2.0-or-later
//
// iommu.*: is there an IOMMU, is the card behind it, and can the group be attached to an address
// space of a guest? The checks use the state of the kernel, not its parameters: `iommu=pt` and
// `amd_iommu=on` prove nothing. A default domain of type "identity" is correct, since an attachment
// replaces it.
#include <algorithm>
#include <cerrno>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "host/text.h"
#include "plan/card_functions.h"
#include "verify/check/attachment.h"
#include "verify/check/check.h"
#include "verify/check/each.h"
#include "verify/check/environment.h"
#include "verify/check/log_evidence.h"
#include "verify/check/no_iommu.h"
#include "verify/check/platform_remedies.h"
#include "verify/check/unreadable.h"

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

Finding judge_table(const Inspection& inspection, const TableFile& file) {
  if (!file.table)
    return unknown(kHost, host::describe(file.table.error()),
                   read_as_root(inspection, file.table.error()));
  if (file.table->faults.empty()) return pass(kHost, summary(*file.table));
  const firmware::Fault& fault = file.table->faults.front();
  const Remedy report = {"update the firmware, or report this to its manufacturer:",
                         {"vfio-verify firmware"}};
  if (file.table->signature.empty())
    return unknown(kHost, fmt::format("{} is not a firmware table: {}", file.file, fault.what),
                   inspection.from_tree ? kCaptureAsRoot : report);
  return warn(kHost,
              fmt::format("{}; malformed at offset {:#x}, {}: {}", summary(*file.table),
                          fault.offset, fault.structure, fault.what),
              report);
}

Findings judge_firmware(const Inspection& inspection) {
  if (!inspection.tables.empty()) return each<judge_table>(inspection, inspection.tables);
  if (const std::string name = inspection.table_of_iommu(); !name.empty())
    return {unknown(kHost,
                    fmt::format("{}{} is not found, although the kernel uses {}",
                                firmware::kDirectory, name, inspection.iommus->front()),
                    read_as_root(inspection))};
  if (inspection.has_iommu())
    return {skip(kHost, "the IOMMU is described by other means than DMAR, IVRS or VIOT")};
  if (!environment_evidence(inspection).empty())
    return {caused_by("iommu.present",
                      skip(kHost, "the firmware's tables of the machine are not visible here"))};
  if (inspection.machine.architecture != host::Architecture::kX86)
    return {caused_by("iommu.present", skip(kHost, "DMAR and IVRS are tables of x86"))};
  return {
      caused_by("iommu.present", fail(kHost, "no DMAR, IVRS or VIOT in /sys/firmware/acpi/tables",
                                      "enable the IOMMU in the firmware setup"))};
}

Finding judge_present(const Inspection& inspection) {
  const auto& iommus = inspection.iommus;
  if (!iommus && iommus.error().code != ENOENT)
    return unknown(kHost, host::describe(iommus.error()), read_as_root(inspection, iommus.error()));
  if (!inspection.has_iommu()) return no_iommu(inspection);
  // platform_optin_force_iommu in drivers/iommu/intel/iommu.c
  const bool forced = inspection.log_contains("force enabled due to platform opt in");
  return pass(
      kHost,
      host::join(*iommus, " ") +
          (forced
               ? ", only because the firmware asks for DMA protection (platform opt-in): set intel_iommu=on to keep it"
               : ""));
}

constexpr const char* kAssignToIommu =
    "update the firmware, whose tables assign devices to IOMMUs, and enable the IOMMU for all devices in its setup";

// The parameter without igfx_off; "": nothing is left of it.
std::string without_igfx_off(const std::string& parameter) {
  const size_t equals = parameter.find('=');
  std::vector<std::string> words;
  for (const std::string_view word :
       host::split(std::string_view(parameter).substr(equals + 1), ","))
    if (word != "igfx_off") words.emplace_back(word);
  return words.empty() ? "" : parameter.substr(0, equals + 1) + host::join(words, ",");
}

// The drivers of Intel's and AMD's IOMMUs assign all groups before the first program starts.
Finding no_group(const Inspection& inspection, const ConfiguredFunction& function) {
  const std::string evidence = "the function has no IOMMU group, although an IOMMU is active";
  const std::string parameter =
      plan::parameter_that_removes_group(function.function, inspection.machine.command_line);
  if (!parameter.empty()) {
    const std::string rest = without_igfx_off(parameter);
    return fail(function.address(),
                evidence + ": " + parameter + " leaves the integrated graphics out of the IOMMU",
                rest.empty() ? remove_parameter(inspection.platform, parameter)
                             : replace_parameter(inspection.platform, parameter, rest));
  }
  // quirk_iommu_igfx and quirk_calpella_no_shadow_gtt in drivers/iommu/intel/iommu.c
  if (function.function.is_class("03") &&
      inspection.log_contains("isabling IOMMU for graphics on this chipset"))
    return fail(
        function.address(),
        evidence +
            ": the kernel disables it for the graphics of this chipset, which has an erratum",
        "use a different card for the guest: the kernel never uses the IOMMU for this display");
  return fail(function.address(), evidence + ": no unit of the firmware's tables covers it",
              kAssignToIommu);
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
  if (function.function.lacks_group) return no_group(inspection, function);
  // With virtio-iommu, a function has no group until a driver binds it.
  if (function.function.driver.empty())
    return unknown(
        address,
        "no IOMMU group yet: some IOMMUs assign a group only when a driver binds the function",
        {"bind it, then run vfio-verify again:", {"vfio-early bind"}});
  return fail(address, "the function has no IOMMU group: it is not behind an IOMMU",
              kAssignToIommu);
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
    return unknown(address, host::describe(*group->reserved_unreadable),
                   read_as_root(inspection, *group->reserved_unreadable));
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
                kReleaseReservation);
  if (!relaxed.empty())
    return pass(address, fmt::format("{}{}, which the kernel releases for a guest",
                                     host::join(relaxed, ", "), named));
  return pass(address, "the kernel maps no reserved memory for " + group->str() + named);
}

// The messages are in verify/check/log_evidence.cc.
Finding judge_faults(const Inspection& inspection, const ConfiguredFunction& function) {
  if (!inspection.has_iommu())
    return caused_by("iommu.present", skip(function.address(), "no IOMMU is active"));
  return judge_by_log(inspection, function, "iommu.faults",
                      "the kernel logged no blocked request of it");
}

// IORESOURCE_MEM_64 of include/linux/ioport.h: the guest's firmware may place the BAR above 4 GiB.
bool has_64_bit_bar(const ConfiguredFunction& function) {
  const auto& windows = function.hardware.windows;
  return windows.empty() || std::any_of(windows.begin(), windows.end(), [](const auto& window) {
           return window.bytes() != 0 && (window.flags & 0x100000);
         });
}

// QEMU gives a guest with the host's processor the host's width (host-phys-bits), and OVMF places
// 64-bit BARs at the end of that space. VFIO then fails to map them.
Finding judge_width(const Inspection& inspection, const ConfiguredFunction& function,
                    bool was_refused) {
  const std::string address = function.address();
  const int iommu = function.iommu_bits, processor = inspection.platform.address_bits;
  if (!inspection.has_iommu())
    return caused_by("iommu.present", skip(address, "no IOMMU is active"));
  if (iommu == 0 && inspection.from_tree && inspection.table_of_iommu() == "DMAR")
    return skip(address, "this tree does not have the width of the IOMMU");
  if (iommu == 0) return skip(address, "the kernel does not report the width of its IOMMU");
  if (processor == 0) return skip(address, "the width of the processor's addresses is unknown");
  std::string evidence =
      fmt::format("the IOMMU maps {} bits of an address, the processor has {}", iommu, processor);
  if (was_refused) evidence += ", and the kernel refused to map a larger address";
  if (iommu >= processor) return pass(address, evidence);
  if (!has_64_bit_bar(function)) return pass(address, evidence + "; no BAR of it is 64 bits wide");
  const std::string limit = std::to_string(iommu);
  return warn(
      address,
      evidence +
          ": a guest with large BARs may place them where the IOMMU cannot map them, and QEMU fails",
      Remedy("limit the guest's physical addresses. With QEMU, in -cpu host:",
             {"host-phys-bits=on,host-phys-bits-limit=" + limit})
          .then({"with libvirt, in <cpu mode=\"host-passthrough\">:",
                 {"<maxphysaddr mode=\"passthrough\" limit=\"" + limit + "\"/>"}}));
}

// intel_iommu_map in drivers/iommu/intel/iommu.c: "iommu width (39) is not sufficient for the
// mapped address (8800001000)".
Findings judge_widths(const Inspection& inspection) {
  const bool was_refused = inspection.log_contains(") is not sufficient for the mapped address");
  Findings findings;
  for (const ConfiguredFunction& function : inspection.functions)
    findings.push_back(judge_width(inspection, function, was_refused));
  return findings;
}

const char* domain_text(const std::string& type) {
  if (type == "identity") return "no translation for the host; a guest's domain replaces it";
  if (type == "DMA-FQ") return "translated, lazily unmapped";
  if (type == "DMA") return "translated, strictly unmapped";
  return "an unknown type";
}

bool has_iommu_pt(const host::CommandLine& line) {
  const auto values = line.values("iommu");
  return std::find(values.begin(), values.end(), "pt") != values.end() ||
         line.value("iommu.passthrough") == "1";
}

bool asks_for_dma_protection(const Inspection& inspection) {
  return std::any_of(inspection.tables.begin(), inspection.tables.end(), [](const auto& file) {
    return file.table &&
           (file.table->has("DMA_CTRL_PLATFORM_OPT_IN_FLAG") || file.table->has("DMA_remap"));
  });
}

// What iommu=pt prevents, in a clause: iommu_snp_enable in drivers/iommu/amd/init.c.
std::string effect_of_identity(const Inspection& inspection) {
  return inspection.log_contains("configured in passthrough mode, SNP cannot be supported")
             ? "; SEV-SNP is disabled because of iommu=pt"
             : "";
}

// Why iommu=pt has no effect, in a clause: iommu_subsys_init in drivers/iommu/iommu.c, and
// intel_iommu_def_domain_type in drivers/iommu/intel/iommu.c.
std::string effect_on_translation(const Inspection& inspection) {
  if (!has_iommu_pt(inspection.machine.command_line)) return "";
  for (const char* active : {"Memory encryption detected", "Memory Encryption Features active",
                             "Secure Memory Encryption (SME) active", "IOMMU SNP support enabled"})
    if (inspection.log_contains(active))
      return "; iommu=pt has no effect, because memory encryption is active";
  if (asks_for_dma_protection(inspection))
    return "; the firmware asks for DMA protection: iommu=pt has no effect on a device behind an external port";
  return "";
}

Findings judge_domains(const Inspection& inspection) {
  const std::string identity = effect_of_identity(inspection);
  const std::string translated = effect_on_translation(inspection);
  Findings findings;
  for (const InspectedGroup& group : inspection.groups) {
    const std::string& effect = group.type == "identity" ? identity : translated;
    findings.push_back(
        group.type.empty()
            ? unknown(group.subject, "the type of " + group.str() + " cannot be read",
                      read_as_root(inspection))
            : pass(group.subject,
                   fmt::format("{}: {}{}", group.type, domain_text(group.type), effect)));
  }
  return findings;
}

constexpr Check kChecks[] = {
    {"iommu.present", "Does the kernel use an IOMMU?", R"(
Without one, a guest's device could access all of the host's memory. The finding distinguishes
these causes: Xen, Windows Subsystem for Linux or a container keeps the machine's IOMMU from this
kernel; it is disabled on the kernel command line; the firmware does not describe one, either
because it is disabled in the firmware setup or because the hardware has none; or the firmware
describes one and the kernel does not use it.)",
     the_host<judge_present>},
    {"iommu.firmware", "Does the firmware describe its IOMMUs, without a mistake?", R"(
*vfio-verify firmware* prints its tables: see *FIRMWARE TABLES*. Unknown without root.)",
     judge_firmware},
    {"iommu.group", "Is the function in an IOMMU group?", R"(
An IOMMU restricts DMA by groups, so that a guest can only get a function that is in one. Fails if
the function is not behind an IOMMU, for example because _intel_iommu=igfx_off_ leaves out the
integrated graphics, or if its group is in VFIO's no-IOMMU mode. Unknown for a function without a
driver if it has no group yet: some IOMMUs, but not those of Intel and AMD, assign one only when a
driver binds the function.)",
     each_function<judge_group>},
    {"iommu.attach", "Does the kernel attach the group to an address space of *vfio-verify*?", R"(
A guest needs the same (type1 v2). This result counts more than any setting. A default domain of
the type _identity_, as with "iommu=pt", is not a problem. Unknown while a guest uses the group.)",
     each_group<judge_attachment>},
    {"iommu.domain", "How does the kernel translate addresses for the group until a guest uses it?",
     R"(
The kernel translates them not at all (identity), with lazy unmapping (DMA-FQ) or with strict
unmapping (DMA). All of these pass. The finding says if memory encryption (SME, SEV-SNP) or the
firmware's DMA protection prevents "iommu=pt", or is prevented by it.)",
     judge_domains, Weight::kAdvises},
    {"iommu.reserved", "Does the firmware reserve no memory for the function?", R"(
The function could continue to use such memory while a guest has it (RMRR on Intel, IVMD on AMD).
Linux 6.6 and later do not attach such a group, except for reservations that the kernel calls
relaxable: USB and graphics.)",
     each_function<judge_reserved>},
    {"iommu.width", "Can the IOMMU map every address that a guest may use?", R"(
Warns if the IOMMU maps fewer bits of an address than the processor has, as on Intel's desktop
processors since the 12th generation: 39 against 46. A guest with the host's processor then may
place a 64-bit BAR where VFIO cannot map it. The remedy limits the guest's addresses
(_host-phys-bits-limit_ of QEMU 5.0, _maxphysaddr_ of libvirt 9.3). Skipped for IOMMUs other than
VT-d, whose width the kernel does not report.)",
     judge_widths, Weight::kAdvises},
    {"iommu.faults", "Did the IOMMU allow all requests of the function?", R"(
Warns if the kernel log has a message about a blocked one: "DMAR: [DMA Read] Request device", "AMD-Vi: Event
logged" or an event of an SMMU. Faults during the boot come from the firmware or a host driver.
Faults while a guest runs come from the guest's driver, or show that the card failed. *--live*
causes some on purpose. Unknown if the log does not reach back to its start.)",
     each_function<judge_faults>, Weight::kAdvises},
};

}  // namespace

constexpr Chapter kIommuChapter{"IOMMU", kChecks};

}  // namespace verify
