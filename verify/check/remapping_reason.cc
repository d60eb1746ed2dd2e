// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/check/remapping_reason.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "host/text.h"
#include "verify/check/platform_remedies.h"
#include "verify/inspect/boot/version_order.h"

namespace verify {
namespace {

constexpr const char* kFirmware =
    "update the firmware: the quoted line reports a mistake in its tables or in its chipset setup";

// The id of the I/O APIC that has the interrupts from 0 on; on AMD's platforms it is in the
// southbridge. "IOAPIC[0]: apic_id 33, version 33, address 0xfec00000, GSI 0-23"
// (mp_register_ioapic in arch/x86/kernel/apic/io_apic.c).
std::string first_ioapic_id(const Facts& facts) {
  constexpr std::string_view kLabel = "apic_id ";
  for (const host::LogLine& line : *facts.kernel_log) {
    const size_t id = line.text.find(kLabel);
    if (!line.text.starts_with("IOAPIC[") || id == line.text.npos ||
        line.text.find("GSI 0-") == line.text.npos)
      continue;
    const size_t begin = id + kLabel.size();
    return line.text.substr(begin, line.text.find(',', begin) - begin);
  }
  return {};
}

// The address of AMD's southbridge: 0000:00:14.0 on all of AMD's platforms. Before Linux 7.3, only
// this address is accepted; since then, that of any SMBus or ISA function is.
std::string southbridge(const Facts& facts) {
  for (const host::PciFunction& function : facts.machine.functions)
    if (function.is_class("0c05") && (function.id.vendor == 0x1022 || function.id.vendor == 0x1002))
      return function.address.str();
  return "0000:00:14.0";
}

// The ids in "AMD-Vi: [Firmware Bug]: : IOAPIC[32] not in IVRS table", each once.
std::vector<std::string> missing_ioapics(const Facts& facts) {
  constexpr std::string_view kLabel = "IOAPIC[", kMissing = "] not in IVRS table";
  std::vector<std::string> ids;
  for (const host::LogLine& line : *facts.kernel_log) {
    const size_t at = line.text.find(kLabel), end = line.text.find(kMissing);
    if (at == line.text.npos || end == line.text.npos || end < at) continue;
    const std::string id = line.text.substr(at + kLabel.size(), end - at - kLabel.size());
    if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
  }
  return ids;
}

// "ivrs_ioapic=32@0000:00:14.0"; before Linux 6.1 "ivrs_ioapic[32]=00:14.0" (parse_ivrs_ioapic in
// drivers/iommu/amd/init.c).
std::string entry(const Facts& facts, const std::string& id, const std::string& address) {
  if (compare_versions(facts.machine.kernel_release, "6.1") >= 0)
    return fmt::format("ivrs_ioapic={}@{}", id, address);
  return fmt::format("ivrs_ioapic[{}]={}", id, address.substr(address.find(':') + 1));
}

// check_ioapic_information() in drivers/iommu/amd/init.c requires every I/O APIC to be in the IVRS
// table, and the one of the southbridge at the southbridge's address. The first I/O APIC is that
// one; only the board's manufacturer knows the address of another.
Remedy set_missing_entries(const Facts& facts) {
  const std::vector<std::string> missing = missing_ioapics(facts);
  const std::string first = first_ioapic_id(facts);
  const std::string of_southbridge = first.empty() && !missing.empty() ? missing.front() : first;
  const std::string remedy = "update the firmware, whose IVRS table is wrong";
  if (of_southbridge.empty()) return remedy;
  const bool is_missing =
      missing.empty() || std::find(missing.begin(), missing.end(), of_southbridge) != missing.end();
  const bool others = missing.size() > (is_missing && !missing.empty() ? 1 : 0);
  const char* of_others =
      "for each other I/O APIC that the kernel names, ivrs_ioapic= needs its PCI address, which only the board's manufacturer knows";
  if (!is_missing) return Remedy(remedy).then(of_others);
  Remedy set =
      remedy +
      ". Until then, set the missing entry (if the boot stops, remove it in the boot loader's editor): " +
      add_parameter(facts.platform, entry(facts, of_southbridge, southbridge(facts)));
  return others ? std::move(set).then(of_others) : set;
}

Remedy fix_ivrs(const Facts& facts) {
  const host::CommandLine& line = facts.machine.command_line;
  if (line.value("noapic")) return remove_parameter(facts.platform, "noapic");
  for (const std::string& value : line.values("ivrs_ioapic"))
    return "correct the value, which overrides the firmware, or " +
           remove_parameter(facts.platform, "ivrs_ioapic=" + value);
  if (facts.platform.in_guest)
    return "give this virtual machine an IOMMU that remaps interrupts (QEMU: intel-iommu,intremap=on; before Linux 7.3 also amd-iommu,intremap=on)";
  return set_missing_entries(facts);
}

Remedy update_firmware(const Facts&) {
  return kFirmware;
}

// Intel's 5500, 5520 and X58 before their last revision (quirk_remapping in
// arch/x86/kernel/early-quirks.c).
Remedy replace_chipset(const Facts&) {
  return "use a different mainboard for passthrough: this revision of the chipset (Intel 5500, 5520, X58) cannot remap interrupts reliably";
}

Remedy remove_noapic(const Facts& facts) {
  return remove_parameter(facts.platform, "noapic");
}

Remedy read_log_remedy(const Facts&) {
  return "power-cycle the machine and update its firmware; " +
         see_kernel_log("DMAR|AMD-Vi|remapping");
}

// `words` are a part of a line in the log. In the table, lines with a cause precede lines that have
// only the result.
struct Reason {
  const char* words;
  Remedy (*remedy)(const Facts& facts);
};
constexpr Reason kReasons[] = {
    // drivers/iommu/amd/init.c
    {"not in IVRS table", fix_ivrs},
    {"No southbridge IOAPIC found", fix_ivrs},
    // drivers/iommu/intel/irq_remapping.c
    {"This system BIOS has enabled interrupt remapping", replace_chipset},
    {"interrupt remapping will be disabled", update_firmware},
    {"Failed to enable queued invalidation", read_log_remedy},
    {"Failed to setup irq remapping", read_log_remedy},
    // arch/x86/kernel/apic/apic.c
    {"Not enabling interrupt remapping due to skipped IO-APIC setup", remove_noapic},
    // The same functions, if they have not logged a cause.
    {"Disabling interrupt remapping", read_log_remedy},
    {"Not enabling interrupt remapping", read_log_remedy},
    {"Failed to enable irq remapping", read_log_remedy},
};

// A message of several lines is one line of /dev/kmsg, with "\x0a" between them.
std::string first_line(const std::string& text) {
  return text.substr(0, text.find("\\x0a"));
}

}  // namespace

std::optional<RemappingReason> find_remapping_reason(const Facts& facts) {
  if (!facts.kernel_log) return std::nullopt;
  const auto& log = *facts.kernel_log;
  for (const Reason& reason : kReasons) {
    const auto found = std::find_if(log.begin(), log.end(), [&](const host::LogLine& line) {
      return line.text.find(reason.words) != line.text.npos;
    });
    if (found != log.end()) return RemappingReason{first_line(found->text), reason.remedy(facts)};
  }
  return std::nullopt;
}

}  // namespace verify
