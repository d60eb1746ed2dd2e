// SPDX-License-Identifier: GPL-2.0-or-later
//
// A card that must not be claimed is left to the host, the reason is reported, and the boot
// continues. Without systemd, which makes the boot faster and makes no difference here.
#include "tests/lab/lab.h"

namespace {

constexpr const char* kGaming = "[gaming]\naddress = 0000:01:00\n";
constexpr const char* kCardBypassingIommu = "[gaming]\naddress = 0000:41:00\n";

class FailedClaim : public lab::BootTest {};

TEST_P(FailedClaim, LeavesCardToHostWithIommuOff) {
  const lab::Boot seen = lab::boot({.kernel = kernel(), .arguments = "intel_iommu=off"},
                                   {.configuration = kGaming, .systemd = false});
  EXPECT_TRUE(seen.left_to_host("0000:01:00"));
  EXPECT_TRUE(seen.logged("IOMMU", "Remedy"));
}

// The IOMMU works, but the firmware does not assign this card to it.
TEST_P(FailedClaim, LeavesCardWithoutGroupToHost) {
  const lab::Boot seen =
      lab::boot({.kernel = kernel(), .cards = {{}, {.upstream = lab::Upstream::kBypassIommu}}},
                {.configuration = kCardBypassingIommu, .systemd = false});
  EXPECT_TRUE(seen.left_to_host("0000:41:00"));
  EXPECT_TRUE(seen.untouched("0000:41:00"));
  EXPECT_TRUE(seen.logged("0000:41:00.0", "has no IOMMU group", "Remedy"));
  EXPECT_TRUE(seen.left_to_host("0000:01:00"));
}

// vfio-pci refuses a function without an IOMMU group: EINVAL. The gate does not reserve such a
// function, so a command after it exchanges the two cards.
TEST_P(FailedClaim, ReturnsCardIfProbeFails) {
  const lab::Overlay exchange = {
      .path = "usr/bin/exchange-cards",
      .text =
          "#!/bin/sh\n"
          "for function in 0 1; do\n"
          "  echo > /sys/bus/pci/devices/0000:01:00.$function/driver_override\n"
          "  echo vfio-pci > /sys/bus/pci/devices/0000:41:00.$function/driver_override\n"
          "done\n"
          "sed -i s/0000:01:00/0000:41:00/g /run/vfio-early/record.json\n",
      .executable = true};
  const lab::Overlay after_gate = {
      .path = "etc/systemd/system/vfio-early-gate.service.d/exchange.conf",
      .text = "[Service]\nExecStartPost=+/usr/bin/exchange-cards\n"};
  const lab::Boot seen =
      lab::boot({.kernel = kernel(), .cards = {{}, {.upstream = lab::Upstream::kBypassIommu}}},
                {.configuration = kGaming, .overlays = {exchange, after_gate}});
  EXPECT_TRUE(seen.left_to_host("0000:41:00"));
  EXPECT_TRUE(seen.recorded("0000:41:00", "returned"));
  EXPECT_TRUE(seen.logged("0000:41:00.0", "Remedy"));
  EXPECT_TRUE(seen.left_to_host("0000:01:00"));
}

// The host still does not get the card: the user asked for that, and modprobe can complete the
// claim.
TEST_P(FailedClaim, KeepsHostDriversOffWithoutModule) {
  const lab::Boot seen = lab::boot({.kernel = kernel()},
                                   {.configuration = kGaming, .systemd = false, .vfio_pci = false});
  EXPECT_TRUE(seen.driverless("0000:01:00"));
  EXPECT_TRUE(seen.recorded("0000:01:00", "driverless"));
  EXPECT_TRUE(seen.logged("vfio-pci", "initramfs", "Remedy"));
  EXPECT_TRUE(seen.left_to_host("0000:02:00"));
}

// A driver that bound first is left alone and reported.
TEST_P(FailedClaim, KeepsBoundDriver) {
  const lab::Overlay load_bochs = {.path = "usr/lib/dracut/hooks/cmdline/00-load-drivers.sh",
                                   .text = "modprobe bochs\n"};
  const lab::Boot seen = lab::boot(
      {.kernel = kernel()}, {.configuration = kGaming, .overlays = {load_bochs}, .systemd = false});
  EXPECT_EQ(seen.report().at("0000:01:00.0").at(0).driver, "bochs-drm");
  EXPECT_TRUE(seen.recorded("0000:01:00.0", "held"));
  EXPECT_TRUE(seen.logged("0000:01:00.0", "bochs-drm", "Remedy"));
  EXPECT_TRUE(seen.recorded("0000:01:00.1", "bound"));
}

ON_KERNELS(FailedClaim, "6.12");

TEST(RefusedClaim, LeavesCardToHostWithoutIommu) {
  const lab::Boot seen = lab::boot({.kernel = "6.12", .iommu = lab::Iommu::kNone},
                                   {.configuration = kGaming, .systemd = false});
  EXPECT_TRUE(seen.left_to_host("0000:01:00"));
  EXPECT_TRUE(seen.logged("IOMMU", "Remedy"));
}

TEST(RefusedClaim, LeavesCardToHostOnIdentityMismatch) {
  const lab::Boot seen = lab::boot(
      {.kernel = "6.1"},
      {.configuration = "[gaming]\naddress = 0000:01:00\nidentity = 10de:1b81 10de:10f0\n",
       .systemd = false});
  EXPECT_TRUE(seen.left_to_host("0000:01:00"));
  EXPECT_TRUE(seen.untouched("0000:01:00"));
  EXPECT_TRUE(seen.logged("gaming", "identity mismatch", "found 1234:1111", "10de:1b81", "Remedy"));
}

// The rescue switch: the host needs a card for one boot, without a new image.
TEST(VfioEarlyOff, LeavesAllCardsToHost) {
  const lab::Boot seen = lab::boot({.kernel = "6.1", .arguments = "vfio_early=off"},
                                   {.configuration = kGaming, .systemd = false});
  EXPECT_TRUE(seen.left_to_host("0000:01:00"));
  EXPECT_TRUE(seen.untouched("0000:01:00"));
  EXPECT_TRUE(seen.logged("vfio_early=off"));
}

}  // namespace
