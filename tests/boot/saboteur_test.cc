// SPDX-License-Identifier: GPL-2.0-or-later
//
// Kills the gate or bind at each single system call, or makes that call fail, on a fake tree. The
// record must then match the tree, and bind must complete it as far as possible without a kernel.
// Also tests the tool itself (guest/saboteur.cc), which does the same to the boots of
// stories_sabotage.cc.
#include <chrono>

#include <sys/wait.h>

#include "plan/record.h"
#include "tests/unit/fake_tree.h"

namespace {

using plan::State;

constexpr const char* kFunctions[] = {"0000:01:00.0", "0000:01:00.1"};

class Sabotage : public testing::Test {
 protected:
  void furnish() {
    tree_ = std::make_unique<FakeTree>();
    tree_->iommu().function(kFunctions[0], "1234:1111", "38000");
    tree_->function(kFunctions[1], "8086:2668", "40300");
    tree_->function("0000:02:00.0", "1234:1111", "38000");  // the host's
    tree_->file("/dev/kmsg", "").file("/run/x", "").file("/log", "");
    tree_->file("/proc/sys/kernel/random/boot_id", "one\n");
    tree_->file("/etc/vfio-early.conf", "[gaming]\naddress = 0000:01:00\n");
  }

  // As a shell returns it: the exit status, or 128 plus the signal.
  int run(const std::string& prefix, const std::string& command) const {
    const std::string root = " --root " + tree_->directory().string() + " ";
    const std::string line = prefix + VFIO_EARLY + root + command + " >/dev/null 2>&1";
    const int status = std::system(line.c_str());
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }

  // The exit status; 124: it took longer than `limit` seconds (timeout(1)).
  int sabotaged(const std::string& deed, const std::string& step, const std::string& command,
                int limit = 100) const {
    const std::string log = tree_->directory().string() + "/log ";
    return run(
        "exec timeout " + std::to_string(limit) + " " SABOTEUR " " + log + deed + " " + step + " ",
        command);
  }

  bool was_sabotaged() const {
    return tree_->text("/log").find("system call") != std::string::npos;
  }

  bool is_reserved(const std::string& address) const {
    return tree_->text("/sys/bus/pci/devices/" + address + "/driver_override") == "vfio-pci";
  }

  // No driver binds on a fake tree: no function may be recorded as bound, and bind has not ended
  // while the record says that an overridden function is intended or reserved.
  void expect_truth() const {
    const auto record = plan::read_record(tree_->root());
    for (const char* address : kFunctions) {
      if (!record || record->functions.empty()) {
        EXPECT_FALSE(is_reserved(address));
        continue;
      }
      for (const auto& function : record->functions) {
        const State state = function.state;
        if (function.address != address) continue;
        EXPECT_NE(state, State::kBound);
        if (state == State::kReserved || state == State::kDriverless) {
          EXPECT_TRUE(is_reserved(address)) << plan::state_name(state);
        }
        if (is_reserved(address) && (state == State::kIntended || state == State::kReserved)) {
          EXPECT_EQ(record->bind.ended_ns, 0);
        }
      }
    }
  }

  // One more bind completes every function in the record.
  void expect_bind_completes() const {
    const auto intent = plan::read_record(tree_->root());
    EXPECT_NE(run("", "bind"), 137);
    if (!intent) return;
    const auto record = plan::read_record(tree_->root());
    ASSERT_TRUE(record);
    EXPECT_NE(record->bind.ended_ns, 0);
    ASSERT_EQ(record->functions.size(), intent->functions.size());
    for (const auto& function : record->functions) {
      EXPECT_EQ(function.state, State::kDriverless) << function.why;
      EXPECT_TRUE(is_reserved(function.address));
      EXPECT_NE(function.override_ns, 0);
    }
  }

  // Applies `deed` to each step of `command` in turn. Returns the number of steps.
  int expect_truth_at_each_step(const std::string& deed, const std::string& command) {
    for (int step = 1;; ++step) {
      SCOPED_TRACE(deed + " at step " + std::to_string(step) + " of " + command);
      furnish();
      if (command == "bind") run("", "gate");
      EXPECT_NE(sabotaged(deed, std::to_string(step), command), 124) << "it hangs";
      if (!was_sabotaged()) return step - 1;
      expect_truth();
      expect_bind_completes();
      if (HasFailure()) return step;
    }
  }

  std::unique_ptr<FakeTree> tree_;
};

constexpr int kFewestSteps = 50;

TEST_F(Sabotage, GateIsKilled) {
  EXPECT_GT(expect_truth_at_each_step("kill", "gate"), kFewestSteps);
}

TEST_F(Sabotage, BindIsKilled) {
  EXPECT_GT(expect_truth_at_each_step("kill", "bind"), kFewestSteps);
}

TEST_F(Sabotage, AStepOfTheGateFails) {
  EXPECT_GT(expect_truth_at_each_step("fail:5", "gate"), kFewestSteps);
}

TEST_F(Sabotage, AStepOfBindFails) {
  EXPECT_GT(expect_truth_at_each_step("fail:5", "bind"), kFewestSteps);
}

TEST_F(Sabotage, TheGateIsOutOfMemory) {
  EXPECT_GT(expect_truth_at_each_step("fail:12", "gate"), kFewestSteps);
}

TEST_F(Sabotage, BindIsOutOfMemory) {
  EXPECT_GT(expect_truth_at_each_step("fail:12", "bind"), kFewestSteps);
}

TEST_F(Sabotage, AKillIsAKillAndRepeats) {
  for (std::string first; const char* round : {"one", "two"}) {
    furnish();
    EXPECT_EQ(sabotaged("kill", "40", "gate"), 137) << round;
    EXPECT_TRUE(was_sabotaged());
    if (first.empty()) first = tree_->text("/log");
    EXPECT_EQ(tree_->text("/log"), first);
  }
}

TEST_F(Sabotage, ASystemCallCanBeNamed) {
  furnish();
  EXPECT_EQ(sabotaged("kill", "@56", "gate"), 137);  // clone: the child that writes the overrides
  EXPECT_NE(tree_->text("/log").find("system call 56,"), std::string::npos);
  EXPECT_FALSE(is_reserved(kFunctions[0]));
  EXPECT_EQ(plan::read_record(tree_->root())->functions.size(), std::size(kFunctions));
}

TEST_F(Sabotage, ADelayIsADelay) {
  furnish();
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(sabotaged("delay:1", "40", "gate"), 0);
  EXPECT_GE(std::chrono::steady_clock::now() - began, std::chrono::seconds(1));
  EXPECT_TRUE(was_sabotaged());
  EXPECT_TRUE(is_reserved(kFunctions[0]));
}

TEST_F(Sabotage, AHangEndsWithAKill) {
  furnish();
  EXPECT_EQ(sabotaged("hang", "40", "gate", 2), 124);
  EXPECT_NE(tree_->text("/log").find("hung at system call"), std::string::npos);
  expect_truth();
  expect_bind_completes();
}

TEST_F(Sabotage, BeyondTheLastStepNothingHappens) {
  furnish();
  EXPECT_EQ(sabotaged("kill", "100000", "gate"), 0);
  EXPECT_FALSE(was_sabotaged());
  EXPECT_NE(tree_->text("/log").find("the program ended after"), std::string::npos);
}

}  // namespace
