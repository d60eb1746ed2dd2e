// SPDX-License-Identifier: GPL-2.0-or-later
//
// A supplementary image next to an image without vfio-early. With rdinit= our program is the
// machine's first process, claims before anything else runs, and becomes the real init, whatever
// happens to it.
#include <stdexcept>

#include <unistd.h>

#include "tests/lab/images.h"
#include "tests/lab/lab.h"
#include "tests/lab/qemu.h"
#include "tests/unit/fake_tree.h"

namespace {

constexpr const char* kGaming = "[gaming]\naddress = 0000:01:00\n";
constexpr const char* kRdinit = "rdinit=/vfio-early quietly --wait plan";  // words for init

constexpr lab::Supplement kBehind = lab::Supplement::kBehind;

class Supplement : public lab::BootTest {
 protected:
  // Loading vfio-pci hangs. `hook` runs in the main image, when the first process waits no longer.
  static lab::Initramfs with_hanging_load(const std::string& hook = "") {
    const std::string release = lab::modules_of(kernel()).filename();
    return {.configuration = kGaming,
            .overlays = {{.path = "vfio-early.d/lib/modules/" + release +
                                  "/kernel/drivers/vfio/pci/vfio-pci.ko",
                          .console = true},
                         {.path = "usr/lib/dracut/hooks/cmdline/00-boot-test.sh", .text = hook}},
            .systemd = false,
            .vfio_early = false,
            .supplement = kBehind};
  }
};

TEST_P(Supplement, ClaimsBeforeAnUnmodifiedImage) {
  const lab::Boot seen =
      lab::boot({.kernel = kernel(), .arguments = kRdinit},
                {.configuration = kGaming, .vfio_early = false, .supplement = kBehind},
                {{"mounts", "cat /proc/1/mountinfo"}, {"json", "vfio-verify --format json"}});
  EXPECT_TRUE(seen.claimed("0000:01:00"));
  EXPECT_TRUE(seen.left_to_host("0000:02:00"));
  EXPECT_TRUE(seen.untouched("0000:02:00"));
  EXPECT_EQ(seen.answer("mounts").out.find("vfio-early"), std::string::npos);
  EXPECT_EQ(seen.answer("json").exit, 0) << seen.answer("json").out;
}

// The negative test: the supplement is loaded, but not started.
TEST_P(Supplement, DoesNothingWithoutRdinit) {
  const lab::Boot seen = lab::boot(
      {.kernel = kernel()},
      {.configuration = kGaming, .systemd = false, .vfio_early = false, .supplement = kBehind});
  EXPECT_TRUE(seen.left_to_host("0000:01:00"));
  EXPECT_TRUE(seen.logged_nothing());
}

TEST_P(Supplement, ContinuesBootIfClaimHangs) {
  const lab::Boot seen = lab::boot({.kernel = kernel(), .arguments = kRdinit}, with_hanging_load());
  EXPECT_TRUE(seen.driverless("0000:01:00"));
  EXPECT_TRUE(seen.left_to_host("0000:02:00"));
  EXPECT_TRUE(seen.logged("has not ended after 3 s", "vfio-early bind"));
  // The record cannot be completed after the switch to the real root, which may happen before the
  // claim gives up.
  EXPECT_TRUE(seen.recorded("0000:01:00", "reserved") || seen.recorded("0000:01:00", "driverless"));
}

ON_KERNELS(Supplement, "6.12");

class SupplementaryImage : public Supplement {};

TEST_P(SupplementaryImage, ClaimsBeforeShellInit) {
  const lab::Boot seen = lab::boot(
      {.kernel = kernel(), .arguments = kRdinit},
      {.configuration = kGaming, .systemd = false, .vfio_early = false, .supplement = kBehind});
  EXPECT_TRUE(seen.claimed("0000:01:00"));
  EXPECT_TRUE(seen.left_to_host("0000:02:00"));
}

// The first process has a child that watches the claim; its child is the claim, and the child of
// that loads modules.
constexpr const char* kFindChild =
    "child() { sed -n \"s/^\\([0-9]*\\) (vfio-early) . $1 .*/\\1/p\" /proc/[0-9]*/stat 2>&-; }\n";

TEST_P(SupplementaryImage, ContinuesBootIfClaimCrashes) {
  const lab::Boot seen =
      lab::boot({.kernel = kernel(), .arguments = kRdinit},
                with_hanging_load(kFindChild + std::string("kill -SEGV $(child $(child 1))\n")));
  EXPECT_TRUE(seen.driverless("0000:01:00"));
  EXPECT_TRUE(seen.logged("ended by the signal Segmentation fault", "vfio-early bind"));
  EXPECT_TRUE(seen.recorded("0000:01:00", "reserved"));
}

// The claim takes longer than the first process waits: its result is still recorded. It fails,
// because the process that loads vfio-pci is killed.
TEST_P(SupplementaryImage, RecordsResultOfSlowClaim) {
  const lab::Boot seen = lab::boot(
      {.kernel = kernel(), .arguments = kRdinit},
      with_hanging_load(kFindChild + std::string("kill -KILL $(child $(child $(child 1)))\n")));
  EXPECT_TRUE(seen.logged("has not ended after 3 s", "vfio-early bind"));
  EXPECT_TRUE(seen.recorded("0000:01:00", "driverless"));
}

// The position that GRUB uses.
TEST_P(SupplementaryImage, ClaimsIfListedFirst) {
  const lab::Boot seen = lab::boot(
      {.kernel = kernel(), .arguments = kRdinit},
      {.configuration = kGaming, .vfio_early = false, .supplement = lab::Supplement::kInFront});
  EXPECT_TRUE(seen.claimed("0000:01:00"));
  EXPECT_TRUE(seen.left_to_host("0000:02:00"));
}

// The man page warns about this.
TEST_P(SupplementaryImage, CausesPanicIfMissing) {
  try {
    lab::boot({.kernel = kernel(), .arguments = kRdinit},
              {.configuration = kGaming, .systemd = false, .vfio_early = false});
    FAIL() << "it booted";
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("Unable to mount root fs"), std::string::npos)
        << error.what();
  }
}

