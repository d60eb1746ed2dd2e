// SPDX-License-Identifier: GPL-2.0-or-later
//
// The check guest.image: a distribution's image, and a supplement that a boot loader loads with it.
// `image --all`: the images of all installed kernels.
#include "verify/inspect/image/next_image.h"

#include "tests/unit/verify/image.h"
#include "verify/check/checks.h"
#include "verify/commands.h"
#include "verify/inspect/boot/installed_images.h"
#include "verify/inspect_machine.h"
#include "verify/options.h"

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
    machine.next_image = inspect_next_image(BootConfiguration(root), configuration,
                                            config::kConfigurationFile, machine);
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

// A machine with two kernels: 6.12.0 runs, and only its image has vfio-early.
class InstalledImagesTest : public VerifyImage {
 protected:
  InstalledImagesTest() {
    tree_.file("/boot/initrd.img-6.12.0", archive_of(with_))
        .file("/boot/initrd.img-6.1.0", archive_of(without_vfio_early()))
        .file("/lib/modules/6.12.0/modules.dep", "")
        .file("/lib/modules/6.1.0/modules.dep", "");
  }

  Files without_vfio_early() const {
    Files files = with_;
    std::erase_if(
        files, [](const auto& file) { return file.first.find("vfio-early") != std::string::npos; });
    return files;
  }
  std::vector<std::string> found() const {
    std::vector<std::string> files;
    for (const InstalledImage& image :
         installed_images(BootConfiguration(tree_.root()), host::read_mkinitcpio(tree_.root()))
             .images)
      files.push_back(image.file + " " + image.release);
    return files;
  }
  Inspection inspection() const {
    const host::Root root = tree_.root();
    const auto configuration = config::read_configuration(root, config::kConfigurationFile);
    Inspection machine = *inspect(root, configuration, {config::kConfigurationFile, {}, false});
    machine.machine.kernel_release = "6.12.0";
    machine.next_image = inspect_next_image(BootConfiguration(root), configuration,
                                            config::kConfigurationFile, machine);
    machine.other_images =
        inspect_images(BootConfiguration(root), configuration, config::kConfigurationFile, machine,
                       std::nullopt, machine.next_image->candidates);
    return machine;
  }
  JudgedImages all() const {
    const host::Root root = tree_.root();
    const auto configuration = config::read_configuration(root, config::kConfigurationFile);
    return inspect_images(BootConfiguration(root), configuration, config::kConfigurationFile,
                          *inspect(root, configuration, {config::kConfigurationFile, {}, false}));
  }

  Files with_ = init_top("00-vfio-early", "udev");
};

using Words = std::vector<std::string>;

TEST_F(InstalledImagesTest, EachHasAVerdict) {
  const JudgedImages images = all();
  ASSERT_EQ(images.images.size(), 2u);
  EXPECT_EQ(images.images[0].file, "/boot/initrd.img-6.1.0");
  EXPECT_EQ(verdict(images.images[0].findings), Status::kFail);
  EXPECT_EQ(images.images[1].file, "/boot/initrd.img-6.12.0");
  EXPECT_EQ(verdict(images.images[1].findings), Status::kPass);
  EXPECT_EQ(images.images[1].releases, "6.1.0-fake") << "of the modules in it";
}

TEST_F(InstalledImagesTest, OneThatCannotBeReadIsUnknown) {
  tree_.file("/boot/grub/grub.cfg", "linux /vmlinuz-6.1.0\ninitrd /initrd.img-6.1.0 /more.img\n");
  const JudgedImages images = all();
  EXPECT_EQ(verdict(images.images[0].findings), Status::kUnknown);
  EXPECT_EQ(images.images[0].findings.front().id, "image.readable");
}

TEST_F(InstalledImagesTest, GuestImageWarnsAboutAnotherKernel) {
  Findings findings = findings_of("guest.image", inspection());
  ASSERT_EQ(findings.size(), 2u);
  EXPECT_EQ(findings[0].status, Status::kPass) << findings[0].evidence;
  EXPECT_EQ(findings[1].status, Status::kWarn) << findings[1].evidence;
  EXPECT_TRUE(has_text(findings[1].evidence, "a boot from /boot/initrd.img-6.1.0 (kernel 6.1.0"))
      << findings[1].evidence;
  EXPECT_TRUE(has_text(findings[1].remedy, "update-initramfs -u -k all")) << findings[1].remedy;
  tree_.file("/boot/initrd.img-6.1.0", archive_of(with_));
  findings = findings_of("guest.image", inspection());
  ASSERT_EQ(findings.size(), 1u) << findings[1].evidence;
  EXPECT_EQ(findings[0].status, Status::kPass);
  // One remedy is enough if the next image fails, too.
  for (const char* file : {"/boot/initrd.img-6.1.0", "/boot/initrd.img-6.12.0"})
    tree_.file(file, archive_of(without_vfio_early()));
  findings = findings_of("guest.image", inspection());
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].status, Status::kFail);
}

TEST_F(InstalledImagesTest, BackupsAndLeftoversAreNoImages) {
  tree_.file("/boot/initrd.img-6.12.0.bak", "x")
      .file("/boot/initramfs-0-rescue-0a1b.img", "x")
      .file("/boot/initramfs-6.12.0kdump.img", "x")
      .file("/boot/initrd.img-5.10.0", "x")
      .file("/boot/intel-ucode.img", "x")
      .link("/boot/initrd.img", "initrd.img-6.12.0");
  EXPECT_EQ(found(), (Words{"/boot/initrd.img-6.1.0 6.1.0", "/boot/initrd.img-6.12.0 6.12.0"}));
  tree_.file("/boot/vmlinuz-5.10.0", "x");
  EXPECT_EQ(found().size(), 3u) << "its kernel is still there";
}

