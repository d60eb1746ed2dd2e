// SPDX-License-Identifier: GPL-2.0-or-later
//
// The output of other programs: virsh about a device, QEMU about its devices.
#include <climits>

#include "tests/fuzz/target.h"
#include "verify/inspect/guest/libvirt.h"
#include "verify/inspect/guest/qemu.h"

namespace fuzz {
namespace {

std::vector<std::string> samples() {
  return {
      "<device>\n  <name>pci_0000_01_00_0</name>\n  <driver>\n    <name>vfio-pci</name>\n"
      "  </driver>\n  <capability type='pci'>\n    <class>0x030000</class>\n"
      "    <iommuGroup number='4'>\n      <address domain='0x0000' bus='0x01'/>\n"
      "    </iommuGroup>\n  </capability>\n</device>\n",
      "Misc devices:\nname \"vfio-pci\", bus PCI, desc \"VFIO-based PCI device assignment\"\n"};
}

void parse(std::string_view bytes) {
  const auto address = *host::PciAddress::parse("0000:01:00.0");
  const auto device = verify::guest::parse_node_device(address, bytes);
  require(device.address == address && device.driver.size() <= bytes.size());
  if (device.group) require(*device.group >= 0);
  require(
      verify::guest::names_vfio_device(bytes) ==
      (bytes.find("\"vfio-pci\"") != bytes.npos && bytes.find("name \"vfio-pci\"") != bytes.npos));
}

const Target kTarget("programs", samples, parse);

}  // namespace
}  // namespace fuzz
