// SPDX-License-Identifier: GPL-2.0-or-later
//
// A machine with several cards, and what a plan for it claims and refuses.
#pragma once

#include <string>

#include "plan/plan.h"
#include "tests/unit/fake_tree.h"

namespace plan {

inline Plan plan_for(const FakeTree& tree, std::string_view text) {
  config::Configuration configuration;
  config::parse_configuration(text, "/etc/vfio-early.conf", configuration);
  return make_plan(configuration, *host::read_machine(tree.root(), details_for(configuration)));
}

inline std::string claimed(const Plan& plan) {
  std::string addresses;
  for (const Claim& claim : plan.claims) addresses += claim.function.address.str() + " ";
  return addresses;
}

inline void expect_refused(const Plan& plan, const std::string& words) {
  EXPECT_EQ(claimed(plan), "");
  ASSERT_EQ(plan.refusals.size(), 1u);
  EXPECT_NE(plan.refusals[0].why.find(words), std::string::npos) << plan.refusals[0].why;
  EXPECT_FALSE(plan.refusals[0].remedy.empty());
}

// Two identical cards with audio, and an APU whose slot contains more than graphics.
class PlanTest : public testing::Test {
 protected:
  PlanTest() {
    tree_.iommu();
    tree_.function("0000:00:01.0", "8086:1901", "60400", "pcieport");
    tree_.function("0000:01:00.0", "10DE:1B81", "30000", "", "1458:3702");
    tree_.function("0000:01:00.1", "10DE:10F0", "40300", "", "1458:3702");
    tree_.function("0000:02:00.0", "10DE:1B81", "30000", "", "1043:8599");
    tree_.function("0000:02:00.1", "10DE:10F0", "40300", "", "1043:8599");
    tree_.function("0000:03:00.0", "144D:A808", "10802", "nvme");
    tree_.function("0000:05:00.0", "1002:164E", "30000");
    tree_.function("0000:05:00.1", "1002:1640", "40300");
    tree_.function("0000:05:00.2", "1022:1649", "108000");
  }

  Plan plan(std::string_view text) const { return plan_for(tree_, text); }

  FakeTree tree_;
};

}  // namespace plan
