// SPDX-License-Identifier: GPL-2.0-or-later
//
// The commands in texts for users, and what else is read of a platform.
#include "verify/check/platform_remedies.h"

#include <fstream>
#include <sstream>

#include "tests/unit/fake_tree.h"
#include "tests/unit/verify/healthy.h"

namespace verify {
namespace {

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

// Debian's packages conflict with those of Proxmox VE, which is also "debian".
TEST(PlatformRemedies, ProxmoxHasItsOwnPackages) {
  FakeTree tree;
  tree.file("/etc/os-release", "ID=debian\n");
  const auto command = [&](const char* debian) {
    return install(host::read_platform(tree.root()),
                   {.debian = debian, .fedora = "f", .arch = "a", .suse = "s"})
        .str();
  };
  EXPECT_TRUE(has_text(command("qemu-system-x86"), "\n  apt install qemu-system-x86"));
  tree.file("/usr/bin/pveversion", "");
  EXPECT_TRUE(has_text(command("qemu-system-x86"), "\n  apt install pve-qemu-kvm"));
  EXPECT_TRUE(has_text(command("ovmf"), "\n  apt install pve-edk2-firmware"));
}

// Ubuntu's images for clouds, for example, have such a drop-in.
TEST(PlatformRemedies, DropInOfGrubIsNamed) {
  FakeTree tree;
  tree.file("/etc/os-release", "ID=ubuntu\n")
      .file("/etc/default/grub",
            "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet iommu=off\"\n"
            "# GRUB_CMDLINE_LINUX=intel_iommu=off\nGRUB_CMDLINE_LINUX=\"\"\n");
  const auto added = [&] { return add_parameter(host::read_platform(tree.root()), "x=1"); };
  const auto removed = [&](const char* parameters) {
    return remove_parameter(host::read_platform(tree.root()), parameters);
  };
  EXPECT_TRUE(has_text(added(), "add x=1 to GRUB_CMDLINE_LINUX in /etc/default/grub, then"));
  EXPECT_TRUE(
      has_text(removed("iommu=off"), "from GRUB_CMDLINE_LINUX_DEFAULT in /etc/default/grub,"))
      << removed("iommu=off");
  EXPECT_TRUE(
      has_text(removed("intel_iommu=off"), "from GRUB_CMDLINE_LINUX in /etc/default/grub,"));

  const char* drop_in = "/etc/default/grub.d/50-cloud.cfg";
  tree.file(drop_in, "GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX nointremap\"\n");
  EXPECT_TRUE(has_text(added(), "in /etc/default/grub, then"));
  EXPECT_TRUE(has_text(removed("nointremap iommu=off"),
                       "from GRUB_CMDLINE_LINUX_DEFAULT in /etc/default/grub and "
                       "GRUB_CMDLINE_LINUX in /etc/default/grub.d/50-cloud.cfg,"))
      << removed("nointremap iommu=off");
  tree.file(drop_in, "GRUB_CMDLINE_LINUX=nointremap\n");
  EXPECT_TRUE(
      has_text(added(), "add x=1 to GRUB_CMDLINE_LINUX in /etc/default/grub.d/50-cloud.cfg,"));
  EXPECT_TRUE(
      has_text(removed("nointremap"), "GRUB_CMDLINE_LINUX in /etc/default/grub.d/50-cloud.cfg,"));
}

TEST(PlatformRemedies, ParameterIsReplacedInItsPlace) {
  host::Platform platform;
  platform.parameters = &host::row_named("GRUB of Debian");
  EXPECT_TRUE(has_text(replace_parameter(platform, "x=1,2", "x=1"),
                       "replace x=1,2 with x=1 in GRUB_CMDLINE_LINUX in /etc/default/grub, then"));
  for (const host::PlatformRow& row : host::platforms()) {
    if (*row.parameters.remove == '\0') continue;
    platform.parameters = &row;
    const Remedy remedy = replace_parameter(platform, "x=1,2", "x=1");
    ASSERT_EQ(remedy.steps().front().commands.size(), 2u);
    EXPECT_TRUE(has_text(remedy.steps().front().commands[0], "x=1,2")) << remedy;
  }
}

TEST(Platform, ReadsTheNameAndTheProcessor) {
  FakeTree tree;
  tree.file("/usr/lib/os-release", "PRETTY_NAME='Some Linux'\nID=some\n")
      .file("/proc/cpuinfo", "processor\t: 0\nvendor_id\t: GenuineIntel\n");
  const host::Platform platform = host::read_platform(tree.root());
  EXPECT_EQ(platform.name, "Some Linux");
  EXPECT_EQ(platform.cpu_vendor, "GenuineIntel");
  EXPECT_EQ(host::read_platform(FakeTree().root()).name, "");
}

}  // namespace
}  // namespace verify
