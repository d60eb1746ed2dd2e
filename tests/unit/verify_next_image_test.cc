// SPDX-License-Identifier: GPL-2.0-or-later
//
// The check guest.image: a distribution's image, and a supplement that a boot loader loads with it.
#include "tests/unit/verify_image.h"
#include "verify/checks.h"
#include "verify/next_image.h"

namespace verify {
namespace {

class NextImages : public VerifyImage {
 protected:
  NextImages() {
    Files plain = init_top("udev", "x");
    std::erase_if(plain,
                  [](const auto& file) { return file.first.find("vfio") != std::string::npos; });
    tree_.file("/boot/initrd.img-6.12.0", archive_of(plain) + "\0\0")
        .file("/boot/vfio-early.img", archive_of(supplement()));
  }

  Status next(const std::string& menu) {
    tree_.file("/boot/grub/grub.cfg", menu);
    const host::Root root = tree_.root();
    const auto configuration = plan::read_configuration(root, plan::kConfigurationFile);
    Inspection machine = *inspect(root, configuration, {plan::kConfigurationFile, {}, false});
    machine.machine.kernel_release = "6.12.0";
    machine.next_image = look_at_next_image(root, configuration, plan::kConfigurationFile, machine);
    const Finding finding = check_guest_image(machine).front();
    said_ = finding.evidence;
    return finding.status;
  }
};

constexpr const char* kFirst = "linux /vmlinuz rdinit=/vfio-early\n";
constexpr const char* kBoth = "initrd /initrd.img-6.12.0 /vfio-early.img\n";

TEST_F(NextImages, AreJudgedTogether) {
  EXPECT_EQ(next(std::string(kFirst) + kBoth), Status::kPass) << said_;
  EXPECT_TRUE(says(said_, "/boot/initrd.img-6.12.0, /boot/vfio-early.img")) << said_;
  EXPECT_EQ(next(std::string(kFirst) + "initrd /vfio-early.img /initrd.img-6.12.0\n"),
            Status::kPass)
      << said_;
  EXPECT_EQ(next(std::string(kFirst) + "initrd /vfio-early.img\ninitrd /initrd.img-6.12.0\n"),
            Status::kPass)
      << said_;
}

TEST_F(NextImages, AreJudgedAsTheFirstEntryNamesThem) {
  EXPECT_EQ(next(std::string(kFirst) + "initrd /initrd.img-6.12.0\n" + kFirst + kBoth),
            Status::kFail)
      << said_;
  EXPECT_EQ(next(std::string(kFirst) + kBoth + "linux /vmlinuz\ninitrd /initrd.img-6.12.0\n"),
            Status::kPass)
      << said_;
}

TEST_F(NextImages, AreNotStartedWithoutTheParameter) {
  EXPECT_EQ(next(std::string("linux /vmlinuz quiet\n") + kBoth), Status::kFail) << said_;
  EXPECT_EQ(next("linux /vmlinuz quiet\ninitrd /initrd.img-6.12.0\n"), Status::kFail) << said_;
}

TEST_F(NextImages, AreUnknownIfOneIsMissing) {
  EXPECT_EQ(next(std::string(kFirst) + "initrd /initrd.img-6.12.0 /other.img\n"), Status::kUnknown);
  EXPECT_TRUE(says(said_, "find other.img")) << said_;
}

}  // namespace
}  // namespace verify