TEST_F(InstalledImagesTest, AreFoundInTheDirectoriesOfEachBootLoader) {
  std::filesystem::remove_all(tree_.directory() / "boot");
  tree_.file("/etc/machine-id", "0a1b\n")
      .file("/efi/0a1b/6.12.0/initrd", "x")
      .file("/efi/0a1b/6.12.0/linux", "x")
      .file("/efi/EFI/Linux/0a1b-6.1.0.efi", "x")
      .file("/boot/EFI/nixos/abc-initrd-linux-6.6.1-initrd.efi", "x")
      .file("/boot/ostree/fedora-1/initramfs-6.12.0.img", "x")
      .file("/boot/initramfs-linux-lts-fallback.img", "x")
      .file("/lib/modules/6.1.0/pkgbase", "linux-lts\n")
      .file("/etc/mkinitcpio.d/linux.preset", "PRESETS=(default)\ndefault_image=/images/arch.img\n")
      .file("/images/arch.img", "x");
  EXPECT_EQ(found(), (Words{"/boot/EFI/nixos/abc-initrd-linux-6.6.1-initrd.efi ",
                            "/boot/initramfs-linux-lts-fallback.img 6.1.0",
                            "/boot/ostree/fedora-1/initramfs-6.12.0.img 6.12.0",
                            "/efi/0a1b/6.12.0/initrd 6.12.0", "/efi/EFI/Linux/0a1b-6.1.0.efi ",
                            "/images/arch.img "}));
}

// Runs `vfio-verify image` with these arguments, and returns what it prints.
std::string output_of(const host::Root& root, Words arguments, int exit_code) {
  std::vector<const char*> words = {"vfio-verify", "image"};
  for (const std::string& argument : arguments) words.push_back(argument.c_str());
  const auto parsed = parse_options(commands(), static_cast<int>(words.size()), words.data());
  testing::internal::CaptureStdout();
  EXPECT_EQ(parsed.options->command->run(root, *parsed.options), exit_code);
  return testing::internal::GetCapturedStdout();
}

TEST_F(InstalledImagesTest, CommandPrintsAVerdictForEach) {
  const host::Root root = tree_.root();
  const std::string text = output_of(root, {"--all"}, kExitFail);
  EXPECT_TRUE(has_text(text, "FAIL: /boot/initrd.img-6.1.0 (kernel 6.1.0-fake)\n  FAIL")) << text;
  EXPECT_TRUE(has_text(text, "PASS: /boot/initrd.img-6.12.0 (kernel 6.1.0-fake)\n")) << text;
  EXPECT_TRUE(has_text(text, "FAIL: a boot from 1 of 2 images does not bind the cards")) << text;
  EXPECT_TRUE(output_of(root, {"--all", "-q"}, kExitFail).starts_with("FAIL: /boot")) << "quiet";
  const std::string json = output_of(root, {"--all", "--format", "json"}, kExitFail);
  EXPECT_TRUE(has_text(json, "\"subject\": \"/boot/initrd.img-6.12.0\"")) << json;
  tree_.file("/boot/initrd.img-6.1.0", archive_of(with_));
  EXPECT_TRUE(has_text(output_of(root, {"--all"}, kExitPass), "PASS: a boot from each of these"));
}

TEST_F(InstalledImagesTest, WorstStatusIsTheExitStatus) {
  tree_.file("/boot/initrd.img-6.1.0", "damaged");
  EXPECT_TRUE(has_text(output_of(tree_.root(), {"--all"}, kExitUnknown),
                       "INCONCLUSIVE: /boot/initrd.img-6.1.0"));
  std::filesystem::remove_all(tree_.directory() / "boot");
  output_of(tree_.root(), {"--all"}, kExitUnknown);
}

TEST_F(InstalledImagesTest, CommandNeedsAFileOrAll) {
  const host::Root root = tree_.root();
  output_of(root, {}, kExitUsage);
  output_of(root, {"--all", "x"}, kExitUsage);
  output_of(root, {"/nonexistent"}, kExitUsage);
  output_of(root, {tree_.directory().string()}, kExitUsage);
  output_of(root, {"/dev/null"}, kExitUnknown);
}

// kernel-install(8) gives the images of all kernels the same name.
TEST_F(InstalledImagesTest, EachInitrdHasTheEntryOfItsKernel) {
  const auto entry = [&](const std::string& release, const std::string& options) {
    const std::string directory = "/0a1b/" + release;
    tree_
        .file("/boot/loader/entries/" + release + ".conf",
              "linux " + directory + "/linux\ninitrd " + directory + "/initrd\noptions " + options)
        .file("/boot" + directory + "/linux", "x")
        .file("/boot" + directory + "/initrd", archive_of(with_));
  };
  std::filesystem::remove_all(tree_.directory() / "boot");
  tree_.file("/etc/machine-id", "0a1b\n");
  entry("6.1.0-fake", "vfio_early=off\n");
  entry("6.12.0", "quiet\n");
  const JudgedImages images = all();
  ASSERT_EQ(images.images.size(), 2u);
  const auto started = [&](size_t i) {
    for (const Finding& finding : images.images[i].findings)
      if (finding.id == "image.started") return finding.status;
    return Status::kSkip;
  };
  EXPECT_EQ(images.images[0].file, "/boot/0a1b/6.1.0-fake/initrd");
  EXPECT_EQ(started(0), Status::kFail);
  EXPECT_EQ(started(1), Status::kPass);
}

}  // namespace
}  // namespace verify
