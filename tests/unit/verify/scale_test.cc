// SPDX-License-Identifier: GPL-2.0-or-later
//
// A large machine, all of it below one switch: the number of reads and the processor time of
// vfio-verify grow linearly with the number of functions.
#include <cstdio>

#include "bench/cost/large_machine.h"
#include "tests/unit/fake_tree.h"
#include "tests/unit/own_cost.h"
#include "tests/unit/verify/healthy.h"
#include "verify/inspect_machine.h"

namespace verify {
namespace {

constexpr int kFew = 360;
constexpr int kMany = 1'080;
constexpr int kGrowth = kMany / kFew;

struct Cost {
  long reads = 0;
  double check_seconds = 0;  // processor seconds of this process
};

Cost cost_of(int functions) {
  const FakeTree tree;
  const bench::LargeMachine large(tree.directory(), functions);
  const auto root = tree.root();
  const long before = reads();
  const auto machine =
      inspect(root, config::read_configuration(root, config::kConfigurationFile), {.live = false});
  Cost cost = {.reads = reads() - before};
  if (!machine) return ADD_FAILURE() << describe(machine.error()), cost;
  EXPECT_GE(machine->topology.nodes.size(), static_cast<size_t>(functions));
  const double began = processor_seconds();
  const Findings findings = run_checks(*machine);
  cost.check_seconds = processor_seconds() - began;

  const Finding hardware = only_finding(findings_of("group.hardware", *machine));
  EXPECT_EQ(hardware.status, Status::kFail) << hardware.evidence;
  constexpr int kFunctionsPerGroup = 320, kNamed = 6;
  const std::string rest =
      fmt::format(" and {} more and the card", functions - kFunctionsPerGroup - kNamed);
  EXPECT_TRUE(has_text(hardware.evidence, rest)) << hardware.evidence;
  EXPECT_EQ(only_finding(findings_of("group.kernel", *machine)).status, Status::kPass);
  std::printf("%d functions: %ld reads, %.4f s to judge\n", functions, cost.reads,
              cost.check_seconds);
  return cost;
}

TEST(VerifyScale, CostIsLinear) {
  Cost few = cost_of(kFew), many = cost_of(kMany);
  EXPECT_GE(few.reads, 2 * kFew) << "an event and the registers of each";
  EXPECT_LE(many.reads, kGrowth * few.reads);
  // Growth that is not linear is too slow in every try; a busy machine is slow only in some.
  for (int more = 2; more > 0 && many.check_seconds >= 2 * kGrowth * few.check_seconds; --more)
    few = cost_of(kFew), many = cost_of(kMany);
  EXPECT_LT(many.check_seconds, 2 * kGrowth * few.check_seconds);
}

}  // namespace
}  // namespace verify
