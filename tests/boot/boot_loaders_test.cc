// SPDX-License-Identifier: GPL-2.0-or-later
//
// For ci/long: real boot loaders load a supplementary image, which is written and listed as
// `vfio-early image` tells the user.
#include <algorithm>
#include <stdexcept>

#include "tests/lab/lab.h"

namespace {

using lab::Start;

constexpr const char* kGaming = "[gaming]\naddress = 0000:01:00\n";
constexpr const char* kRdinit = "rdinit=/vfio-early";

struct Loader {
  Start start;
  lab::Supplement position;
  const char* advice_text;  // the advice; it depends on the EFI variable LoaderInfo
};

// GRUB and rEFInd of Debian 12 do not set it, and the guest has no configuration of theirs.
constexpr Loader kLoaders[] = {
    {Start::kGrub, lab::Supplement::kInFront, "List the image after"},
    {Start::kSystemdBoot, lab::Supplement::kBehind, "systemd-boot: copy the image to"},
    {Start::kRefind, lab::Supplement::kBehind, "List the image after"},
};

void PrintTo(const Loader& loader, std::ostream* out) {
  *out << lab::boot_loader(loader.start);
}

class BootLoader : public testing::TestWithParam<Loader> {
 protected:
  void SetUp() override {
    if (const std::string why = lab::skip_reason(GetParam().start); !why.empty())
      GTEST_SKIP() << why;
  }
  static lab::Boot boot(const char* arguments) {
    return lab::boot({.kernel = "6.12",
                      .firmware = lab::Firmware::kOvmf,
                      .start = GetParam().start,
                      .arguments = arguments},
                     {.configuration = kGaming,
                      .systemd = false,
                      .vfio_early = false,
                      .supplement = GetParam().position},
                     {{"variables", "mount -t efivarfs efivarfs /sys/firmware/efi/efivars"},
                      {"advice", "vfio-early image \"$(uname -r)\" -o /run/image"}});
  }
};

TEST_P(BootLoader, LoadsSupplement) {
  const lab::Boot seen = boot(kRdinit);
  EXPECT_TRUE(seen.claimed("0000:01:00"));
  EXPECT_TRUE(seen.left_to_host("0000:02:00"));
  const std::string advice = seen.answer("advice").out;
  EXPECT_NE(advice.find(GetParam().advice_text), std::string::npos) << advice;
}

// The negative test: the supplement is loaded, but not started.
TEST_P(BootLoader, DoesNotStartSupplementWithoutRdinit) {
  const lab::Boot seen = boot("");
  EXPECT_TRUE(seen.left_to_host("0000:01:00"));
  EXPECT_TRUE(seen.logged_nothing());
}

INSTANTIATE_TEST_SUITE_P(Long, BootLoader, testing::ValuesIn(kLoaders), [](const auto& loader) {
  std::string name = lab::boot_loader(loader.param.start);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

// A unified image cannot be given a second initrd: it is rebuilt with both initrds, as `vfio-early
// image` tells the user.
class UnifiedImage : public lab::BootTest {
 protected:
  static lab::Machine machine(lab::Start start) {
    return {.kernel = kernel(),
            .firmware = lab::Firmware::kOvmf,
            .start = start,
            .secure_boot = true,
            .arguments = kRdinit};
  }
  static lab::Initramfs with_supplement() {
    return {.configuration = kGaming, .vfio_early = false, .supplement = lab::Supplement::kBehind};
  }
};

// The kernel is locked down: our modules load only because they still have their signatures.
TEST_P(UnifiedImage, ClaimsUnderSecureBoot) {
  const lab::Boot seen = lab::boot(machine(lab::Start::kSignedImage), with_supplement(),
                                   {{"json", "vfio-verify --format json"},
                                    {"image", "vfio-early image \"$(uname -r)\" -o /run/image"},
                                    {"lockdown", "cat /sys/kernel/security/lockdown"}});
  EXPECT_TRUE(seen.claimed("0000:01:00"));
  EXPECT_TRUE(seen.left_to_host("0000:02:00"));
  EXPECT_NE(seen.answer("lockdown").out.find("[integrity]"), std::string::npos);
  EXPECT_EQ(seen.answer("json").exit, 0) << seen.answer("json").out;
  const std::string advice = seen.answer("image").out;
  EXPECT_NE(advice.find("ukify build"), std::string::npos) << advice;
  EXPECT_NE(advice.find("--secureboot-private-key"), std::string::npos) << advice;
}

// The negative test: an unsigned image does not start, so rebuilding alone is not enough.
TEST_P(UnifiedImage, IsRefusedIfUnsigned) {
  try {
    lab::boot(machine(lab::Start::kUnifiedImage), with_supplement());
    FAIL() << "it booted";
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("Access Denied"), std::string::npos) << error.what();
  }
}

LONG_ON_STOCK_KERNELS(UnifiedImage);

}  // namespace