// The rescue switch also applies to the first process.
TEST_P(SupplementaryImage, ClaimsNothingWithVfioEarlyOff) {
  const lab::Boot seen = lab::boot(
      {.kernel = kernel(), .arguments = std::string(kRdinit) + " vfio_early=off"},
      {.configuration = kGaming, .systemd = false, .vfio_early = false, .supplement = kBehind});
  EXPECT_TRUE(seen.left_to_host("0000:01:00"));
  EXPECT_TRUE(seen.logged("vfio_early=off"));
}

LONG_ON_STOCK_KERNELS(SupplementaryImage);

// Next to the images of the other generators.
struct MainImage {
  const char* name;
  lab::Generator generator;
  bool systemd;
};

constexpr MainImage kMainImages[] = {
    {"initramfs_tools", lab::Generator::kInitramfsToolsDep, false},
    {"mkinitcpio_busybox", lab::Generator::kMkinitcpio, false},
    {"mkinitcpio_systemd", lab::Generator::kMkinitcpio, true},
};

void PrintTo(const MainImage& main_image, std::ostream* out) {
  *out << main_image.name;
}

class SupplementWithGenerator : public testing::TestWithParam<MainImage> {
 protected:
  void SetUp() override {
    if (const std::string why = lab::skip_reason(GetParam().generator); !why.empty())
      GTEST_SKIP() << why;
  }
  static lab::Boot boot(lab::Supplement place, const char* arguments) {
    return lab::boot({.kernel = "6.12", .arguments = arguments}, {.configuration = kGaming,
                                                                  .systemd = GetParam().systemd,
                                                                  .vfio_early = false,
                                                                  .generator = GetParam().generator,
                                                                  .supplement = place});
  }
};

TEST_P(SupplementWithGenerator, ClaimsInBothPositions) {
  for (const auto place : {lab::Supplement::kInFront, kBehind}) {
    const lab::Boot seen = boot(place, kRdinit);
    EXPECT_TRUE(seen.claimed("0000:01:00"));
    EXPECT_TRUE(seen.left_to_host("0000:02:00"));
  }
}

