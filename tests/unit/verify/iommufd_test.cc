// SPDX-License-Identifier: GPL-2.0-or-later
//
// guest.iommufd: what kernel, QEMU and libvirt say about iommufd.
#include "verify/check/iommufd.h"

#include <zlib.h>

#include "tests/unit/fake_tree.h"
#include "tests/unit/verify/healthy.h"
#include "verify/inspect/guest/iommufd.h"
#include "verify/setup/libvirt.h"
#include "verify/setup/setup.h"

namespace verify {
namespace {

const std::vector<host::PciAddress> kCard = {*host::PciAddress::parse(kVga)};

Finding judged(const guest::Iommufd& iommufd) {
  Inspection machine = healthy();
  machine.guest->iommufd = iommufd;
  return only_finding(findings_of("guest.iommufd", machine));
}

guest::Iommufd working() {
  return healthy().guest->iommufd;
}

void expect_skipped(const guest::Iommufd& iommufd, const char* words) {
  const Finding finding = judged(iommufd);
  EXPECT_EQ(finding.status, Status::kSkip);
  EXPECT_TRUE(has_text(finding.evidence, words)) << finding.evidence;
  EXPECT_TRUE(finding.remedy.empty()) << finding.remedy;
  EXPECT_FALSE(libvirt_can_use_iommufd(iommufd));
}

TEST(Iommufd, WorksWithKernelQemuAndLibvirt) {
  const Finding finding = judged(working());
  EXPECT_EQ(finding.status, Status::kPass);
  EXPECT_EQ(finding.evidence,
            "the kernel has /dev/vfio/devices/vfio0, and QEMU supports iommufd, as does libvirt "
            "12.1");
  EXPECT_TRUE(libvirt_can_use_iommufd(working()));
}

// The entry in sysfs is there, but the kernel has no device node.
TEST(Iommufd, EntryInSysfsIsNoDeviceNode) {
  guest::Iommufd iommufd = working();
  iommufd.devices[0].has_number = false;
  expect_skipped(iommufd,
                 "this kernel creates no /dev/vfio/devices/vfio0: it was built without "
                 "CONFIG_VFIO_DEVICE_CDEV, although sysfs has vfio-dev/vfio0 of 0000:01:00.0; "
                 "guests use type1, which works as well");
  iommufd.devices[0].has_number = true;
  iommufd.devices[0].has_device_node = false;
  expect_skipped(iommufd, "/dev/vfio/devices/vfio0 does not exist");
}

TEST(Iommufd, OptionsOfTheKernelDecideBeforeTheCardIsBound) {
  guest::Iommufd iommufd = working();
  iommufd.devices.clear();
  iommufd.options.emplace("/boot/config", "CONFIG_IOMMUFD=m\nCONFIG_VFIO_DEVICE_CDEV=y\n");
  EXPECT_EQ(judged(iommufd).status, Status::kPass);
  EXPECT_TRUE(libvirt_can_use_iommufd(iommufd));
  iommufd.options.emplace("/boot/config",
                          "CONFIG_IOMMUFD=m\n# CONFIG_VFIO_DEVICE_CDEV is not set\n");
  expect_skipped(iommufd, "built without CONFIG_VFIO_DEVICE_CDEV (/boot/config)");
  iommufd.options.emplace("/boot/config", "CONFIG_IOMMUFD_DRIVER=y\nCONFIG_VFIO_DEVICE_CDEV=y\n");
  expect_skipped(iommufd, "built without CONFIG_IOMMUFD (/boot/config)");
}

TEST(Iommufd, MissingDeviceOfTheModuleIsNamed) {
  guest::Iommufd iommufd = working();
  iommufd.node = false;
  expect_skipped(iommufd, "/dev/iommu does not exist");
  iommufd.options.emplace("/boot/config", "CONFIG_IOMMUFD=m\nCONFIG_VFIO_DEVICE_CDEV=y\n");
  expect_skipped(iommufd, "the module iommufd is not loaded");
}

TEST(Iommufd, UnknownKernelIsNoPass) {
  guest::Iommufd iommufd = working();
  iommufd.devices.clear();
  EXPECT_EQ(judged(iommufd).status, Status::kUnknown);
  EXPECT_FALSE(libvirt_can_use_iommufd(iommufd));
  iommufd.node.reset();  // a captured tree
  expect_skipped(iommufd, "not checked");
}

TEST(Iommufd, OlderProgramsUseType1) {
  guest::Iommufd iommufd = working();
  iommufd.libvirt = guest::Version{12, 0};
  const Finding finding = judged(iommufd);
  EXPECT_EQ(finding.status, Status::kPass);
  EXPECT_TRUE(
      has_text(finding.evidence, "libvirt 12.0 does not (12.1 does), so its guests use type1"))
      << finding.evidence;
  EXPECT_FALSE(libvirt_can_use_iommufd(iommufd));
  iommufd = working();
  iommufd.qemu_supports = false;
  expect_skipped(iommufd, "has no iommufd (QEMU 9.0 has it); guests use type1");
  iommufd.qemu_supports.reset();
  expect_skipped(iommufd, "QEMU was not asked");
  iommufd.qemu = "";
  expect_skipped(iommufd, "QEMU is not found");
  iommufd = working();
  iommufd.qemu_supports = host::Error{ETIMEDOUT, "run qemu"};
  EXPECT_EQ(judged(iommufd).status, Status::kUnknown);
}

TEST(Iommufd, OutputsOfProgramsAreParsed) {
  EXPECT_TRUE(guest::names_iommufd("List of user creatable objects:\n  input-linux\n  iommufd\n"));
  EXPECT_FALSE(guest::names_iommufd("List of user creatable objects:\n  iommufd-other\n"));
  EXPECT_EQ(guest::Version::parse("12.1.0\n"), (guest::Version{12, 1}));
  EXPECT_LT(*guest::Version::parse("9.10.0"), (guest::Version{12, 1}));
  EXPECT_GT(*guest::Version::parse("12.10.0"), (guest::Version{12, 2}));
  for (const char* odd : {"", "12", "error: x.y", "-1.2"})
    EXPECT_FALSE(guest::Version::parse(odd)) << odd;
}

std::string zipped(const std::string& text) {
  const std::string name = testing::TempDir() + "config.gz";
  const gzFile file = ::gzopen(name.c_str(), "wb");
  EXPECT_GT(::gzwrite(file, text.data(), static_cast<unsigned>(text.size())), 0);
  ::gzclose(file);
  std::stringstream bytes;
  bytes << std::ifstream(name).rdbuf();
  std::filesystem::remove(name);
  return bytes.str();
}

TEST(Iommufd, FactsAreReadFromTheTree) {
  FakeTree tree;
  tree.function(kVga, "10DE:1B81", "30000", "vfio-pci");
  tree.file("/proc/sys/kernel/osrelease", "6.12.0\n");
  const std::string entry = std::string("/sys/bus/pci/devices/") + kVga + "/vfio-dev/vfio0";
  tree.file(entry + "/uevent", "");
  const auto read = [&] { return guest::read_iommufd(tree.root(), kCard, /*programs=*/true); };
  ASSERT_EQ(read().devices.size(), 1u);
  EXPECT_FALSE(read().devices[0].has_number);
  EXPECT_FALSE(read().node) << "a tree has no devices";
  EXPECT_FALSE(read().options);
  EXPECT_FALSE(read().qemu_supports) << "no program of a tree is run";

  tree.file(entry + "/dev", "510:0\n");
  EXPECT_TRUE(read().devices[0].has_number);
  tree.file("/usr/lib/modules/6.12.0/config", "CONFIG_IOMMUFD=y\n");
  EXPECT_EQ(read().options->file(), "/usr/lib/modules/6.12.0/config");
  tree.file("/proc/config.gz", zipped("# CONFIG_IOMMUFD is not set\nCONFIG_VFIO=m\n"));
  const auto options = read().options;
  ASSERT_TRUE(options);
  EXPECT_EQ(options->file(), "/proc/config.gz");
  EXPECT_EQ(options->value("IOMMUFD"), KernelOption::kDisabled);
  EXPECT_EQ(options->value("VFIO"), KernelOption::kEnabled);
  EXPECT_EQ(options->value("VFIO_DEVICE_CDEV"), KernelOption::kAbsent);
}

TEST(Iommufd, XmlForLibvirtNamesItIfItWorks) {
  EXPECT_EQ(libvirt_xml(kCard, {.iommufd = true}),
            "<hostdev mode='subsystem' type='pci' managed='no'>\n"
            "  <driver iommufd='yes'/>\n"
            "  <source>\n"
            "    <address domain='0x0000' bus='0x01' slot='0x00' function='0x0'/>\n"
            "  </source>\n"
            "</hostdev>\n");
  EXPECT_FALSE(has_text(libvirt_xml(kCard), "iommufd"));
  Inspection machine = healthy();
  EXPECT_TRUE(has_text(setup_text(machine, {}), "<driver iommufd='yes'/>"));
  machine.guest->iommufd.libvirt = guest::Version{12, 0};
  EXPECT_FALSE(has_text(setup_text(machine, {}), "iommufd"));
}

}  // namespace
}  // namespace verify
