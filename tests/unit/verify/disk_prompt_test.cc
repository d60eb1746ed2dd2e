// SPDX-License-Identifier: GPL-2.0-or-later
//
// The check image.prompt: is the prompt for a disk password visible?
#include "tests/unit/verify/image.h"
#include "verify/check/checks.h"
#include "verify/check/platform_remedies.h"

namespace verify {
namespace {

constexpr const char* kHostDisplay = "/sys/bus/pci/devices/0000:00:02.0";
constexpr const char* kClaimedDisplay = "/sys/bus/pci/devices/0000:01:00.0";

// The display 0000:00:02.0 stays with the host, 0000:01:00.0 is claimed, and the firmware's output
// is on the claimed one. The initramfs asks for a password.
class DiskPromptTest : public VerifyImage {
 protected:
  DiskPromptTest() {
    tree_.function("0000:00:02.0", "8086:1234", "30000");
    tree_.file(std::string(kHostDisplay) + "/modalias",
               "pci:v00008086d00001234sv00001AF4sd00001100bc03sc00i00\n");
    std::filesystem::remove_all(tree_.directory() / "sys/bus/pci/devices/0000:02:00.0");
    tree_.file("/lib/modules/6.1.0-fake/modules.alias",
               "alias pci:v00008086d00001234sv*sd*bc03sc*i* i915\n");
    firmware_display(kClaimedDisplay);
    files_["etc/crypttab"] = "root UUID=1-2 none luks\n";
  }

  void firmware_display(const std::string& display) {
    for (const std::string device : {kHostDisplay, kClaimedDisplay})
      tree_.file(device + "/boot_vga", device == display ? "1\n" : "0\n");
  }
  void command_line(const std::string& text) { tree_.file("/etc/kernel/cmdline", text + "\n"); }
  std::string prompt() { return status(archive_of(files_), "image.prompt"); }

