// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/iommu_group.h"
#include "host/pci_address.h"
#include "host/pci_serial.h"
#include "tests/unit/fake_tree.h"

namespace host {
namespace {

TEST(PciAddress, RoundTripsWithEveryDomainWidth) {
  for (const char* text : {"0000:01:00.0", "ffff:ff:1f.7", "10000:e0:06.0", "ffffffff:00:00.1"}) {
    const auto address = PciAddress::parse(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->str(), text);
  }
}

TEST(PciAddress, RejectsInvalidText) {
  for (const char* text : {"", ".", "01:00.0", "0000:01:00", "0000:01:00.8", "0000:01:20.0",
                           "0000:01:00.0 ", "0000:01:00.00", "000g:01:00.0", "0000-01:00.0",
                           "123456789:01:00.0", "0000:1:0.0", "../../:01:00.0"})
    EXPECT_FALSE(PciAddress::parse(text)) << text;
}

TEST(PciAddress, OrdersByDomainBusDeviceFunction) {
  EXPECT_LT(*PciAddress::parse("0000:02:00.0"), *PciAddress::parse("0000:10:00.0"));
  EXPECT_LT(*PciAddress::parse("ffff:00:00.0"), *PciAddress::parse("10000:00:00.0"));
}

TEST(PciId, ParsesVendorAndDevice) {
  const auto id = PciId::parse("10DE:1b81");
  ASSERT_TRUE(id);
  EXPECT_EQ(*id, (PciId{.vendor = 0x10de, .device = 0x1b81}));
  EXPECT_EQ(id->str(), "10de:1b81");
  for (const char* text : {"", "10de", "10de:", "10de:1b81:0000", "10de:11b81", "x:y"})
    EXPECT_FALSE(PciId::parse(text)) << text;
}

TEST(PciFunctions, AreReadFromUevent) {
  FakeTree tree;
  tree.function("0000:01:00.0", "1234:1111", "38000", "bochs-drm");
  tree.function("0000:00:1f.2", "8086:2922", "10601");
  tree.file("/sys/bus/pci/devices/0000:02:00.0/uevent", "nonsense\n");
  const Machine machine = tree.machine();
  ASSERT_EQ(machine.functions.size(), 2u);
  const PciFunction* card = machine.find(*PciAddress::parse("0000:01:00.0"));
  ASSERT_TRUE(card);
  EXPECT_EQ(card->id.str(), "1234:1111");
  EXPECT_EQ(card->id.subvendor, 0x1af4);
  EXPECT_EQ(card->class_str(), "038000");
  EXPECT_EQ(card->driver, "bochs-drm");
  EXPECT_TRUE(card->is_class("03"));
  EXPECT_FALSE(card->is_class("0300"));
  EXPECT_FALSE(machine.find(*PciAddress::parse("0000:02:00.0")));
}

TEST(PciFunctions, MissingBusIsAnError) {
  FakeTree tree;
  std::filesystem::remove_all(tree.directory() / "sys");
  EXPECT_FALSE(read_machine(tree.root()));
}

TEST(PciFunctions, NullOverrideReadsAsEmpty) {
  FakeTree tree;
  tree.function("0000:01:00.0", "1234:1111", "38000");
  const auto address = *PciAddress::parse("0000:01:00.0");
  EXPECT_EQ(override_of(tree.root(), address), "");
  tree.file("/sys/bus/pci/devices/0000:01:00.0/driver_override", "vfio-pci\n");
  EXPECT_EQ(override_of(tree.root(), address), "vfio-pci");
}

TEST(IommuGroup, ListsItsFunctionsInOrder) {
  FakeTree tree;
  tree.iommu().group(7, {"0000:01:00.1", "0000:01:00.0"});
  EXPECT_TRUE(has_iommu(tree.root()));
  EXPECT_EQ(iommu_group_of(tree.root(), *PciAddress::parse("0000:01:00.1")), 7);
  const auto group = read_iommu_group(tree.root(), 7);
  ASSERT_TRUE(group);
  ASSERT_EQ(group->functions.size(), 2u);
  EXPECT_EQ(group->functions[0].str(), "0000:01:00.0");
  EXPECT_EQ(group->type, "DMA-FQ");
}

TEST(IommuGroup, EmptyClassMeansNoIommu) {
  FakeTree tree;
  EXPECT_FALSE(has_iommu(tree.root()));
  std::filesystem::create_directories(tree.directory() / "sys/class/iommu");
  EXPECT_FALSE(has_iommu(tree.root()));
}

TEST(PciPath, ParsesConfigurationAndSysfsForms) {
  const auto path = PciPath::parse("0000:00/02.0/00.0");
  ASSERT_TRUE(path);
  EXPECT_EQ(path->str(), "0000:00/02.0/00.0");
  EXPECT_EQ(PciPath::from_sysfs("../../../devices/pci0000:00/0000:00:02.0/0000:01:00.0"), path);
  EXPECT_EQ(PciPath::from_sysfs("x/pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0")->str(),
            "10000:e0/06.0");
  EXPECT_TRUE(path->has_prefix(*PciPath::parse("0000:00/02.0")));
  EXPECT_TRUE(path->has_prefix(*path));
  EXPECT_FALSE(path->has_prefix(*PciPath::parse("0000:00/02.1")));
  EXPECT_FALSE(PciPath::parse("0000:00/02.0")->has_prefix(*path));
  for (const char* text : {"", "0000:00", "/", "02.0/00.0", "0000:00/20.0", "0000:00/02.8"})
    EXPECT_FALSE(PciPath::parse(text)) << text;
}

// A configuration space with two extended capabilities: AER, then the serial number.
std::string space_with_serial() {
  std::string space(0x1000, '\0');
  const auto put = [&](size_t at, uint32_t value) {
    for (size_t i = 0; i < 4; ++i) space[at + i] = static_cast<char>(value >> (8 * i));
  };
  put(0x100, 0x14010001 | 0x140u << 20);
  put(0x140, 0x00010003);
  put(0x144, 0xffabcdef);
  put(0x148, 0x001b21ff);
  return space;
}

TEST(PciSerial, IsReadFromExtendedSpace) {
  FakeTree tree;
  tree.file("/sys/bus/pci/devices/0000:01:00.0/config", space_with_serial());
  EXPECT_EQ(read_serial(tree.root(), *PciAddress::parse("0000:01:00.0")), 0x001b21ffffabcdef);
  EXPECT_EQ(serial_str(0x001b21ffffabcdef), "00-1b-21-ff-ff-ab-cd-ef");
  EXPECT_EQ(parse_serial("00-1b-21-ff-ff-ab-cd-ef"), 0x001b21ffffabcdef);
}

TEST(PciSerial, IsMissingWithoutCapability) {
  FakeTree tree;
  const std::string config = "/sys/bus/pci/devices/0000:01:00.0/config";
  const auto serial = [&](const std::string& space) {
    tree.file(config, space);
    return read_serial(tree.root(), *PciAddress::parse("0000:01:00.0"));
  };
  EXPECT_FALSE(serial(space_with_serial().substr(0, 256)));  // not PCIe, or not read as root
  EXPECT_FALSE(serial(space_with_serial().substr(0, 0x146)));
  EXPECT_FALSE(serial(std::string(0x1000, '\xff')));  // the device is gone
  std::string loop = space_with_serial();
  loop[0x140] = 1, loop[0x143] = 0x14;  // a second AER that links to itself
  EXPECT_FALSE(serial(loop));
}

}  // namespace
}  // namespace host
