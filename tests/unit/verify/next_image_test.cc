// SPDX-License-Identifier: GPL-2.0-or-later
//
// The check guest.image: a distribution's image, and a supplement that a boot loader loads with it.
#include "verify/inspect/image/next_image.h"

#include "tests/unit/verify/image.h"
#include "verify/check/checks.h"
#include "verify/inspect_machine.h"

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
    const auto configuration = config::read_configuration(root, config::kConfigurationFile);
    Inspection machine = *inspect(root, configuration, {config::kConfigurationFile, {}, false});
    machine.machine.kernel_release = "6.12.0";
    machine.next_image =
        inspect_next_image(root, configuration, config::kConfigurationFile, machine);
    const Finding finding = findings_of("guest.image", machine).front();
    message_ = finding.evidence;
    return finding.status;
  }
};

constexpr const char* kLinuxLine = "linux /vmlinuz rdinit=/vfio-early\n";
constexpr const char* kInitrdLine = "initrd /initrd.img-6.12.0 /vfio-early.img\n";

TEST_F(NextImages, AreJudgedTogether) {
  EXPECT_EQ(next(std::string(kLinuxLine) + kInitrdLine), Status::kPass) << message_;
  EXPECT_TRUE(has_text(message_, "/boot/initrd.img-6.12.0, /boot/vfio-early.img")) << message_;
  EXPECT_EQ(next(std::string(kLinuxLine) + "initrd /vfio-early.img /initrd.img-6.12.0\n"),
            Status::kPass)
      << message_;
  EXPECT_EQ(next(std::string(kLinuxLine) + "initrd /vfio-early.img\ninitrd /initrd.img-6.12.0\n"),
            Status::kPass)
      << message_;
}

TEST_F(NextImages, FirstMenuEntryDecides) {
  EXPECT_EQ(
      next(std::string(kLinuxLine) + "initrd /initrd.img-6.12.0\n" + kLinuxLine + kInitrdLine),
      Status::kFail)
      << message_;
  EXPECT_EQ(
      next(std::string(kLinuxLine) + kInitrdLine + "linux /vmlinuz\ninitrd /initrd.img-6.12.0\n"),
      Status::kPass)
      << message_;
}

TEST_F(NextImages, FailWithoutTheParameter) {
  EXPECT_EQ(next(std::string("linux /vmlinuz quiet\n") + kInitrdLine), Status::kFail) << message_;
  EXPECT_EQ(next("linux /vmlinuz quiet\ninitrd /initrd.img-6.12.0\n"), Status::kFail) << message_;
}

TEST_F(NextImages, AreUnknownIfOneIsMissing) {
  EXPECT_EQ(next(std::string(kLinuxLine) + "initrd /initrd.img-6.12.0 /other.img\n"),
            Status::kUnknown);
  EXPECT_TRUE(has_text(message_, "find other.img")) << message_;
}

}  // namespace
}  // namespace verify
