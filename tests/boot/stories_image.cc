// SPDX-License-Identifier: GPL-2.0-or-later
//
// A supplementary image next to an image without vfio-early. With rdinit= our program is the
// machine's first process, claims before anything else runs, and becomes the real init, whatever
// happens to it.
#include <stdexcept>

#include <unistd.h>

#include "tests/boot/images.h"
#include "tests/boot/lab.h"
#include "tests/boot/qemu.h"
#include "tests/unit/fake_tree.h"

namespace {

constexpr const char* kGaming = "[gaming]\naddress = 0000:01:00\n";
constexpr const char* kFirst = "rdinit=/vfio-early quietly --wait plan";  // words for init

constexpr lab::Supplement kBehind = lab::Supplement::kBehind;

class Supplement : public lab::Story {
 protected:
  // `command` runs instead of loading vfio-pci.
  static lab::Initramfs disturbed(const std::string& command) {
    return {.configuration = kGaming,
            .overlays = {{.path = "vfio-early.d/etc/modprobe.d/story.conf",
                          .text = "install vfio_pci " + command + "\n"},
                         {.path = "vfio-early.d/bin/sh",
                          .text = lab::read_file("/bin/busybox"),
                          .executable = true}},
            .systemd = false,
            .us = false,
            .supplement = kBehind};
  }
};

TEST_P(Supplement, ClaimsBeforeAnUnmodifiedImage) {
  const lab::Boot seen =
      lab::boot({.kernel = kernel(), .arguments = kFirst},
                {.configuration = kGaming, .us = false, .supplement = kBehind},
                {{"mounts", "cat /proc/1/mountinfo"}, {"json", "vfio-verify --format json"}});
  EXPECT_TRUE(seen.claimed("0000:01:00"));
  EXPECT_TRUE(seen.left_to_host("0000:02:00"));
  EXPECT_TRUE(seen.untouched("0000:02:00"));
  EXPECT_EQ(seen.answer("mounts").out.find("vfio-early"), std::string::npos);
  EXPECT_EQ(seen.answer("json").exit, 0) << seen.answer("json").out;
}

// The negative test: the supplement is loaded, but not started.
TEST_P(Supplement, DoesNothingUnlessItIsStarted) {
  const lab::Boot seen =
      lab::boot({.kernel = kernel()},
                {.configuration = kGaming, .systemd = false, .us = false, .supplement = kBehind});
  EXPECT_TRUE(seen.left_to_host("0000:01:00"));
  EXPECT_TRUE(seen.silent());
}

TEST_P(Supplement, LetsTheBootGoOnBesideAClaimThatHangs) {
  const lab::Boot seen =
      lab::boot({.kernel = kernel(), .arguments = kFirst}, disturbed("/bin/sh -c 'sleep 1000'"));
  EXPECT_TRUE(seen.driverless("0000:01:00"));
  EXPECT_TRUE(seen.left_to_host("0000:02:00"));
  EXPECT_TRUE(seen.says("has not ended after 3 s", "vfio-early bind"));
  // The record cannot be completed after the switch to the real root, which may happen before the
  // claim gives up.
  EXPECT_TRUE(seen.recorded("0000:01:00", "reserved") || seen.recorded("0000:01:00", "driverless"));
}

ON_KERNELS(Supplement, "6.12");

class SupplementBeside : public Supplement {};

TEST_P(SupplementBeside, AnImageWithAShellInitClaims) {
  const lab::Boot seen =
      lab::boot({.kernel = kernel(), .arguments = kFirst},
                {.configuration = kGaming, .systemd = false, .us = false, .supplement = kBehind});
  EXPECT_TRUE(seen.claimed("0000:01:00"));
  EXPECT_TRUE(seen.left_to_host("0000:02:00"));
}

// The shell's parent is the child of the claim that loads modules, and that child's parent is the
// claim.
constexpr const char* kCrash = "kill -SEGV $(cut -d ' ' -f 4 /proc/$PPID/stat)";

TEST_P(SupplementBeside, TheBootSurvivesAClaimThatCrashes) {
  const lab::Boot seen = lab::boot({.kernel = kernel(), .arguments = kFirst}, disturbed(kCrash));
  EXPECT_TRUE(seen.driverless("0000:01:00"));
  EXPECT_TRUE(seen.says("ended by the signal Segmentation fault", "vfio-early bind"));
  EXPECT_TRUE(seen.recorded("0000:01:00", "reserved"));
}

// The claim takes longer than the first process waits: its result is still recorded. It fails,
// because the slow command did not load vfio-pci.
TEST_P(SupplementBeside, ASlowClaimIsRecordedToItsEnd) {
  const lab::Boot seen =
      lab::boot({.kernel = kernel(), .arguments = kFirst}, disturbed("/bin/sh -c 'sleep 4'"));
  EXPECT_TRUE(seen.says("has not ended after 3 s", "vfio-early bind"));
  EXPECT_TRUE(seen.recorded("0000:01:00", "failed"));
}

// The position that GRUB uses.
TEST_P(SupplementBeside, ClaimsFromInFrontOfTheImage) {
  const lab::Boot seen =
      lab::boot({.kernel = kernel(), .arguments = kFirst},
                {.configuration = kGaming, .us = false, .supplement = lab::Supplement::kInFront});
  EXPECT_TRUE(seen.claimed("0000:01:00"));
  EXPECT_TRUE(seen.left_to_host("0000:02:00"));
}

// The man page warns about this.
TEST_P(SupplementBeside, TheKernelPanicsWhereTheFileIsMissing) {
  try {
    lab::boot({.kernel = kernel(), .arguments = kFirst},
              {.configuration = kGaming, .systemd = false, .us = false});
    FAIL() << "it booted";
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("Unable to mount root fs"), std::string::npos)
        << error.what();
  }
}

