// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is not claimed unless the configuration asks for it: the host's last display, and the other
// functions of an IOMMU group. Other settings that claim cards are reported.
#include "tests/lab/lab.h"

namespace {

constexpr const char* kGaming = "[gaming]\naddress = 0000:01:00\n";

class Guard : public lab::BootTest {};

TEST_P(Guard, LeavesLastDisplayToHost) {
  const lab::Boot seen =
      lab::boot({.kernel = kernel(), .cards = {{}}}, {.configuration = kGaming, .systemd = false});
  EXPECT_TRUE(seen.left_to_host("0000:01:00"));
  EXPECT_TRUE(seen.untouched("0000:01:00"));
  EXPECT_TRUE(seen.logged("gaming", "no other display", "Remedy", "only-display = allow"));
}

TEST_P(Guard, ClaimsLastDisplayIfAllowed) {
  const lab::Boot seen = lab::boot(
      {.kernel = kernel(), .cards = {{}}},
      {.configuration = std::string(kGaming) + "only-display = allow\n", .systemd = false});
  EXPECT_TRUE(seen.claimed("0000:01:00"));
}

// The audio function stays behind, or is claimed too.
TEST_P(Guard, ReportsUnclaimedGroupMember) {
  const lab::Boot seen =
      lab::boot({.kernel = kernel(), .cards = {{}, {}, {}}},
                {.configuration = "[warned]\naddress = 0000:01:00\nfunctions = 0\n"
                                  "[whole]\naddress = 0000:02:00\nfunctions = 0\ngroup = claim\n",
                 .systemd = false});
  EXPECT_TRUE(seen.claimed("0000:01:00.0"));
  EXPECT_TRUE(seen.left_to_host("0000:01:00.1"));
  EXPECT_TRUE(seen.logged("0000:01:00.1", "shares IOMMU group", "Remedy", "group = claim"));
  EXPECT_TRUE(seen.claimed("0000:02:00"));
  EXPECT_FALSE(seen.logged("0000:02:00.1", "shares IOMMU group"));
}

// The user accepts the audio function: it is no longer reported, and stays with the host. While a
// host driver is bound to it, vfio-verify still says that no guest can use the card.
TEST_P(Guard, AllowedGroupMemberIsNotReported) {
  const lab::Boot seen = lab::boot(
      {.kernel = kernel(), .cards = {{}, {}, {}}},
      {.configuration = "[allowed]\naddress = 0000:01:00\nfunctions = 0\nallow = 0000:01:00.1\n"
                        "[other]\naddress = 0000:02:00\nfunctions = 0\nallow = 0000:01:00.1\n",
       .systemd = false},
      {{"plan", "vfio-early plan"},
       {"bound", "vfio-verify --format json allowed"},
       {"unbind", "sh -c 'echo 0000:01:00.1 > /sys/bus/pci/drivers/snd_hda_intel/unbind'"},
       {"unbound", "vfio-verify --format json allowed"}});
  EXPECT_TRUE(seen.claimed("0000:01:00.0"));
  EXPECT_TRUE(seen.left_to_host("0000:02:00.1"));
  EXPECT_FALSE(seen.logged("0000:01:00.1", "shares IOMMU group"));
  EXPECT_TRUE(seen.logged("0000:02:00.1", "shares IOMMU group", "Remedy"));
  EXPECT_TRUE(seen.logged("other", "'allow' names 0000:01:00.1", "in no IOMMU group of the card"));
  EXPECT_NE(seen.answer("plan").out.find("'allow' leaves to the host"), std::string::npos);
  EXPECT_EQ(seen.finding("bound", "group.isolated", "0000:01:00.0").value("status", ""), "fail");
  EXPECT_EQ(seen.finding("unbound", "group.isolated", "0000:01:00.0").value("status", ""), "pass");
}

// Both cards have that id: the option also takes the host's card, and vfio-early reports it.
TEST_P(Guard, ReportsHostCardMatchedByIds) {
  const lab::Boot seen = lab::boot({.kernel = kernel(), .arguments = "vfio-pci.ids=1234:1111"},
                                   {.configuration = kGaming, .systemd = false});
  EXPECT_TRUE(seen.claimed("0000:01:00"));
  EXPECT_EQ(seen.report().at("0000:02:00.0").at(0).driver, "vfio-pci");
  EXPECT_TRUE(seen.untouched("0000:02:00"));
  EXPECT_TRUE(seen.logged("ids=1234:1111", "kernel command line", "0000:02:00.0", "Remedy"));
}

ON_KERNELS(Guard, "6.12");

}  // namespace
