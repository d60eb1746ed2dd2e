// SPDX-License-Identifier: GPL-2.0-or-later
//
// Tests the words of the table "Who gets the card", without a boot.
#include "tests/boot/outcome.h"

#include <gtest/gtest.h>

namespace {

using lab::Ending;

constexpr const char* kDisplay = "0000:01:00.0";
constexpr const char* kSound = "0000:01:00.1";
constexpr const char* kOther = "0000:02:00.0";

Ending claimed() {
  Ending ending = {.card = {kDisplay, kSound}};
  ending.bound = {{"vfio-pci", kDisplay}, {"vfio-pci", kSound}, {"bochs-drm", kOther}};
  ending.history = ending.bound;
  return ending;
}

TEST(Outcome, ClaimedCard) {
  EXPECT_EQ(outcome(claimed()), "right card claimed");
  EXPECT_EQ(details(claimed()), "0000:01:00.0 vfio-pci, 0000:01:00.1 vfio-pci");
}

TEST(Outcome, OneFunctionWithoutVfioPciIsNotClaimed) {
  Ending ending = claimed();
  ending.bound[1].driver = "snd_hda_intel";
  EXPECT_EQ(outcome(ending), "not claimed");
  ending.bound.erase(ending.bound.begin() + 1);
  EXPECT_EQ(outcome(ending), "not claimed");
  EXPECT_EQ(details(ending), "0000:01:00.0 vfio-pci, 0000:01:00.1 no driver");
}

TEST(Outcome, EarlierHostDriverIsReported) {
  Ending ending = claimed();
  ending.history.insert(ending.history.begin(), {"snd_hda_intel", kSound});
  EXPECT_EQ(outcome(ending), "host driver had it");
  EXPECT_EQ(details(ending), "0000:01:00.0 vfio-pci, 0000:01:00.1 vfio-pci after a host driver");
}

TEST(Outcome, OtherFunctionOnVfioPciIsWrong) {
  Ending ending = claimed();
  ending.bound[2].driver = "vfio-pci";
  ending.has_console = false;
  EXPECT_EQ(outcome(ending), "wrong card taken, no console");
  // Also if it was given back.
  ending = claimed();
  ending.history.push_back({"vfio-pci", kOther});
  EXPECT_EQ(outcome(ending), "wrong card taken");
  EXPECT_EQ(details(ending),
            "0000:01:00.0 vfio-pci, 0000:01:00.1 vfio-pci, also taken: 0000:02:00.0");
}

TEST(Outcome, BlockedMemoryAndMissingConsoleAreNamed) {
  Ending ending = claimed();
  ending.bar_blocked = true;
  EXPECT_EQ(outcome(ending), "right card claimed, memory blocked");
  ending.has_console = false;
  EXPECT_EQ(outcome(ending), "right card claimed, memory blocked, no console");
}

TEST(Outcome, ReadsBindingsOfKernelLog) {
  const std::string log =
      "[    1.0] driver: 'bochs-drm': driver_bound: bound to device '0000:01:00.0'\n"
      "[    2.0] lab: rescan\n"
      "[    2.1] vfio-pci 0000:01:00.0: driver: 'vfio-pci': driver_bound: bound to device\n"
      "[    2.2] vfio-early: driver 'x' was bound to device '0000:01:00.0'\n"
      "[    2.3] driver: 'cut': driver_bound: bound to device\n";
  ASSERT_EQ(lab::bindings_in(log).size(), 2u);
  EXPECT_EQ(lab::bindings_in(log)[0].driver, "bochs-drm");
  const auto later = lab::bindings_in(log, "lab: rescan");
  ASSERT_EQ(later.size(), 1u);
  EXPECT_EQ(later[0].driver, "vfio-pci");
  EXPECT_EQ(later[0].device, kDisplay);
}

}  // namespace