// The rescue switch also applies to the first process.
TEST_P(SupplementBeside, TheRescueSwitchClaimsNothing) {
  const lab::Boot seen =
      lab::boot({.kernel = kernel(), .arguments = std::string(kFirst) + " vfio_early=off"},
                {.configuration = kGaming, .systemd = false, .us = false, .supplement = kBehind});
  EXPECT_TRUE(seen.left_to_host("0000:01:00"));
  EXPECT_TRUE(seen.says("vfio_early=off"));
}

LONG_ON_STOCK_KERNELS(SupplementBeside);

// Next to the images of the other generators.
struct Neighbour {
  const char* name;
  lab::Generator generator;
  bool systemd;
};

constexpr Neighbour kNeighbours[] = {
    {"initramfs_tools", lab::Generator::kInitramfsToolsDep, false},
    {"mkinitcpio_busybox", lab::Generator::kMkinitcpio, false},
    {"mkinitcpio_systemd", lab::Generator::kMkinitcpio, true},
};

void PrintTo(const Neighbour& neighbour, std::ostream* out) {
  *out << neighbour.name;
}

class SupplementNextTo : public testing::TestWithParam<Neighbour> {
 protected:
  void SetUp() override {
    if (const std::string why = lab::not_told(GetParam().generator); !why.empty())
      GTEST_SKIP() << why;
  }
  static lab::Boot boot(lab::Supplement place, const char* arguments) {
    return lab::boot({.kernel = "6.12", .arguments = arguments}, {.configuration = kGaming,
                                                                  .systemd = GetParam().systemd,
                                                                  .us = false,
                                                                  .generator = GetParam().generator,
                                                                  .supplement = place});
  }
};

TEST_P(SupplementNextTo, ClaimsInFrontAndBehind) {
  for (const auto place : {lab::Supplement::kInFront, kBehind}) {
    const lab::Boot seen = boot(place, kFirst);
    EXPECT_TRUE(seen.claimed("0000:01:00"));
    EXPECT_TRUE(seen.left_to_host("0000:02:00"));
  }
}

TEST_P(SupplementNextTo, DoesNothingUnlessItIsStarted) {
  const lab::Boot seen = boot(kBehind, "");
  EXPECT_TRUE(seen.left_to_host("0000:01:00"));
  EXPECT_TRUE(seen.silent());
}

INSTANTIATE_TEST_SUITE_P(Long, SupplementNextTo, testing::ValuesIn(kNeighbours),
                         [](const auto& neighbour) { return neighbour.param.name; });

// No boot: vfio-verify's verdict on the images that the other tests boot, for a machine with their
// card and their configuration.
class ImageVerdict : public lab::Story {
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
        .file("/proc/cmdline", supplement ? kFirst : "quiet");
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

TEST_P(ImageVerdict, IsThatOfTheBoot) {
  for (const bool systemd : {true, false}) {
    EXPECT_EQ(verdict({.systemd = systemd}), 0) << systemd;
    EXPECT_EQ(verdict({.systemd = systemd, .us = false}), 1) << systemd;
    EXPECT_EQ(verdict({.configuration = "[gaming]\naddress = 0000:02:00\n", .systemd = systemd}), 1)
        << "another configuration than the one in the image " << systemd;
  }
  EXPECT_EQ(verdict({.systemd = false, .vfio_pci = false}), 1);
}

TEST_P(ImageVerdict, OfASupplementDependsOnTheCommandLine) {
  const lab::Initramfs supplement = {.configuration = kGaming, .us = false, .supplement = kBehind};
  EXPECT_EQ(verdict(supplement, true), 0);
  EXPECT_EQ(verdict(supplement, false), 1);  // the main image alone
}

// No image is written that would not work.
TEST(ImageOfNoKernel, IsRefusedWithASentence) {
  const auto place = std::filesystem::path(testing::TempDir()) / "image-of-no-kernel";
  std::filesystem::create_directories(place);
  FakeTree machine;
  machine.file("/etc/vfio-early.conf", kGaming);
  const std::string image = place / "image";
  const auto ending =
      lab::run({LAB_VFIO_EARLY, "--root", machine.directory(), "image", "9.9-none", "-o", image},
               place / "out", place / "err", std::chrono::seconds(600));
  EXPECT_EQ(ending.status, 1);
  const std::string said = lab::read_file(place / "err");
  EXPECT_NE(said.find("no image is written"), std::string::npos) << said;
  EXPECT_NE(said.find("/lib/modules/9.9-none/modules.dep"), std::string::npos) << said;
  EXPECT_NE(said.find("--modules"), std::string::npos) << said;
  EXPECT_FALSE(std::filesystem::exists(image));
}

ON_KERNELS(ImageVerdict, "6.12");

}  // namespace
