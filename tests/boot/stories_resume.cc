// SPDX-License-Identifier: GPL-2.0-or-later
//
// For ci/long: while an initramfs looks for a hibernated system, which would replace the running
// one, no bind may be running. Tested with a bind that takes some seconds longer, and a disk
// without a hibernated system, so that the boot continues and reports.
#include <cstdio>
#include <limits>

#include "tests/boot/images.h"
#include "tests/boot/lab.h"

namespace {

using lab::Generator;

constexpr const char* kGaming = "[gaming]\naddress = 0000:01:00\n";
constexpr const char* kResume = "resume=/dev/vda";
constexpr const char* kLooked = "PM: Image not found";  // kernel/power/swap.c, swsusp_check()

// The file that waits for bind, and its replacement in the negative test.
struct Maker {
  const char* name;
  Generator generator;
  bool systemd;
  const char* wait;
  const char* hasty;
};

constexpr const char* kNothing = "#!/bin/sh\n:\n";
constexpr const char* kHook =
    "run_earlyhook() { /usr/bin/vfio-early gate; /usr/bin/vfio-early bind & :; }\n"
    "run_latehook() { /usr/bin/vfio-early bind; }\n";

constexpr Maker kMakers[] = {
    {"initramfs_tools", Generator::kInitramfsToolsDep, false,
     "scripts/local-premount/00-vfio-early", kNothing},
    {"dracut_systemd", Generator::kDracut, true,
     "etc/systemd/system/systemd-hibernate-resume@.service.d/vfio-early.conf", "[Unit]\n"},
    {"dracut_shell", Generator::kDracut, false,
     "usr/lib/dracut/hooks/pre-trigger/00-vfio-early-resume.sh", kNothing},
    {"mkinitcpio_busybox", Generator::kMkinitcpio, false, "hooks/vfio-early", kHook},
};

void PrintTo(const Maker& maker, std::ostream* out) {
  *out << maker.name;
}

// Counted in instructions: the order is the same on a busy machine.
const lab::Machine kMachine = {.kernel = "6.12", .arguments = kResume, .icount = true};

class Resume : public testing::TestWithParam<Maker> {
 protected:
  void SetUp() override {
    if (const std::string why = lab::not_told(GetParam().generator); !why.empty())
      GTEST_SKIP() << why;
  }

  // A bind that takes this much longer.
  static lab::Initramfs slow(int seconds) {
    return {.configuration = kGaming,
            .overlays = {{.path = "etc/modprobe.d/story.conf",
                          .text = "softdep vfio_pci pre: slowness\ninstall slowness sleep " +
                                  std::to_string(seconds) + "\n"}},
            .systemd = GetParam().systemd,
            .generator = GetParam().generator,
            .hibernation = true};
  }

  // A bind that is still running ends after everything else.
  static double bind_ended(const lab::Boot& seen) {
    const double ended = seen.report().record.at("bind").value("ended_ns", 0.0) * 1e-9;
    return ended > 0 ? ended : std::numeric_limits<double>::infinity();
  }

  // When the kernel looked for the image, in seconds of its log.
  static double looked(const lab::Boot& seen) {
    const auto lines = seen.report().log(kLooked);
    double when = 0;
    EXPECT_FALSE(lines.empty()) << "nobody looked for a hibernated system";
    if (!lines.empty()) std::sscanf(lines.front().c_str(), "[%lf]", &when);
    return when;
  }
};

TEST_P(Resume, WaitsForBind) {
  const lab::Boot seen = lab::boot(kMachine, slow(15));
  EXPECT_TRUE(seen.claimed("0000:01:00"));
  std::printf("bind ended at %.2f s, the resume was tried at %.2f s\n", bind_ended(seen),
              looked(seen));
  EXPECT_LT(bind_ended(seen), looked(seen));
}

// The negative test: nothing waits for bind, and the kernel looks for an image while bind runs,
// even on a busy machine. (systemd gives our unit 30 s.)
TEST_P(Resume, WouldNotWaitOfItself) {
  lab::Initramfs hasty = slow(GetParam().systemd ? 25 : 50);
  hasty.overlays.push_back(
      {.path = GetParam().wait, .text = GetParam().hasty, .executable = !GetParam().systemd});
  const lab::Boot seen = lab::boot(kMachine, hasty);
  std::printf("bind ended at %.2f s, the resume was tried at %.2f s\n", bind_ended(seen),
              looked(seen));
  EXPECT_GT(bind_ended(seen), looked(seen));
}

INSTANTIATE_TEST_SUITE_P(Long, Resume, testing::ValuesIn(kMakers),
                         [](const auto& maker) { return maker.param.name; });

}  // namespace
