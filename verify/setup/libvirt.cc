// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/setup/libvirt.h"

#include <fmt/format.h>

#include "verify/check/iommufd.h"
#include "verify/setup/guest.h"
#include "verify/setup/igpu.h"

namespace verify {

std::string libvirt_xml(const std::vector<host::PciAddress>& functions,
                        const HostdevChoice& choice) {
  const auto attributes = [](const host::PciAddress& address) {
    return fmt::format("domain='0x{:04x}' bus='0x{:02x}' slot='0x{:02x}' function='0x{:x}'",
                       address.slot.domain, address.slot.bus, address.slot.device,
                       address.function);
  };
  std::string xml;
  for (const host::PciAddress& address : functions)
    xml += fmt::format(
        "<hostdev mode='subsystem' type='pci' managed='no'>\n"
        "{}"
        "  <source>\n"
        "    <address {}/>\n"
        "  </source>\n"
        "{}"
        "</hostdev>\n",
        choice.iommufd ? "  <driver iommufd='yes'/>\n" : "", attributes(address),
        choice.in_guest ? fmt::format("  <address type='pci' {}/>\n", attributes(*choice.in_guest))
                        : "");
  return xml;
}

void add_libvirt_guest(const GivenCard& card, Steps& steps) {
  const Inspection& inspection = card.inspection;
  const bool igpu = is_intel_igpu(inspection);
  const HostdevChoice choice{
      .in_guest = igpu ? &inspection.functions.front().function.address : nullptr,
      .iommufd = inspection.guest && libvirt_can_use_iommufd(inspection.guest->iommufd)};
  steps.add(
      "Give the card to a guest of libvirt: add to <devices> (virsh edit DOMAIN)",
      indented(libvirt_xml(inspection.addresses(), choice)) + (igpu ? igpu_text(inspection) : ""));
}

}  // namespace verify
