// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/planned_machine.h"

#include "tests/unit/fake_tree.h"

namespace early {
namespace {

class PlannedMachineTest : public testing::Test {
 protected:
  PlannedMachineTest() {
    tree_.iommu();
    tree_.function("0000:00:1f.3", "8086:7A50", "40300", "snd_hda_intel");
    tree_.function("0000:01:00.0", "10DE:1B81", "30000", "nouveau");
    tree_.function("0000:02:00.0", "1002:744C", "30000", "amdgpu");
    tree_.group(1, {"0000:00:1f.3"});
  }

  plan::Plan plan() const {
    config::Configuration configuration;
    config::parse_configuration("[a]\naddress = 0000:01:00\n[b]\naddress = 0000:02:00\n",
                                "/etc/vfio-early.conf", configuration);
    return plan_machine(tree_.root(), configuration)->plan;
  }

  FakeTree tree_;
};

// The first plan claims only the first card, and leaves the second one to the host as its last
// display. If the first one is refused, the second one could be claimed.
TEST_F(PlannedMachineTest, EveryCardWithoutAGroupIsRefused) {
  const plan::Plan refused = plan();
  EXPECT_TRUE(refused.claims.empty());
  ASSERT_EQ(refused.refusals.size(), 2u);
  for (const auto& [refusal, address] :
       {std::pair(refused.refusals[0], "0000:01:00.0"), {refused.refusals[1], "0000:02:00.0"}}) {
    EXPECT_NE(refusal.why.find(address), std::string::npos) << refusal.why;
    EXPECT_NE(refusal.why.find("has no IOMMU group"), std::string::npos) << refusal.why;
  }
}

TEST_F(PlannedMachineTest, CardWithAGroupIsClaimedInstead) {
  tree_.group(2, {"0000:02:00.0"});
  const plan::Plan planned = plan();
  ASSERT_EQ(planned.claims.size(), 1u);
  EXPECT_EQ(planned.claims[0].card, "b");
  ASSERT_EQ(planned.refusals.size(), 1u);
  EXPECT_EQ(planned.refusals[0].card, "a");
}

}  // namespace
}  // namespace early
