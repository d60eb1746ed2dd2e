// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/capture/log_lines.h"

#include <algorithm>
#include <cctype>
#include <iterator>

#include "host/pci_address.h"
#include "verify/capture/messages.h"
#include "verify/inspect/log/denial.h"
#include "verify/inspect/log/logging_driver.h"

namespace verify::capture {
namespace {

// Prefixes of messages without names of people, hosts, networks or disks.
constexpr std::string_view kBeginnings[] = {"DMAR: ",
                                            "DMAR-IR: ",
                                            "AMD-Vi: ",
                                            "iommu: ",
                                            "iommu ivhd",
                                            "IOAPIC[",
                                            "x2apic",
                                            "x86/apic: ",
                                            "PCI-DMA: ",
                                            "virtio_iommu ",
                                            "arm-smmu-v3 ",
                                            "Your BIOS is broken; ",
                                            "vfio-verify: live test ",
                                            "AMD Memory Encryption Features active: "};
// Kept at any position in a line: checks search for them (verify/check/remapping_reason.cc,
// verify/check/irq.cc, isolation.cc). The rows of verify/check/log_evidence.cc are kept by the
// beginnings of their lines.
constexpr std::string_view kSentences[] = {"AMD-Vi: No southbridge IOAPIC found",
                                           "not in IVRS table",
                                           "This system BIOS has enabled interrupt remapping",
                                           "interrupt remapping will be disabled",
                                           "Failed to enable queued invalidation",
                                           "Failed to setup irq remapping",
                                           "Not enabling interrupt remapping",
                                           "Disabling interrupt remapping",
                                           "Failed to enable irq remapping",
                                           "No interrupt remapping support",
                                           "PCIe ACS overrides enabled",
                                           "[Hardware Error]:  device_id: ",
                                           "RLIMIT_MEMLOCK ("};
// Messages of the kernel's core and of vfio-pci about a function; they follow "DRIVER ADDRESS: ".
constexpr std::string_view kAboutFunction[] = {
    "AER: ",
    "BAR ",
    "Adding to iommu group ",
    "DPC: containment event, ",
    "Disabling broken ACS SV",
    "Failed to enable Intel PCH ACS quirk",
    "Intel PCH root port ACS workaround enabled",
    "AMD-Vi: ",
    "Cannot bind to PF with SR-IOV enabled",
    "Device config space inaccessible; ",
    "Failed to setup Intel IGD regions",
    "Invalid PCI ROM ",
    "PCIe Bus Error: severity=",
    "Refused to change power state",
    "ready ",
    "runtime resume failed ",
    "timed out waiting for pending transaction",
    "vfio: runtime resume failed ",
    "vfio_bar_restore: reset recovery - restoring ",
    "Device is ineligible for IOMMU domain attach",
    "Firmware has requested this device have a 1:1 IOMMU mapping",
    "Unable to change power state from ",
    "can't change power state from ",
    "enabling device (",
    "vgaarb: ",
    "not ready "};

// Followed by texts that the board's owner may have set: vendor and version of the firmware and
// the product.
constexpr std::string_view kOfBoard = "BIOS vendor:";

bool starts_with_any(std::string_view text, const auto& beginnings) {
  return std::any_of(std::begin(beginnings), std::end(beginnings),
                     [&](std::string_view words) { return text.starts_with(words); });
}

// A line about IOMMUs or interrupts; "" for other lines.
std::string kept_kernel_line(std::string_view line) {
  const std::string_view message = line.substr(0, line.find(kOfBoard));
  const bool plain = is_plain_message(message);
  for (const std::string_view beginning : kBeginnings)
    if (line.starts_with(beginning))
      return plain ? std::string(message) : std::string(beginning) + kLeftOut;
  for (const std::string_view sentence : kSentences)
    if (line.find(sentence) != line.npos) return std::string(plain ? message : sentence);
  return {};
}

bool is_driver_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return std::isalnum(c) || c == '-' || c == '_' || c == '.';
         });
}

