// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/check/platform_remedies.h"

#include <fstream>
#include <sstream>

#include "tests/unit/fake_tree.h"
#include "tests/unit/verify/healthy.h"

namespace verify {
namespace {

Platform platform_of(const std::string& os_release, std::initializer_list<const char*> files) {
  FakeTree tree;
  tree.file("/etc/os-release", os_release);
  for (const char* file : files) tree.file(file, "");
  return read_platform(tree.root());
}

struct Case {
  const char* os_release;
  std::initializer_list<const char*> files;
  const char* parameter;  // in the remedy that adds one
  const char* image;      // in the remedy that rebuilds the initramfs
};

TEST(PlatformRemedies, MatchThePlatform) {
  const Case cases[] = {
      {"ID=debian\n",
       {"/etc/default/grub", "/usr/sbin/update-initramfs", "/usr/bin/dracut"},
       "\n  update-grub",
       "\n  update-initramfs -u -k all"},
      {"ID=debian\n",
       {"/etc/default/grub", "/usr/bin/dracut"},
       "\n  update-grub",
       "\n  dracut --force --regenerate-all"},
      {"ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n",
       {"/etc/default/grub"},
       "\n  update-grub",
       "\n  update-initramfs -u -k all"},
      {"ID=fedora\n",
       {"/usr/bin/grubby", "/usr/bin/dracut"},
       "\n  grubby --update-kernel=ALL --args=\"x=1\"",
       "\n  dracut --force --regenerate-all"},
      {"ID=arch\n",
       {"/etc/default/grub", "/usr/bin/mkinitcpio"},
       "\n  grub-mkconfig -o /boot/grub/grub.cfg",
       "\n  mkinitcpio -P"},
      {"ID=\"opensuse-tumbleweed\"\nID_LIKE=\"opensuse suse\"\n",
       {"/etc/default/grub"},
       "\n  grub2-mkconfig -o /boot/grub2/grub.cfg",
       "\n  dracut --force --regenerate-all"},
      {"ID=arch\n", {"/boot/loader/loader.conf"}, "loader/entries/", "\n  mkinitcpio -P"},
      {"ID=arch\n",
       {"/etc/kernel/cmdline", "/usr/bin/mkinitcpio"},
       "/etc/kernel/cmdline",
       "\n  mkinitcpio -P"},
      {"ID=arch\n",
       {"/boot/refind_linux.conf", "/usr/bin/mkinitcpio"},
       "/boot/refind_linux.conf",
       "\n  mkinitcpio -P"},
      {"", {}, "your boot loader's configuration", "rebuild the initramfs and reboot"},
  };
  for (const Case& c : cases) {
    const Platform platform = platform_of(c.os_release, c.files);
    const Remedy parameter = add_parameter(platform, "x=1");
    EXPECT_TRUE(has_text(parameter, c.parameter) && has_text(parameter, "x=1")) << parameter;
    EXPECT_TRUE(has_text(rebuild_image(platform), c.image)) << rebuild_image(platform);
    EXPECT_TRUE(has_text(remove_parameter(platform, "x=1"), "x=1"));
  }
}

// Each text with such a command rebuilds the images of all kernels, because the next boot may use a
// kernel that is not the newest.
TEST(RebuildCommand, IsForAllKernelsInEveryText) {
  for (const char* file :
       {"README.md", "early/vfio-early.8.scd", "early/vfio-early.conf.5.scd",
        "early/vfio-early.conf.example", "verify/vfio-verify.8.scd.in", "packaging/rebuild-hint",
        "packaging/arch/vfio-early.install", "mkinitcpio/install/vfio-early"}) {
    std::stringstream read;
    read << std::ifstream(std::string(VFIO_EARLY_SOURCE) + "/" + file).rdbuf();
    const std::string text = read.str();
    ASSERT_FALSE(text.empty()) << file;
    for (const auto& [command, all] :
         {std::pair("update-initramfs -u", " -k all"), std::pair("dracut -f", " --regenerate-all"),
          std::pair("dracut --force", " --regenerate-all"), std::pair("mkinitcpio -p", " never")})
      for (size_t at = text.find(command); at != text.npos; at = text.find(command, at + 1))
        EXPECT_TRUE(text.substr(at + std::string(command).size()).starts_with(all))
            << file << ": " << text.substr(at, 40);
  }
}

TEST(RebuildCommand, MatchesTheInstallationHint) {
  std::stringstream hint;
  hint << std::ifstream(VFIO_EARLY_SOURCE "/packaging/rebuild-hint").rdbuf();
  for (const ImageTool tool :
       {ImageTool::kUpdateInitramfs, ImageTool::kDracut, ImageTool::kMkinitcpio}) {
    Platform platform;
    platform.image_tool = tool;
    const std::string command = rebuild_image(platform).steps().back().commands.back();
    EXPECT_TRUE(has_text(hint.str(), "command=\"" + command + "\"\n")) << command;
  }
}

// The command line of a unified kernel image is part of the image.
TEST(PlatformRemedies, UnifiedImageMustBeRebuilt) {
  const char* stub = "/sys/firmware/efi/efivars/StubInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f";
  const auto added = [&](std::initializer_list<const char*> files) {
    FakeTree tree;
    tree.file(stub, "systemd-stub").file("/etc/default/grub", "");
    for (const char* file : files) tree.file(file, "");
    return add_parameter(read_platform(tree.root()), "x=1");
  };
  EXPECT_TRUE(has_text(added({"/usr/bin/mkinitcpio"}), "\n  mkinitcpio -P"));
  EXPECT_TRUE(has_text(added({"/usr/bin/kernel-install"}), "\n  kernel-install add"));
  EXPECT_TRUE(has_text(added({}), "ukify --cmdline=@/etc/kernel/cmdline"));
  EXPECT_TRUE(has_text(added({}), "add x=1 to /etc/kernel/cmdline"));
}

TEST(Platform, ReadsTheNameAndTheProcessor) {
  FakeTree tree;
  tree.file("/usr/lib/os-release", "PRETTY_NAME='Some Linux'\nID=some\n")
      .file("/proc/cpuinfo", "processor\t: 0\nvendor_id\t: GenuineIntel\n");
  const Platform platform = read_platform(tree.root());
  EXPECT_EQ(platform.name, "Some Linux");
  EXPECT_EQ(platform.cpu_vendor, "GenuineIntel");
  EXPECT_EQ(read_platform(FakeTree().root()).name, "");
}

}  // namespace
}  // namespace verify
