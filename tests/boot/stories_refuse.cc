// SPDX-License-Identifier: GPL-2.0-or-later
//
// A card that must not be claimed is left to the host, the reason is reported, and the boot
// continues. Without systemd, which makes the boot faster and makes no difference here.
#include "tests/boot/lab.h"

namespace {

constexpr const char* kGaming = "[gaming]\naddress = 0000:01:00\n";
constexpr const char* kUnguardedCard = "[gaming]\naddress = 0000:41:00\n";

class Refuse : public lab::Story {};

TEST_P(Refuse, WithTheIommuSwitchedOff) {
  const lab::Boot seen = lab::boot({.kernel = kernel(), .arguments = "intel_iommu=off"},
                                   {.configuration = kGaming, .systemd = false});
  EXPECT_TRUE(seen.left_to_host("0000:01:00"));
  EXPECT_TRUE(seen.says("IOMMU", "Remedy"));
}

// The IOMMU works, but this card has no group: vfio-pci's probe fails with -22.
TEST_P(Refuse, AProbeThatFailsGivesTheCardBack) {
  const lab::Boot seen =
      lab::boot({.kernel = kernel(), .cards = {{}, {.place = lab::Place::kUnguarded}}},
                {.configuration = kUnguardedCard, .systemd = false});
  EXPECT_TRUE(seen.left_to_host("0000:41:00"));
  EXPECT_TRUE(seen.recorded("0000:41:00", "returned"));
  EXPECT_TRUE(seen.says("0000:41:00.0", "Remedy"));
  EXPECT_TRUE(seen.left_to_host("0000:01:00"));
}

// The host still does not get the card: the user asked for that, and modprobe can complete the
// claim.
TEST_P(Refuse, WithoutTheModuleTheHostIsStillKeptOff) {
  const lab::Boot seen = lab::boot({.kernel = kernel()},
                                   {.configuration = kGaming, .systemd = false, .vfio_pci = false});
  EXPECT_TRUE(seen.driverless("0000:01:00"));
  EXPECT_TRUE(seen.recorded("0000:01:00", "driverless"));
  EXPECT_TRUE(seen.says("vfio-pci", "initramfs", "Remedy"));
  EXPECT_TRUE(seen.left_to_host("0000:02:00"));
}

// A driver that bound first is left alone and reported.
TEST_P(Refuse, ADriverThatIsAlreadyThere) {
  const lab::Overlay sooner = {.path = "usr/lib/dracut/hooks/cmdline/00-sooner.sh",
                               .text = "modprobe bochs\n"};
  const lab::Boot seen = lab::boot(
      {.kernel = kernel()}, {.configuration = kGaming, .overlays = {sooner}, .systemd = false});
  EXPECT_EQ(seen.report().at("0000:01:00.0").at(0).driver, "bochs-drm");
  EXPECT_TRUE(seen.recorded("0000:01:00.0", "held"));
  EXPECT_TRUE(seen.says("0000:01:00.0", "bochs-drm", "Remedy"));
  EXPECT_TRUE(seen.recorded("0000:01:00.1", "bound"));
}

ON_KERNELS(Refuse, "6.12");

TEST(RefuseMachine, WithoutAnIommu) {
  const lab::Boot seen = lab::boot({.kernel = "6.12", .iommu = lab::Iommu::kNone},
                                   {.configuration = kGaming, .systemd = false});
  EXPECT_TRUE(seen.left_to_host("0000:01:00"));
  EXPECT_TRUE(seen.says("IOMMU", "Remedy"));
}

TEST(RefuseMachine, AnotherCardThanTheIdentitySays) {
  const lab::Boot seen = lab::boot(
      {.kernel = "6.1"},
      {.configuration = "[gaming]\naddress = 0000:01:00\nidentity = 10de:1b81 10de:10f0\n",
       .systemd = false});
  EXPECT_TRUE(seen.left_to_host("0000:01:00"));
  EXPECT_TRUE(seen.untouched("0000:01:00"));
  EXPECT_TRUE(seen.says("gaming", "identity mismatch", "found 1234:1111", "10de:1b81", "Remedy"));
}

// The rescue switch: the host needs a card for one boot, without a new image.
TEST(Rescue, SwitchLeavesEverythingToTheHost) {
  const lab::Boot seen = lab::boot({.kernel = "6.1", .arguments = "vfio_early=off"},
                                   {.configuration = kGaming, .systemd = false});
  EXPECT_TRUE(seen.left_to_host("0000:01:00"));
  EXPECT_TRUE(seen.untouched("0000:01:00"));
  EXPECT_TRUE(seen.says("vfio_early=off"));
}

}  // namespace