// "[10de:1b81] type 00 class 0x030000", and the words after it, which differ between kernels.
std::string kept_detection_line(std::string_view rest) {
  if (is_plain_message(rest)) return std::string(rest);
  constexpr std::string_view kClass = " class 0x030000";
  const std::string_view head = rest.substr(0, rest.find(" class ") + kClass.size());
  return is_plain_message(head) ? std::string(head) + " " + kLeftOut : kLeftOut;
}

// "DRIVER 0000:01:00.0: …", "DRIVER: probe of 0000:01:00.0 …"
std::string kept_driver_line(std::string_view line, Anonymiser& anonymiser) {
  constexpr std::string_view kProbe = ": probe of ";
  const size_t space = line.find(' ');
  if (space == line.npos) return {};
  std::string_view driver = line.substr(0, space);
  const bool probe = driver.ends_with(':') && line.substr(space - 1).starts_with(kProbe);
  if (probe) driver.remove_suffix(1);
  const size_t begin = probe ? space - 1 + kProbe.size() : space + 1;
  const size_t end = std::min(line.find(probe ? " " : ": ", begin), line.size());
  const std::string address(line.substr(begin, end - begin));
  if (!is_driver_name(driver) || !host::PciAddress::parse(address) || end == line.size()) return {};
  const std::string_view rest = line.substr(end + (probe ? 1 : 2));
  const std::string head =
      anonymiser.driver(std::string(driver)) +
      std::string(line.substr(driver.size(), line.size() - rest.size() - driver.size()));
  if (is_detection(line, address)) return head + kept_detection_line(rest);
  // "10de:1b81 exists in vfio-pci device denylist, driver probing disallowed."
  const bool denied = rest.find(" exists in vfio-pci device ") != rest.npos;
  const bool known = (denied || starts_with_any(rest, kAboutFunction)) && is_plain_message(rest);
  return head + (known ? std::string(rest) : kLeftOut);
}

// "[drm] Initialized i915 1.6.0 for 0000:00:02.0 on minor 0"
std::string kept_display_line(std::string_view line, Anonymiser& anonymiser) {
  constexpr std::string_view kHead = "[drm] Initialized ", kFor = " for ", kMinor = " on minor ";
  if (!line.starts_with(kHead)) return {};
  const std::string_view driver =
      line.substr(kHead.size(), line.find(' ', kHead.size()) - kHead.size());
  const size_t at = line.find(kFor), end = line.find(kMinor);
  if (at == line.npos || end == line.npos || end < at) return {};
  const std::string address(line.substr(at + kFor.size(), end - at - kFor.size()));
  if (!is_driver_name(driver) || !host::PciAddress::parse(address)) return {};
  return std::string(kHead) + anonymiser.driver(std::string(driver)) + std::string(kFor) + address +
         std::string(kMinor) + "0";
}

// The rest of the line names a user and, in the profile, a guest.
std::string kept_denial(std::string_view line, Anonymiser& anonymiser) {
  const auto denial = denial_in(line);
  if (!denial) return {};
  const std::string program =
      denial->program.empty() ? "" : " comm=\"" + anonymiser.driver(denial->program) + "\"";
  const std::string node = is_plain_message(denial->node) ? denial->node : "/dev/vfio/0";
  return denial->by == Denial::By::kAppArmor
             ? "audit(0): apparmor=\"DENIED\" name=\"" + node + "\"" + program
             : "audit(0): avc:  denied  path=\"" + node + "\"" + program;
}

}  // namespace

std::string kept_log_line(std::string_view line, Anonymiser& anonymiser) {
  if (std::string kept = kept_denial(line, anonymiser); !kept.empty()) return kept;
  if (std::string kept = kept_kernel_line(line); !kept.empty()) return kept;
  if (std::string kept = kept_driver_line(line, anonymiser); !kept.empty()) return kept;
  if (std::string kept = kept_display_line(line, anonymiser); !kept.empty()) return kept;
  return kLeftOut;
}

}  // namespace verify::capture
