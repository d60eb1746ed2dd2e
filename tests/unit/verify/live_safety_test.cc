// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which functions a live trial does not touch, with which backend it opens the others, and how it
// resets them.
#include "tests/unit/fake_tree.h"
#include "tests/unit/verify/healthy.h"
#include "verify/inspect/hardware/reset_bug.h"
#include "verify/inspect/log/live_marks.h"
#include "verify/trial/live/live.h"

namespace verify {
namespace {

TEST(Live, KnowsCardsWithResetBug) {
  EXPECT_EQ(hardware::reset_bug({0x1002, 0x731f, 0, 0}), "AMD Navi 10");
  EXPECT_EQ(hardware::reset_bug({0x1002, 0x73bf, 0, 0}), "");  // Navi 21 recovers
  EXPECT_EQ(hardware::reset_bug({0x10de, 0x731f, 0, 0}), "");
}

class LiveSafetyTest : public testing::Test {
 protected:
  Inspection run_live(bool force = false) {
    run_live_trials(tree_.root(), {.force = force}, machine_, machine_,
                    [&](const std::string& s) { announced_ += s; });
    return machine_;
  }
  std::string reason_not_run() { return run_live().live->front().not_run; }

  FakeTree tree_;
  Inspection machine_ = healthy();
  std::string announced_;
};

TEST_F(LiveSafetyTest, FunctionOnHostDriverIsNotRun) {
  machine_.functions[1].function.driver = "snd_hda_intel";
  EXPECT_TRUE(has_text(reason_not_run(), "bound to snd_hda_intel"));
  EXPECT_EQ(announced_, "");
}

// The address may belong to another card than the intended one.
TEST_F(LiveSafetyTest, RefusedCardIsNotRun) {
  machine_.functions[1].claim_status = ClaimStatus::kRefused;
  EXPECT_TRUE(has_text(reason_not_run(), "vfio-early refuses the card"));
  EXPECT_EQ(announced_, "");
}

TEST_F(LiveSafetyTest, BusyGroupIsNotRun) {
  machine_ = with_attachment(Step::kOpenGroup, EBUSY);
  EXPECT_TRUE(has_text(reason_not_run(), "group is not attached"));
}

TEST_F(LiveSafetyTest, FunctionWithoutResetIsNotRun) {
  machine_.functions[1].hardware.reset.names.clear();
  EXPECT_TRUE(has_text(reason_not_run(), "no reset method"));
  machine_.functions[1].hardware.reset.names = {"flr", "bus"};
  run_live();
  EXPECT_EQ(machine_.live->front().not_run, "");
  EXPECT_TRUE(has_text(announced_, "0000:01:00.1 is reset (flr")) << announced_;
  EXPECT_TRUE(machine_.live->front().obstacle) << "a fake machine has no device";
}

TEST_F(LiveSafetyTest, TestIsMarkedInKernelLog) {
  tree_.file("/dev/kmsg", "");
  machine_.functions[1].hardware.reset.names = {"flr"};
  run_live();
  const std::string log = tree_.root().read("/dev/kmsg").value_or("");
  EXPECT_TRUE(has_text(log, std::string(kLiveTestEnded) + "0000:01:00.1")) << log;
}

TEST_F(LiveSafetyTest, FunctionThatIsNotRunIsNotMarked) {
  tree_.file("/dev/kmsg", "");
  machine_.functions[1].function.driver = "snd_hda_intel";
  run_live();
  EXPECT_EQ(tree_.root().read("/dev/kmsg").value_or("?"), "");
}

TEST_F(LiveSafetyTest, FunctionsAlsoResetAreNamed) {
  for (size_t i = 0; i < 2; ++i)
    machine_.machine.functions[i].path =
        host::PciPath::parse(i == 0 ? "0000:00/01.0/00.0" : "0000:00/01.0/00.1");
  machine_.functions[1].hardware.reset.names.clear();
  run_live();
  EXPECT_TRUE(
      has_text(announced_,
               "0000:01:00.1 is reset (bus) and tested; all functions of its bus are also reset: "
               "0000:01:00.0; 0000:01:00.0 is kept open in the meantime"))
      << announced_;
}

TEST_F(LiveSafetyTest, CardWithResetBugIsNotRun) {
  machine_.machine.functions[0].id = {0x1002, 0x67df, 0, 0};
  EXPECT_TRUE(has_text(reason_not_run(), "AMD Polaris 10 cards"));
  machine_ = healthy();
  machine_.machine.functions[0].id = {0x1002, 0x67df, 0, 0};
  EXPECT_EQ(run_live(/*force=*/true).live->front().not_run, "");
}

TEST_F(LiveSafetyTest, UsesIommufdWithoutType1) {
  tree_.function(kAudio, "10DE:10F0", "40300");
  tree_.file(std::string("/sys/bus/pci/devices/") + kAudio + "/reset_method", "bus\n");
  machine_ = with_attachment(Step::kOpenContainer, ENOENT);
  const LiveTrial trial = run_live().live->front();
  EXPECT_EQ(trial.not_run, "");
  EXPECT_EQ(trial.backend, Backend::kIommufd);
  EXPECT_TRUE(has_text(trial.obstacle->step, "/dev/iommu")) << trial.obstacle->step;
}

TEST(ChooseBackend, PrefersType1UnlessNamed) {
  const Attachment healthy = {.ended_at = Step::kAttached, .viable = true};
  const Attachment none = {.ended_at = Step::kFindType1, .error = host::Error{ENODEV, "type1"}};
  EXPECT_EQ(choose_backend({}, healthy), Backend::kType1);
  EXPECT_EQ(choose_backend(Backend::kIommufd, healthy), Backend::kIommufd);
  EXPECT_EQ(choose_backend({}, none), Backend::kIommufd);
  EXPECT_EQ(choose_backend(Backend::kType1, none), Backend::kType1);
}

// A bus reset affects the whole bus: all its functions must be on vfio-pci, and there must be a
// bridge.
TEST(LiveResetMethod, BusResetNeedsTheWholeBus) {
  FakeTree tree;
  tree.function("0000:01:00.0", "10DE:1B81", "30000", "vfio-pci");
  tree.below("pci0000:00/0000:00:01.0", "0000:01:00.0");
  tree.function("0000:01:00.1", "10DE:10F0", "40300", "vfio-pci");
  tree.below("pci0000:00/0000:00:01.0", "0000:01:00.1");
  tree.function("0000:00:1b.0", "8086:A170", "40300", "vfio-pci");
  tree.below("pci0000:00", "0000:00:1b.0");
  auto machine = *host::read_machine(tree.root(), {.paths = true});
  hardware::ResetMethods methods;
  const auto reset_of = [&](const char* address) {
    return hardware::vfio_reset_method(methods, machine,
                                       *machine.find(*host::PciAddress::parse(address)));
  };
  EXPECT_EQ(reset_of("0000:01:00.1"), "bus");
  EXPECT_EQ(reset_of("0000:00:1b.0"), "") << "a root bus has no bridge";
  // The kernel offers "bus" for function 0, but refuses it.
  methods.names = {"bus"};
  machine.functions[1].driver = machine.functions[2].driver = "snd_hda_intel";
  EXPECT_EQ(reset_of("0000:01:00.0"), "");
  methods.names = {"flr", "bus"};
  EXPECT_EQ(reset_of("0000:01:00.0"), "flr");
}

}  // namespace
}  // namespace verify
