// SPDX-License-Identifier: GPL-2.0-or-later
//
// The main promise: a card and its audio function are bound to vfio-pci before any host driver, and
// nothing else is. Each test has a negative test.
#include "tests/lab/lab.h"

namespace {

constexpr const char* kGaming = "[gaming]\naddress = 0000:01:00\n";

class Claim : public lab::BootTest {};

// Both functions of the card in the configuration that dracut copied; the identical card stays with
// the host.
TEST_P(Claim, PrecedesForcedDrivers) {
  const lab::Boot seen = lab::boot({.kernel = kernel()}, {});
  EXPECT_TRUE(seen.claimed("0000:01:00"));
  EXPECT_TRUE(seen.logged("gaming", "0000:01:00.0", "vfio-pci"));
  EXPECT_TRUE(seen.left_to_host("0000:02:00"));
  EXPECT_TRUE(seen.untouched("0000:02:00"));
}

ON_KERNELS(Claim, "6.1", "6.12", "sid");

class ForcedDrivers : public Claim {};

TEST_P(ForcedDrivers, BindBothCardsWithoutVfioEarly) {
  const lab::Boot seen =
      lab::boot({.kernel = kernel()}, {.configuration = kGaming, .vfio_early = false});
  EXPECT_TRUE(seen.left_to_host("0000:01:00"));
  EXPECT_TRUE(seen.left_to_host("0000:02:00"));
  EXPECT_TRUE(seen.logged_nothing());
}

TEST_P(ForcedDrivers, LoadAfterClaimWithoutSystemd) {
  const lab::Boot seen =
      lab::boot({.kernel = kernel()}, {.configuration = kGaming, .systemd = false});
  EXPECT_TRUE(seen.claimed("0000:01:00"));
  EXPECT_TRUE(seen.left_to_host("0000:02:00"));
  EXPECT_TRUE(seen.untouched("0000:02:00"));
}

ON_KERNELS(ForcedDrivers, "6.12");

// The second of two identical cards, selected by its ids.
TEST(ClaimById, TakesSecondIdenticalCard) {
  const lab::Boot seen =
      lab::boot({.kernel = "6.1"}, {.configuration = "[gaming]\nid = 1234:1111\nindex = 1\n"
                                                     "identity = 1234:1111 8086:2668\n",
                                    .systemd = false});
  EXPECT_TRUE(seen.claimed("0000:02:00"));
  EXPECT_TRUE(seen.left_to_host("0000:01:00"));
  EXPECT_TRUE(seen.untouched("0000:01:00"));
}

// One of two configured cards is unknown: the other one is still claimed.
TEST(UnknownAddress, IsReportedAndOtherCardClaimed) {
  const lab::Boot seen =
      lab::boot({.kernel = "6.12"},
                {.configuration = "[lost]\naddress = 0000:77:00\n[gaming]\naddress = 0000:01:00\n",
                 .systemd = false});
  EXPECT_TRUE(seen.claimed("0000:01:00"));
  EXPECT_TRUE(seen.left_to_host("0000:02:00"));
  EXPECT_TRUE(seen.logged("lost", "/etc/vfio-early.conf:2", "0000:77:00", "Remedy"));
}

}  // namespace