TEST_P(SupplementWithGenerator, DoesNothingWithoutRdinit) {
  const lab::Boot seen = boot(kBehind, "");
  EXPECT_TRUE(seen.left_to_host("0000:01:00"));
  EXPECT_TRUE(seen.logged_nothing());
}

INSTANTIATE_TEST_SUITE_P(Long, SupplementWithGenerator, testing::ValuesIn(kMainImages),
                         [](const auto& main_image) { return main_image.param.name; });

// No boot: vfio-verify's verdict on the images that the other tests boot, for a machine with their
// card and their configuration.
class ImageVerdict : public lab::BootTest {
 protected:
  static int verdict(const lab::Initramfs& initramfs, bool supplement = false) {
    // A directory for this process, because tests run in parallel.
    const auto place =
        std::filesystem::path(testing::TempDir()) / ("image-verdict-" + std::to_string(::getpid()));
    std::filesystem::create_directories(place);
    FakeTree machine;
    machine.iommu()
        .function("0000:01:00.0", "1234:1111", "38000")
        .function("0000:02:00.0", "1234:1111", "38000")
        .file("/etc/vfio-early.conf",
              initramfs.configuration.empty() ? kGaming : initramfs.configuration)
        .file("/proc/cmdline", supplement ? kRdinit : "quiet");
    const lab::Images images = lab::build_images(kernel(), initramfs, place);
    for (const char* list : {"modules.builtin", "modules.builtin.modinfo"})
      machine.file("/lib/modules/" + images.modules.filename().string() + "/" + list,
                   lab::read_file(images.modules / list));
    const std::string image = supplement ? images.supplement : images.initramfs;
    return lab::run({LAB_VFIO_VERIFY, "--root", machine.directory(), "image", image}, place / "out",
                    place / "err", std::chrono::seconds(600))
        .status;
  }
};

TEST_P(ImageVerdict, MatchesBoot) {
  for (const bool systemd : {true, false}) {
    EXPECT_EQ(verdict({.systemd = systemd}), 0) << systemd;
    EXPECT_EQ(verdict({.systemd = systemd, .vfio_early = false}), 1) << systemd;
    EXPECT_EQ(verdict({.configuration = "[gaming]\naddress = 0000:02:00\n", .systemd = systemd}), 1)
        << "another configuration than the one in the image " << systemd;
  }
  EXPECT_EQ(verdict({.systemd = false, .vfio_pci = false}), 1);
}

TEST_P(ImageVerdict, ForSupplementDependsOnCommandLine) {
  const lab::Initramfs supplement = {
      .configuration = kGaming, .vfio_early = false, .supplement = kBehind};
  EXPECT_EQ(verdict(supplement, true), 0);
  EXPECT_EQ(verdict(supplement, false), 1);  // the main image alone
}

// No image is written that would not work.
TEST(ImageForMissingKernel, IsRefusedWithReason) {
  const auto place = std::filesystem::path(testing::TempDir()) / "image-of-no-kernel";
  std::filesystem::create_directories(place);
  FakeTree machine;
  machine.file("/etc/vfio-early.conf", kGaming);
  const std::string image = place / "image";
  const auto result =
      lab::run({LAB_VFIO_EARLY, "--root", machine.directory(), "image", "9.9-none", "-o", image},
               place / "out", place / "err", std::chrono::seconds(600));
  EXPECT_EQ(result.status, 1);
  const std::string errors = lab::read_file(place / "err");
  EXPECT_NE(errors.find("no image is written"), std::string::npos) << errors;
  EXPECT_NE(errors.find("/lib/modules/9.9-none/modules.dep"), std::string::npos) << errors;
  EXPECT_NE(errors.find("--modules"), std::string::npos) << errors;
  EXPECT_FALSE(std::filesystem::exists(image));
}

ON_KERNELS(ImageVerdict, "6.12");

}  // namespace
