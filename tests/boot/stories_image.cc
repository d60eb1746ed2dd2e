// SPDX-License-Identifier: GPL-2.0-or-later
//
// A supplementary image beside one that was built without us: with rdinit= our program is the
// machine's first process, claims before anything else runs, and becomes the real init, whatever
// happens to it.
#include "tests/boot/lab.h"
#include "tests/boot/qemu.h"

namespace {

constexpr const char* kGaming = "[gaming]\naddress = 0000:01:00\n";
constexpr const char* kFirst = "rdinit=/vfio-early quietly --wait plan";  // words for init, not us

class Supplement : public lab::Story {
 protected:
  // `command` runs when vfio-pci is to be loaded, in the place of that.
  static lab::Initramfs disturbed(const std::string& command) {
    return {.configuration = kGaming,
            .overlays = {{.path = "vfio-early.d/etc/modprobe.d/story.conf",
                          .text = "install vfio_pci " + command + "\n"},
                         {.path = "vfio-early.d/bin/sh",
                          .text = lab::read_file("/bin/busybox"),
                          .executable = true}},
            .systemd = false,
            .us = false,
            .supplement = true};
  }
};

TEST_P(Supplement, ClaimsBeforeAnUnmodifiedImage) {
  const lab::Boot seen =
      lab::boot({.kernel = kernel(), .arguments = kFirst},
                {.configuration = kGaming, .us = false, .supplement = true},
                {{"mounts", "cat /proc/1/mountinfo"}, {"json", "vfio-verify --format json"}});
  EXPECT_TRUE(seen.claimed("0000:01:00"));
  EXPECT_TRUE(seen.left_to_host("0000:02:00"));
  EXPECT_TRUE(seen.untouched("0000:02:00"));
  EXPECT_EQ(seen.answer("mounts").out.find("vfio-early"), std::string::npos);
  EXPECT_EQ(seen.answer("json").exit, 0) << seen.answer("json").out;
}

TEST_P(Supplement, ClaimsBeforeAnImageWithAShellInit) {
  const lab::Boot seen =
      lab::boot({.kernel = kernel(), .arguments = kFirst},
                {.configuration = kGaming, .systemd = false, .us = false, .supplement = true});
  EXPECT_TRUE(seen.claimed("0000:01:00"));
  EXPECT_TRUE(seen.left_to_host("0000:02:00"));
}

// The twin: there is the image, and nobody starts it.
TEST_P(Supplement, DoesNothingUnlessItIsStarted) {
  const lab::Boot seen =
      lab::boot({.kernel = kernel()},
                {.configuration = kGaming, .systemd = false, .us = false, .supplement = true});
  EXPECT_TRUE(seen.left_to_host("0000:01:00"));
  EXPECT_TRUE(seen.silent());
}

TEST_P(Supplement, LetsTheBootGoOnBesideAClaimThatHangs) {
  const lab::Boot seen =
      lab::boot({.kernel = kernel(), .arguments = kFirst}, disturbed("/bin/sh -c 'sleep 1000'"));
  EXPECT_TRUE(seen.driverless("0000:01:00"));
  EXPECT_TRUE(seen.left_to_host("0000:02:00"));
  EXPECT_TRUE(seen.says("has not come to an end in 3 s", "vfio-early bind"));
  EXPECT_TRUE(seen.recorded("0000:01:00", "reserved"));
}

TEST_P(Supplement, SurvivesAClaimThatCrashes) {
  const lab::Boot seen =
      lab::boot({.kernel = kernel(), .arguments = kFirst}, disturbed("kill -SEGV $PPID"));
  EXPECT_TRUE(seen.driverless("0000:01:00"));
  EXPECT_TRUE(seen.says("ended by the signal Segmentation fault", "vfio-early bind"));
  EXPECT_TRUE(seen.recorded("0000:01:00", "reserved"));
}

// The rescue reaches the first process too.
TEST_P(Supplement, ClaimsNothingWithTheRescueSwitch) {
  const lab::Boot seen =
      lab::boot({.kernel = kernel(), .arguments = std::string(kFirst) + " vfio_early=off"},
                {.configuration = kGaming, .systemd = false, .us = false, .supplement = true});
  EXPECT_TRUE(seen.left_to_host("0000:01:00"));
  EXPECT_TRUE(seen.says("vfio_early=off"));
}

LONG_ON_KERNELS(Supplement, "6.1", "6.12");

}  // namespace
