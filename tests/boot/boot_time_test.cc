// SPDX-License-Identifier: GPL-2.0-or-later
//
// For ci/long: what vfio-early adds to a whole boot, counted in instructions. It is compared with
// the minimum: the generator loads the same modules by its own means, vfio-pci.ids= binds the same
// functions, and nothing of vfio-early is present. Under icount there is only one processor: the
// time of bind, which a real machine spends beside the boot, is counted here.
//
// The "measured:" lines are the table; ci/long keeps them.
#include <cstdio>

#include "tests/lab/images.h"
#include "tests/lab/lab.h"

namespace {

using lab::Generator;

constexpr const char* kGaming = "[gaming]\naddress = 0000:01:00\nonly-display = allow\n";
constexpr const char* kIds = "vfio-pci.ids=1234:1111,8086:2668";
// Keeps the host drivers out on both sides, so that neither side saves their time. dracut still
// loads bochs, which finds no device.
constexpr const char* kNoHostDriver = "blacklist bochs\nblacklist snd_hda_intel\n";

struct GeneratorVariant {
  const char* name;
  Generator generator;
  bool systemd = true;
  lab::Supplement supplement = lab::Supplement::kNone;
};

constexpr GeneratorVariant kGeneratorVariants[] = {
    {"dracut_systemd", Generator::kDracut},
    {"dracut_shell", Generator::kDracut, false},
    {"initramfs_tools", Generator::kInitramfsToolsDep},
    {"mkinitcpio_busybox", Generator::kMkinitcpio, false},
    {"mkinitcpio_systemd", Generator::kMkinitcpio},
    {"supplement_beside_dracut", Generator::kDracut, true, lab::Supplement::kBehind},
};

void PrintTo(const GeneratorVariant& variant, std::ostream* out) {
  *out << variant.name;
}

// When the real root's init started, in seconds of the kernel log.
double real_root_start(const lab::Initramfs& initramfs, const std::string& arguments) {
  const lab::Boot seen = lab::boot(
      {.kernel = "6.12", .cards = {{}}, .arguments = arguments, .icount = true}, initramfs);
  for (const lab::Function& function : seen.report().at("0000:01:00"))
    EXPECT_EQ(function.driver, "vfio-pci") << function.address;
  const auto lines = seen.report().log("the real root has begun");
  double when = 0;
  EXPECT_EQ(lines.size(), 1u);
  EXPECT_EQ(std::sscanf(lines.at(0).c_str(), "[%lf]", &when), 1) << lines.at(0);
  return when;
}

class BootTime : public testing::TestWithParam<GeneratorVariant> {
 protected:
  void SetUp() override {
    if (const std::string why = lab::skip_reason(GetParam().generator); !why.empty())
      GTEST_SKIP() << why;
  }
  static lab::Initramfs plain() {
    return {.overlays = {{.path = "etc/modprobe.d/boot-test.conf", .text = kNoHostDriver}},
            .systemd = GetParam().systemd,
            .vfio_early = false,
            .generator = GetParam().generator};
  }
};

TEST_P(BootTime, IsCloseToMinimum) {
  const GeneratorVariant& variant = GetParam();
  lab::Initramfs minimum = plain(), ours = plain();
  minimum.vfio_forced = true;
  ours.configuration = kGaming;
  ours.vfio_early = variant.supplement == lab::Supplement::kNone;
  ours.supplement = variant.supplement;
  const double minimum_time = real_root_start(minimum, kIds);
  const double our_time = real_root_start(ours, ours.vfio_early ? "" : "rdinit=/vfio-early");
  std::printf(
      "measured: boot time, %s: %.3f s with us, %.3f s where the generator loads vfio-pci: "
      "%+.0f ms\n",
      variant.name, our_time, minimum_time, (our_time - minimum_time) * 1e3);
  EXPECT_LT(our_time - minimum_time, 0.5);
}

INSTANTIATE_TEST_SUITE_P(Long, BootTime, testing::ValuesIn(kGeneratorVariants),
                         [](const auto& variant) { return variant.param.name; });

}  // namespace
