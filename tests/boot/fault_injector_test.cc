// SPDX-License-Identifier: GPL-2.0-or-later
//
// Kills the gate or bind at each single system call, or makes that call fail, on a fake tree. The
// record must then match the tree, and bind must complete it as far as possible without a kernel.
// Also tests the tool itself (guest/fault_injector.cc), which does the same to the boots of
// fault_injection_test.cc.
#include <chrono>

#include <sys/wait.h>

#include "record/record.h"
#include "tests/unit/fake_tree.h"

namespace {

using record::State;

constexpr const char* kFunctions[] = {"0000:01:00.0", "0000:01:00.1"};

class FaultInjection : public testing::Test {
 protected:
  void make_tree() {
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
  int run_with_fault(const std::string& action, const std::string& step, const std::string& command,
                     int limit = 100) const {
    const std::string log = tree_->directory().string() + "/log ";
    return run("exec timeout " + std::to_string(limit) + " " FAULT_INJECTOR " " + log + action +
                   " " + step + " ",
               command);
  }

  bool fault_was_injected() const {
    return tree_->text("/log").find("system call") != std::string::npos;
  }

  bool is_reserved(const std::string& address) const {
    return tree_->text("/sys/bus/pci/devices/" + address + "/driver_override") == "vfio-pci";
  }

  // No driver binds on a fake tree: no function may be recorded as bound, and bind has not ended
  // while the record says that an overridden function is intended or reserved.
  void expect_correct_record() const {
    const auto record = record::read_record(tree_->root());
    for (const char* address : kFunctions) {
      if (!record || record->functions.empty()) {
        EXPECT_FALSE(is_reserved(address));
        continue;
      }
      for (const auto& function : record->functions) {
        const State state = function.state;
        if (function.address.str() != address) continue;
        EXPECT_NE(state, State::kBound);
        if (state == State::kReserved || state == State::kDriverless) {
          EXPECT_TRUE(is_reserved(address)) << record::state_name(state);
        }
        if (is_reserved(address) && (state == State::kIntended || state == State::kReserved)) {
          EXPECT_EQ(record->bind.ended_ns, 0);
        }
      }
    }
  }

  // One more bind completes every function in the record.
  void expect_bind_completes() const {
    const auto planned = record::read_record(tree_->root());
    EXPECT_NE(run("", "bind"), 137);
    if (!planned) return;
    const auto record = record::read_record(tree_->root());
    ASSERT_TRUE(record);
    EXPECT_NE(record->bind.ended_ns, 0);
    ASSERT_EQ(record->functions.size(), planned->functions.size());
    for (const auto& function : record->functions) {
      EXPECT_EQ(function.state, State::kDriverless) << function.why;
      EXPECT_TRUE(is_reserved(function.address.str()));
      EXPECT_NE(function.override_ns, 0);
    }
  }

  // Applies `action` to each step of `command` in turn. Returns the number of steps.
  int expect_correct_record_at_each_step(const std::string& action, const std::string& command) {
    for (int step = 1;; ++step) {
      SCOPED_TRACE(action + " at step " + std::to_string(step) + " of " + command);
      make_tree();
      if (command == "bind") run("", "gate");
      EXPECT_NE(run_with_fault(action, std::to_string(step), command), 124) << "it hangs";
      if (!fault_was_injected()) return step - 1;
      expect_correct_record();
      expect_bind_completes();
      if (HasFailure()) return step;
    }
  }

  std::unique_ptr<FakeTree> tree_;
};

constexpr int kMinSteps = 50;

TEST_F(FaultInjection, RecordSurvivesKilledGate) {
  EXPECT_GT(expect_correct_record_at_each_step("kill", "gate"), kMinSteps);
}

TEST_F(FaultInjection, RecordSurvivesKilledBind) {
  EXPECT_GT(expect_correct_record_at_each_step("kill", "bind"), kMinSteps);
}

TEST_F(FaultInjection, RecordSurvivesErrorInGate) {
  EXPECT_GT(expect_correct_record_at_each_step("fail:5", "gate"), kMinSteps);
}

TEST_F(FaultInjection, RecordSurvivesErrorInBind) {
  EXPECT_GT(expect_correct_record_at_each_step("fail:5", "bind"), kMinSteps);
}

TEST_F(FaultInjection, RecordSurvivesGateOutOfMemory) {
  EXPECT_GT(expect_correct_record_at_each_step("fail:12", "gate"), kMinSteps);
}

TEST_F(FaultInjection, RecordSurvivesBindOutOfMemory) {
  EXPECT_GT(expect_correct_record_at_each_step("fail:12", "bind"), kMinSteps);
}

TEST_F(FaultInjection, KillsAtSameStepEachTime) {
  for (std::string first; const char* round : {"one", "two"}) {
    make_tree();
    EXPECT_EQ(run_with_fault("kill", "40", "gate"), 137) << round;
    EXPECT_TRUE(fault_was_injected());
    if (first.empty()) first = tree_->text("/log");
    EXPECT_EQ(tree_->text("/log"), first);
  }
}

TEST_F(FaultInjection, SelectsSystemCallByNumber) {
  make_tree();
  EXPECT_EQ(run_with_fault("kill", "@56", "gate"),
            137);  // clone: the child that writes the overrides
  EXPECT_NE(tree_->text("/log").find("system call 56,"), std::string::npos);
  EXPECT_FALSE(is_reserved(kFunctions[0]));
  EXPECT_EQ(record::read_record(tree_->root())->functions.size(), std::size(kFunctions));
}

TEST_F(FaultInjection, DelaysSystemCall) {
  make_tree();
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(run_with_fault("delay:1", "40", "gate"), 0);
  EXPECT_GE(std::chrono::steady_clock::now() - began, std::chrono::seconds(1));
  EXPECT_TRUE(fault_was_injected());
  EXPECT_TRUE(is_reserved(kFunctions[0]));
}

TEST_F(FaultInjection, HangsUntilKilled) {
  make_tree();
  EXPECT_EQ(run_with_fault("hang", "40", "gate", 2), 124);
  EXPECT_NE(tree_->text("/log").find("hung at system call"), std::string::npos);
  expect_correct_record();
  expect_bind_completes();
}

TEST_F(FaultInjection, DoesNothingBeyondLastStep) {
  make_tree();
  EXPECT_EQ(run_with_fault("kill", "100000", "gate"), 0);
  EXPECT_FALSE(fault_was_injected());
  EXPECT_NE(tree_->text("/log").find("the program ended after"), std::string::npos);
}

}  // namespace
