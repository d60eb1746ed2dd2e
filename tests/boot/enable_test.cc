// SPDX-License-Identifier: GPL-2.0-or-later
//
// `vfio-early enable` and `disable` with Debian's own update-initramfs: the image that they build
// claims the card, or does not. Both also check the files that they change (tests/lab/
// enable-in-overlay), and judge the image with vfio-verify.
#include "tests/lab/lab.h"

namespace {

class Enable : public lab::BootTest {};

TEST_P(Enable, BuildsImageThatClaims) {
  const lab::Boot seen =
      lab::boot({.kernel = kernel()}, {.generator = lab::Generator::kInitramfsToolsEnabled});
  EXPECT_TRUE(seen.claimed("0000:01:00"));
  EXPECT_TRUE(seen.left_to_host("0000:02:00"));
}

TEST_P(Enable, IsTakenBackByDisable) {
  const lab::Boot seen =
      lab::boot({.kernel = kernel()}, {.generator = lab::Generator::kInitramfsToolsDisabled});
  for (const char* card : {"0000:01:00", "0000:02:00"}) {
    EXPECT_TRUE(seen.left_to_host(card));
    EXPECT_TRUE(seen.untouched(card));
  }
}

ON_KERNELS(Enable, "6.12");

}  // namespace
