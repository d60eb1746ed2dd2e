// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/isolation/workarounds.h"

#include <cstdint>
#include <set>
#include <string>

#include "verify/inspect/boot/version_order.h"
#include "verify/inspect/log/index.h"

namespace verify::isolation {
namespace {

// "pci 0000:00:1c.0: Intel PCH root port ACS workaround enabled"
// (pci_quirk_enable_intel_pch_acs in drivers/pci/quirks.c)
constexpr std::string_view kEnabled = ": Intel PCH root port ACS workaround enabled";
constexpr std::string_view kFailed = ": Failed to enable Intel PCH ACS quirk";
// pci_disable_broken_acs_cap in drivers/pci/quirks.c
constexpr std::string_view kNoValidation = ": Disabling broken ACS SV";

// The functions about which the kernel logged the message.
std::set<std::string, std::less<>> named_in(const std::vector<host::LogLine>& log,
                                            std::string_view message) {
  std::set<std::string, std::less<>> addresses;
  for (const host::LogLine& line : log) {
    if (!line.text.ends_with(message)) continue;
    const size_t end = line.text.size() - message.size();
    const size_t begin = line.text.rfind(' ', end) + 1;
    addresses.insert(line.text.substr(begin, end - begin));
  }
  return addresses;
}

bool is_at_least(std::string_view release, std::string_view version) {
  return compare_versions(release, version) >= 0;
}

// Linux 5.9 sets up no port without the ACS capability (pci_acs_init in drivers/pci/pci.c). Commit
// 462b58fb0339, "PCI: Always enable ACS even if no ACS Capability", corrected that in Linux 5.10.
bool sets_up_chipset_ports(std::string_view release) {
  return !is_at_least(release, "5.9") || is_at_least(release, "5.10");
}

bool lacks_source_validation(const Node& node) {
  const host::PciId& id = node.function.id;
  return id.vendor == 0x111d && (id.device == 0x80b5 || id.device == 0x8090);
}

}  // namespace

void follow_kernel(Topology& topology, const std::vector<host::LogLine>& log,
                   std::string_view kernel_release) {
  const auto enabled = named_in(log, kEnabled), failed = named_in(log, kFailed);
  const auto without_validation = named_in(log, kNoValidation);
  const bool complete = is_complete(log);
  topology.kernel_omits_set_up = !sets_up_chipset_ports(kernel_release);
  for (Node& node : topology.nodes) {
    const std::string name = node.name();
    const bool assumed = !complete && !failed.contains(name) && !topology.kernel_omits_set_up;
    node.is_set_up = enabled.contains(name) || assumed;
    // As the kernel does, which then treats it as not supported.
    if (node.config && node.config->acs && lacks_source_validation(node) &&
        (without_validation.contains(name) || is_at_least(kernel_release, "7.0")))
      node.config->acs->offered &= static_cast<uint16_t>(~kSourceValidation);
  }
}

}  // namespace verify::isolation