  Files files_ = init_top("00-vfio-early", "udev");
};

TEST_F(DiskPromptTest, MissingDriverOfTheHostsDisplayWarns) {
  EXPECT_EQ(prompt(), "warn");
  EXPECT_TRUE(has_text(message_, "etc/crypttab of the image asks for a disk password")) << message_;
  EXPECT_TRUE(has_text(message_, "no driver for this display (i915 for the kernel 6.1.0-fake)"))
      << message_;
  EXPECT_TRUE(has_text(message_, "echo i915 >> /etc/initramfs-tools/modules")) << message_;
  EXPECT_TRUE(has_text(message_, "update-initramfs -u -k all")) << message_;
}

TEST_F(DiskPromptTest, DriverInTheImagePasses) {
  files_[std::string(kModules) + "kernel/i915.ko.xz"] = "x";
  EXPECT_EQ(prompt(), "pass") << message_;
  files_.erase(std::string(kModules) + "kernel/i915.ko.xz");
  files_[std::string(kModules) + "modules.builtin"] = "kernel/i915.ko\n";
  EXPECT_EQ(prompt(), "pass") << message_;
  command_line("quiet nomodeset");
  EXPECT_EQ(prompt(), "warn") << "no driver draws with nomodeset";
  EXPECT_TRUE(has_text(message_, "remove nomodeset from")) << message_;
}

TEST_F(DiskPromptTest, FirmwareFramebufferOnTheHostsDisplayPasses) {
  firmware_display(kHostDisplay);
  EXPECT_EQ(prompt(), "pass") << message_;
  EXPECT_TRUE(has_text(message_, "on the firmware's framebuffer")) << message_;
  command_line("quiet nomodeset");
  EXPECT_EQ(prompt(), "pass") << message_;
  for (const char* parameter :
       {"video=efifb:off", "video=vesafb:off,efifb:off", "initcall_blacklist=sysfb_init"}) {
    command_line(parameter);
    EXPECT_EQ(prompt(), "warn") << parameter;
    EXPECT_TRUE(has_text(message_, "switches the firmware's framebuffer off")) << message_;
  }
}

TEST_F(DiskPromptTest, UnknownDisplayOfTheFirmwareIsNotOneOfTheHost) {
  firmware_display("");
  EXPECT_EQ(prompt(), "warn");
  EXPECT_TRUE(has_text(message_, "it is unknown which display")) << message_;
}

TEST_F(DiskPromptTest, NoDisplayOfTheHostWarns) {
  std::filesystem::remove_all(tree_.directory() / "sys/bus/pci/devices/0000:00:02.0");
  EXPECT_EQ(prompt(), "warn");
  EXPECT_TRUE(has_text(message_, "no display stays with the host")) << message_;
  tree_.function("0000:00:02.0", "8086:1234", "30000");
  tree_.link(std::string(kHostDisplay) + "/physfn", "../0000:00:03.0");
  EXPECT_EQ(prompt(), "warn") << "a virtual function shows nothing";
}

TEST_F(DiskPromptTest, SkippedIfNothingAsks) {
  for (const char* text : {"", "# root UUID=1-2 none\n", "swap /dev/sda2 /dev/urandom swap\n",
                           "root UUID=1-2 /cryptroot/keyfiles/root.key luks\n"}) {
    files_["etc/crypttab"] = text;
    EXPECT_EQ(prompt(), "skip") << text << message_;
  }
  files_.erase("etc/crypttab");
  EXPECT_EQ(prompt(), "skip") << message_;
  command_line("root=/dev/sda1 rd.luks.options=discard");
  EXPECT_EQ(prompt(), "skip") << message_;
}

TEST_F(DiskPromptTest, CommandLineAsks) {
  files_.erase("etc/crypttab");
  for (const char* parameter : {"rd.luks.uuid=luks-1", "rd.luks.name=1=root", "luks.uuid=1",
                                "cryptdevice=UUID=1:root", "rd.luks=1 rd.luks.uuid=1"}) {
    command_line(parameter);
    EXPECT_EQ(prompt(), "warn") << parameter << message_;
  }
  for (const char* parameters : {"rd.luks=0 rd.luks.uuid=1", "rd.luks.uuid=1 rd.luks.key=/key",
                                 "cryptdevice=x:y cryptkey=z"}) {
    command_line(parameters);
    EXPECT_EQ(prompt(), "skip") << parameters << message_;
  }
  command_line("cryptdevice=x:y");
  files_["crypto_keyfile.bin"] = "key";
  EXPECT_EQ(prompt(), "skip") << message_;
}

TEST_F(DiskPromptTest, EncryptedRootAsks) {
  files_.erase("etc/crypttab");
  tree_.file(
      "/proc/self/mountinfo",
      "22 1 0:21 / /proc rw - proc proc rw\n29 1 254:1 / / rw - ext4 /dev/mapper/v-root rw\n");
  tree_.file("/sys/dev/block/254:1/dm/uuid", "LVM-abc\n")
      .file("/sys/dev/block/254:1/slaves/dm-0/dev", "254:0\n")
      .file("/sys/class/block/dm-0/dm/uuid", "LVM-def\n");
  EXPECT_EQ(prompt(), "skip") << message_;
  tree_.file("/sys/class/block/dm-0/dm/uuid", "CRYPT-LUKS2-1-root\n");
  EXPECT_EQ(prompt(), "warn") << message_;
  // btrfs: the number is not that of a block device.
  tree_.file("/proc/self/mountinfo", "29 1 0:30 /@ / rw - btrfs /dev/mapper/root rw,subvol=/@\n")
      .file("/sys/class/block/dm-0/dm/name", "root\n");
  EXPECT_EQ(prompt(), "warn") << message_;
  tree_.file("/proc/self/mountinfo", "29 1 0:30 /@ / rw - btrfs /dev/sda2 rw,subvol=/@\n");
  EXPECT_EQ(prompt(), "skip") << message_;
}

TEST_F(DiskPromptTest, CrypttabOfThisMachineAsks) {
  files_.erase("etc/crypttab");
  tree_.file("/etc/crypttab", "root UUID=1-2 none luks\nhome UUID=3-4 none luks\n");
  EXPECT_EQ(prompt(), "skip") << "not for the root file system: " << message_;
  tree_.file("/etc/fstab", "/dev/mapper/root / ext4 defaults 0 1\n");
  EXPECT_EQ(prompt(), "warn") << message_;
  EXPECT_TRUE(has_text(message_, "/etc/crypttab asks for")) << message_;
  tree_.file("/etc/fstab", "UUID=5 / ext4 defaults 0 1\n");
  tree_.file("/etc/crypttab", "root UUID=1-2 - luks,x-initrd.attach\n");
  EXPECT_EQ(prompt(), "warn") << message_;
  tree_.file("/etc/crypttab", "root UUID=1-2 /etc/key luks,x-initrd.attach\n");
  EXPECT_EQ(prompt(), "skip") << message_;
}

TEST_F(DiskPromptTest, OtherPlacesForTheAnswerPass) {
  command_line("console=tty0 console=ttyS0,115200");
  EXPECT_EQ(prompt(), "pass") << message_;
  EXPECT_TRUE(has_text(message_, "the serial console ttyS0")) << message_;
  command_line("console=ttyS0 console=tty0");
  EXPECT_EQ(prompt(), "warn") << "the last console counts";
  files_["usr/sbin/dropbear"] = "x";
  EXPECT_EQ(prompt(), "pass") << message_;
  EXPECT_TRUE(has_text(message_, "by SSH")) << message_;
}

// The modules of the supplement are not those of the image that asks.
TEST_F(DiskPromptTest, SupplementIsNotTheImageThatAsks) {
  command_line("rdinit=/vfio-early");
  EXPECT_EQ(status(archive_of(supplement()), "image.prompt"), "skip") << message_;
  Files main = init_top("udev", "x");
  std::erase_if(
      main, [](const auto& file) { return file.first.find("vfio-early") != std::string::npos; });
  main["etc/crypttab"] = "root UUID=1-2 none luks\n";
  const auto together = [&] {
    return status(archive_of(main) + archive_of(supplement()), "image.prompt");
  };
  EXPECT_EQ(together(), "warn") << message_;
  main[std::string(kModules) + "kernel/i915.ko"] = "x";
  EXPECT_EQ(together(), "pass") << message_;
}

// Each display has its own drivers, for each kernel of the image.
TEST_F(DiskPromptTest, EveryDisplayOfTheHostIsCompared) {
  tree_.function("0000:00:03.0", "8086:5678", "30000");
  tree_.file("/sys/bus/pci/devices/0000:00:03.0/modalias",
             "pci:v00008086d00005678sv00001AF4sd00001100bc03sc00i00\n");
  tree_.file("/lib/modules/6.1.0-fake/modules.alias",
             "alias pci:v00008086d00001234sv*sd*bc03sc*i* i915\n"
             "alias pci:v00008086d00005678sv*sd*bc03sc*i* xe\n");
  EXPECT_EQ(prompt(), "warn");
  EXPECT_TRUE(has_text(message_, "(i915 for the kernel")) << message_;
  files_[std::string(kModules) + "kernel/xe.ko.xz"] = "x";
  EXPECT_EQ(prompt(), "pass") << message_;
}

TEST_F(DiskPromptTest, UnknownDriversAdvise) {
  std::filesystem::remove(tree_.directory() / "lib/modules/6.1.0-fake/modules.alias");
  EXPECT_EQ(prompt(), "unknown") << message_;
  const Findings findings = image_findings(archive_of(files_));
  EXPECT_EQ(verdict(findings), Status::kPass) << "it can at worst warn";
}

TEST_F(DiskPromptTest, RemedyIsThatOfTheGenerator) {
  const auto with = [](host::ImageTool tool) {
    host::Platform platform;
    platform.image = &host::row_of(tool);
    return include_module(platform, "amdgpu").str();
  };
  EXPECT_TRUE(has_text(with(host::ImageTool::kDracut),
                       "echo 'add_drivers+=\" amdgpu \"' > /etc/dracut.conf.d/amdgpu.conf"));
  EXPECT_TRUE(has_text(with(host::ImageTool::kMkinitcpio),
                       "echo 'MODULES+=(amdgpu)' > /etc/mkinitcpio.conf.d/amdgpu.conf"));
  EXPECT_EQ(with(host::ImageTool::kBooster), "add the driver amdgpu to the initramfs and reboot");
}

}  // namespace
}  // namespace verify
