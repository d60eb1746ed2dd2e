// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which modules an image needs, according to a kernel's own lists on a fake tree.
#include "early/image_modules.h"

#include <gtest/gtest.h>

#include "tests/unit/fake_tree.h"

namespace {

using early::ImageFor;
using Names = std::vector<std::string>;

constexpr const char* kKernel = "/lib/modules/6.12";
constexpr const char* kMellanox = "pci:v000015B3d0000101Esv000015B3sd00000000bc02sc00i00";

class ImageModulesTest : public testing::Test {
 protected:
  ImageModulesTest() {
    tree_.file("/proc/cmdline", "");
    kernel(
        "kernel/drivers/vfio/pci/vfio-pci.ko.xz: kernel/drivers/vfio/vfio.ko.xz\n"
        "kernel/drivers/vfio/vfio_iommu_type1.ko.xz:\n"
        "kernel/drivers/vfio/pci/mlx5/mlx5-vfio-pci.ko.zst:\n"
        "kernel/drivers/vfio/pci/pds/pds-vfio-pci.ko:\n");
    tree_.file(std::string(kKernel) + "/modules.builtin", "kernel/fs/efivarfs/efivarfs.ko\n");
    tree_.file(std::string(kKernel) + "/modules.alias",
               "# Aliases extracted from modules themselves.\n"
               "alias vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci\n"
               "alias pci:v000015B3d0000101Esv*sd*bc*sc*i* mlx5_core\n"
               "alias vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i* mlx5_vfio_pci\n"
               "alias vfio_pci:v00001DD8d00001003sv*sd*bc*sc*i* pds_vfio_pci\n");
  }

  void kernel(const std::string& dependencies) {
    tree_.file(std::string(kKernel) + "/modules.dep", dependencies);
  }

  host::Result<early::ImageModules> modules_with(const std::string& settings,
                                                 ImageFor machine = ImageFor::kThisMachine) {
    tree_.file("/etc/vfio-early.conf", "[gaming]\naddress = 0000:01:00\n" + settings);
    const host::Root root = tree_.root();
    return early::image_modules(root, config::read_configuration(root, "/etc/vfio-early.conf"),
                                kKernel, machine);
  }

  FakeTree tree_;
};

TEST_F(ImageModulesTest, BuiltInModulesAreOmitted) {
  EXPECT_EQ(modules_with("")->names, (Names{"vfio_pci", "vfio_iommu_type1"}));
  EXPECT_EQ(modules_with("")->wanted, Names{});
}

TEST_F(ImageModulesTest, AddsEfivarfsUnlessBuiltIn) {
  kernel("kernel/drivers/vfio/pci/vfio-pci.ko:\nkernel/fs/efivarfs/efivarfs.ko:\n");
  EXPECT_EQ(modules_with("")->names, (Names{"vfio_pci", "efivarfs"}));
}

TEST_F(ImageModulesTest, MissingVfioPciIsAnError) {
  kernel("kernel/drivers/vfio/vfio.ko:\n");
  const auto image = modules_with("");
  ASSERT_FALSE(image);
  EXPECT_NE(describe(image.error()).find("vfio_pci in /lib/modules/6.12"), std::string::npos);
}

TEST_F(ImageModulesTest, BuiltInVfioPciNeedsNoModule) {
  kernel("kernel/drivers/vfio/vfio.ko:\n");
  tree_.file(std::string(kKernel) + "/modules.builtin", "kernel/drivers/vfio/pci/vfio-pci.ko\n");
  ASSERT_TRUE(modules_with(""));
  EXPECT_EQ(modules_with("")->names, Names{});
}

TEST_F(ImageModulesTest, MissingModulesDepIsAnError) {
  std::filesystem::remove(tree_.directory() / "lib/modules/6.12/modules.dep");
  const auto image = modules_with("");
  ASSERT_FALSE(image);
  EXPECT_NE(describe(image.error()).find("/lib/modules/6.12/modules.dep"), std::string::npos);
}

TEST_F(ImageModulesTest, AddsVariantDriversForThisMachine) {
  tree_.file("/sys/bus/pci/devices/0000:01:00.0/modalias", std::string(kMellanox) + "\n");
  EXPECT_EQ(modules_with("driver = auto\n")->names,
            (Names{"vfio_pci", "vfio_iommu_type1", "mlx5_vfio_pci"}));
  EXPECT_EQ(modules_with("")->names, (Names{"vfio_pci", "vfio_iommu_type1"}))
      << "nobody asked for them";
}

TEST_F(ImageModulesTest, GenericImageHasEveryVariantDriver) {
  EXPECT_EQ(modules_with("driver = auto\n")->names, (Names{"vfio_pci", "vfio_iommu_type1"}));
  EXPECT_EQ(modules_with("driver = auto\n", ImageFor::kAnyMachine)->names,
            (Names{"vfio_pci", "vfio_iommu_type1", "mlx5_vfio_pci", "pds_vfio_pci"}));
}

// They exist only after the driver of their physical function is bound.
TEST_F(ImageModulesTest, VirtualFunctionsMayNeedEveryVariant) {
  EXPECT_EQ(modules_with("vfs = 2\ndriver = auto\n")->names,
            (Names{"vfio_pci", "vfio_iommu_type1", "mlx5_vfio_pci", "pds_vfio_pci"}));
  EXPECT_EQ(modules_with("vfs = 2\n")->names, (Names{"vfio_pci", "vfio_iommu_type1"}));
}

TEST_F(ImageModulesTest, ModulesMissingInKernelAreReported) {
  EXPECT_EQ(modules_with("framebuffer = force\n")->wanted, Names{"vmwgfx"});
  EXPECT_EQ(modules_with("framebuffer = release\n")->wanted, Names{});
}

TEST_F(ImageModulesTest, ConfiguredModulesAreAdded) {
  kernel(
      "kernel/drivers/vfio/pci/vfio-pci.ko:\nupdates/dkms/vendor-reset.ko: kernel/a.ko\n"
      "kernel/a.ko:\n");
  const auto image = modules_with("modules = vendor-reset efivarfs no-such\n");
  EXPECT_EQ(image->names, (Names{"vfio_pci", "vendor_reset"})) << "dependencies: the generator";
  EXPECT_EQ(image->wanted, Names{"no-such"});
}

TEST_F(ImageModulesTest, CommandLineClaimsAreIncluded) {
  tree_.file("/proc/cmdline", "vfio_early.claim=0000:02:00,driver=auto\n");
  tree_.file("/sys/bus/pci/devices/0000:01:00.0/modalias", std::string(kMellanox) + "\n");
  EXPECT_EQ(modules_with("")->names, (Names{"vfio_pci", "vfio_iommu_type1", "mlx5_vfio_pci"}));
}

}  // namespace
