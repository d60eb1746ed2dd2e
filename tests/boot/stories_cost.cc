// SPDX-License-Identifier: GPL-2.0-or-later
//
// For ci/long: what vfio-early adds to a whole boot, counted in instructions. It is compared with
// the minimum: the generator loads the same modules by its own means, vfio-pci.ids= binds the same
// functions, and nothing of vfio-early is present. Under icount there is only one processor: the
// time of bind, which a real machine spends beside the boot, is counted here.
//
// The "measured:" lines are the table; ci/long keeps them.
#include <cstdio>

#include "tests/boot/images.h"
#include "tests/boot/lab.h"

namespace {

using lab::Generator;

constexpr const char* kGaming = "[gaming]\naddress = 0000:01:00\nonly-display = allow\n";
constexpr const char* kIds = "vfio-pci.ids=1234:1111,8086:2668";
// Keeps the host drivers out on both sides, so that neither side saves their time. dracut still
// loads bochs, which finds no device.
constexpr const char* kNoHostDriver = "blacklist bochs\nblacklist snd_hda_intel\n";

struct Maker {
  const char* name;
  Generator generator;
  bool systemd = true;
  lab::Supplement supplement = lab::Supplement::kNone;
};

constexpr Maker kMakers[] = {
    {"dracut_systemd", Generator::kDracut},
    {"dracut_shell", Generator::kDracut, false},
    {"initramfs_tools", Generator::kInitramfsToolsDep},
    {"mkinitcpio_busybox", Generator::kMkinitcpio, false},
    {"mkinitcpio_systemd", Generator::kMkinitcpio},
    {"supplement_beside_dracut", Generator::kDracut, true, lab::Supplement::kBehind},
};

void PrintTo(const Maker& maker, std::ostream* out) {
  *out << maker.name;
}

// When the real root's init started, in seconds of the kernel log.
double real_root(const lab::Initramfs& initramfs, const std::string& arguments) {
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

class BootTime : public testing::TestWithParam<Maker> {
 protected:
  void SetUp() override {
    if (const std::string why = lab::not_told(GetParam().generator); !why.empty())
      GTEST_SKIP() << why;
  }
  static lab::Initramfs plain() {
    return {.overlays = {{.path = "etc/modprobe.d/story.conf", .text = kNoHostDriver}},
            .systemd = GetParam().systemd,
            .us = false,
            .generator = GetParam().generator};
  }
};

TEST_P(BootTime, AgainstTheKernelsFloor) {
  const Maker& maker = GetParam();
  lab::Initramfs floor = plain(), ours = plain();
  floor.vfio_forced = true;
  ours.configuration = kGaming;
  ours.us = maker.supplement == lab::Supplement::kNone;
  ours.supplement = maker.supplement;
  const double least = real_root(floor, kIds);
  const double whole = real_root(ours, ours.us ? "" : "rdinit=/vfio-early");
  std::printf(
      "measured: boot time, %s: %.3f s with us, %.3f s where the generator loads vfio-pci: "
      "%+.0f ms\n",
      maker.name, whole, least, (whole - least) * 1e3);
  EXPECT_LT(whole - least, 0.5);
}

INSTANTIATE_TEST_SUITE_P(Long, BootTime, testing::ValuesIn(kMakers),
                         [](const auto& maker) { return maker.param.name; });

}  // namespace
