// SPDX-License-Identifier: GPL-2.0-or-later
//
// For ci/long: what a whole boot pays for us, counted in instructions. There is one processor's
// worth of time under icount, so bind beside the boot costs here what it hides on a real machine.
#include <cstdio>

#include "tests/boot/lab.h"

namespace {

constexpr const char* kGaming = "[gaming]\naddress = 0000:01:00\n";

// When the real root's init ran, in seconds of the kernel's log.
double real_root(const lab::Initramfs& initramfs) {
  const lab::Boot seen = lab::boot({.kernel = "6.12", .icount = true}, initramfs);
  EXPECT_EQ(seen.report().record.is_null(), !initramfs.us);
  const auto lines = seen.report().log("the real root has begun");
  double when = 0;
  EXPECT_EQ(lines.size(), 1u);
  EXPECT_EQ(std::sscanf(lines.at(0).c_str(), "[%lf]", &when), 1) << lines.at(0);
  return when;
}

TEST(LongBootTime, ToTheRealRoot) {
  const double without = real_root({.us = false});
  const double gate =
      real_root({.configuration = kGaming,
                 .overlays = {{.path = "etc/systemd/system/vfio-early-bind.service.d/story.conf",
                               .text = "[Service]\nExecStart=\nExecStart=/bin/true\n"}}});
  const double whole = real_root({.configuration = kGaming});
  std::printf("to the real root: %.3f s without us, %.3f s with the gate, %.3f s with bind\n",
              without, gate, whole);
  EXPECT_LT(gate - without, 0.25);
  EXPECT_LT(whole - without, 1.0);
}

}  // namespace
