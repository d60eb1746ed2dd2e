// SPDX-License-Identifier: GPL-2.0-or-later
//
// The table of platforms, row by row: how `enable` builds the images, or why it refuses to.
#include "early/enable/platform_commands.h"

#include <algorithm>

#include "early/enable/hook.h"
#include "tests/unit/fake_tree.h"

namespace early::enable {
namespace {

using Names = std::vector<std::string>;

struct RowCase {
  const char* row;
  Names files;           // or "ID=debian"
  const char* rebuild;   // separated by "; "; "": refused
  const char* why = "";  // it is refused
};

constexpr const char* kStub =
    "/sys/firmware/efi/efivars/StubInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f";
constexpr const char* kLoop =
    "for kernel in /lib/modules/*; do kernel-install add \"${kernel##*/}\" \"$kernel/vmlinuz\"; done";

const RowCase kCases[] = {
    {"NixOS", {"ID=nixos"}, "", "(NixOS)"},
    {"Talos Linux", {"ID=talos"}, "", "(Talos Linux)"},
    {"Guix System", {"/run/current-system/profile/bin/guix"}, "", "(Guix System)"},
    {"rpm-ostree with bootc",
     {"/run/ostree-booted", "/usr/bin/rpm-ostree", "/usr/bin/bootc"},
     "",
     "(rpm-ostree with bootc)"},
    {"rpm-ostree", {"/run/ostree-booted", "/usr/bin/rpm-ostree"}, "", "(rpm-ostree)"},
    {"bootc", {"/run/ostree-booted", "/usr/bin/bootc"}, "", "(bootc)"},
    {"ostree", {"/run/ostree-booted"}, "", "(ostree)"},
    {"transactional-update with sdbootutil",
     {"/usr/sbin/transactional-update", "/usr/bin/sdbootutil"},
     "transactional-update --continue initrd"},
    {"transactional-update",
     {"/usr/sbin/transactional-update"},
     "transactional-update --continue initrd"},
    {"sdbootutil", {"/usr/bin/sdbootutil"}, "sdbootutil mkinitrd"},
    {"Proxmox with systemd-boot",
     {"/etc/kernel/proxmox-boot-uuids", "/usr/sbin/update-initramfs", "/usr/sbin/proxmox-boot-tool",
      "loader=systemd-boot"},
     "update-initramfs -u -k all; proxmox-boot-tool refresh"},
    {"Proxmox with GRUB",
     {"/etc/kernel/proxmox-boot-uuids", "/usr/sbin/update-initramfs",
      "/usr/sbin/proxmox-boot-tool"},
     "update-initramfs -u -k all; proxmox-boot-tool refresh"},
    {"Limine with mkinitcpio", {"/usr/bin/limine-mkinitcpio"}, "limine-mkinitcpio"},
    {"Limine with dracut", {"/usr/bin/limine-dracut"}, "limine-dracut"},
    {"kernel-install-for-dracut", {"/usr/bin/reinstall-kernels"}, "reinstall-kernels"},
    {"dracut-rebuild", {"/usr/bin/dracut-rebuild"}, "dracut-rebuild"},
    {"unified image of mkinitcpio", {"/usr/bin/mkinitcpio", kStub}, "mkinitcpio -P"},
    {"unified image of kernel-install",
     {"/usr/bin/kernel-install", "/etc/kernel/install.conf", kStub},
     kLoop},
    {"dracut with update-initramfs",
     {"/usr/bin/dracut", "/usr/sbin/update-initramfs"},
     "update-initramfs -u -k all"},
    {"initramfs-tools",
     {"/usr/sbin/update-initramfs", "/usr/sbin/mkinitramfs"},
     "update-initramfs -u -k all"},
    {"mkinitcpio", {"/usr/bin/mkinitcpio"}, "mkinitcpio -P"},
    {"dracut", {"/usr/bin/dracut"}, "dracut --force --regenerate-all"},
    {"booster", {"/usr/bin/booster"}, "", "(booster)"},
    {"tiny-initramfs", {"/usr/sbin/update-tirfs"}, "", "(tiny-initramfs)"},
    {"mkinitfs", {"/sbin/mkinitfs"}, "", "(mkinitfs)"},
    {"ugrd", {"/usr/bin/ugrd"}, "", "(ugrd)"},
    {"genkernel", {"/usr/bin/genkernel"}, "", "(genkernel)"},
    {"Debian, its generator is not installed", {"ID=debian"}, "", "find update-initramfs"},
    {"Arch, its generator is not installed",
     {"ID=arch", "/etc/mkinitcpio.conf"},
     "",
     "find mkinitcpio"},
    {"Fedora or SUSE, its generator is not installed", {"ID=fedora"}, "", "find dracut"},
    {"unknown", {}, "", "does not know how the initramfs"},
};

struct Machine {
  explicit Machine(const Names& files) {
    for (const std::string& file : files) {
      if (file.starts_with("ID="))
        tree.file("/etc/os-release", file + "\n");
      else if (file.starts_with("loader="))
        tree.file("/sys/firmware/efi/efivars/LoaderInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f",
                  file.substr(7));
      else
        tree.file(file, file == kStub ? "systemd-stub 257" : "");
    }
    platform = host::read_platform(tree.root());
  }
  FakeTree tree;
  host::Platform platform;
};

std::string text_of(const std::vector<host::Command>& commands) {
  std::string text;
  for (const host::Command& command : commands) text += (text.empty() ? "" : "; ") + shown(command);
  return text;
}

TEST(RebuildCommands, AreThoseOfTheRow) {
  for (const RowCase& each : kCases) {
    SCOPED_TRACE(each.row);
    const Machine machine(each.files);
    EXPECT_STREQ(machine.platform.image->name, each.row);
    const auto commands = rebuild_commands(machine.tree.root(), machine.platform, false);
    if (*each.rebuild) {
      ASSERT_TRUE(commands) << describe(commands.error());
      EXPECT_EQ(text_of(*commands), each.rebuild);
      for (const host::Command& command : *commands) EXPECT_TRUE(command[0].starts_with('/'));
    } else {
      ASSERT_FALSE(commands);
      EXPECT_NE(commands.error().step.find(each.why), std::string::npos) << commands.error().step;
    }
  }
}

TEST(RebuildCommands, EveryRowHasACase) {
  for (const host::PlatformRow& row : host::platforms()) {
    if (row.image.tool == host::ImageTool::kUnknown) continue;
    const bool found = std::any_of(std::begin(kCases), std::end(kCases), [&](const RowCase& each) {
      return std::string_view(each.row) == row.name;
    });
    EXPECT_TRUE(found) << row.name;
  }
}

TEST(RebuildCommands, AlsoWriteTheBootEntries) {
  Names files = {"ID=debian", "/usr/sbin/update-initramfs", "/usr/sbin/mkinitramfs",
                 "/etc/default/grub"};
  const Machine lacking(files);
  EXPECT_FALSE(rebuild_commands(lacking.tree.root(), lacking.platform, true));
  files.emplace_back("/usr/sbin/update-grub");
  const Machine debian(files);
  EXPECT_EQ(text_of(*rebuild_commands(debian.tree.root(), debian.platform, true)),
            "update-initramfs -u -k all; update-grub");
  EXPECT_EQ(text_of(*rebuild_commands(debian.tree.root(), debian.platform, false)),
            "update-initramfs -u -k all");
  // one command that does both runs once
  const Machine arch({"/usr/bin/mkinitcpio", kStub});
  EXPECT_EQ(text_of(*rebuild_commands(arch.tree.root(), arch.platform, true)), "mkinitcpio -P");
}

// initramfs-tools was replaced by dracut since.
TEST(RebuildCommands, AreThoseOfTheGeneratorThatIsInstalledNow) {
  const std::vector<host::Command> recorded = {{"/usr/sbin/update-initramfs", "-u", "-k", "all"},
                                               {"/usr/sbin/update-grub"}};
  const auto now = [&](const Names& files) {
    const auto commands = rebuild_commands_now(Machine(files).tree.root(), recorded);
    return commands ? text_of(*commands) : describe(commands.error());
  };
  const std::string update_initramfs = "/usr/sbin/update-initramfs", grub = "/etc/default/grub",
                    update_grub = "/usr/sbin/update-grub", dracut = "/usr/bin/dracut";
  EXPECT_EQ(now({update_initramfs, update_grub, dracut}),
            "update-initramfs -u -k all; update-grub");
  EXPECT_EQ(now({"ID=debian", dracut, grub, update_grub}),
            "dracut --force --regenerate-all; update-grub");
  EXPECT_EQ(now({update_grub}),
            "update-initramfs is not installed any more, and vfio-early does not know how the "
            "initramfs of this system is built");
}

TEST(RebuildCommands, OfALoopAreThoseOfItsProgram) {
  const std::vector<host::Command> recorded = {{"/bin/sh", "-e", "-c", kLoop}};
  const Machine machine({"/usr/bin/kernel-install"});
  EXPECT_EQ(*rebuild_commands_now(machine.tree.root(), recorded), recorded);
  EXPECT_FALSE(rebuild_commands_now(Machine({"/bin/sh"}).tree.root(), recorded));
}

TEST(CommandsOf, LooksForThePrograms) {
  const Machine machine({"/usr/bin/kernel-install", "/usr/sbin/grubby"});
  const host::Root root = machine.tree.root();
  EXPECT_EQ(*commands_of(root, "kernel-install add  a"),
            (std::vector<host::Command>{{"/usr/bin/kernel-install", "add", "a"}}));
  EXPECT_EQ(*commands_of(root, kLoop),
            (std::vector<host::Command>{{"/bin/sh", "-e", "-c", kLoop}}));
  EXPECT_EQ(*commands_of(root, "grubby --args=\"a\"\ngrubby -b"),
            (std::vector<host::Command>{{"/bin/sh", "-e", "-c", "grubby --args=\"a\""},
                                        {"/usr/sbin/grubby", "-b"}}));
  EXPECT_TRUE(commands_of(root, "")->empty());
  for (const char* missing :
       {"dracut", "for kernel in *; do dracut \"$kernel\"; done", "kernel-install a\ndracut \"b\""})
    EXPECT_EQ(commands_of(root, missing).error().code, ENOENT) << missing;
}

TEST(RebuildCommands, KnowWhetherTheRunningSystemSeesThem) {
  EXPECT_FALSE(rebuilds_here(Machine({"/usr/sbin/transactional-update"}).platform));
  EXPECT_TRUE(rebuilds_here(Machine({"/usr/bin/dracut"}).platform));
}

class HookTest : public testing::Test {
 protected:
  HookTest() { tree_.file("/usr/bin/mkinitcpio", ""); }
  auto hook() const { return add_hook(tree_.root(), host::read_platform(tree_.root())); }
  // The file's new text, "nothing", or why it is refused.
  std::string result() const {
    const auto change = hook();
    if (!change) return change.error().step;
    if (!*change) return "nothing";
    EXPECT_EQ((*change)->file, "/etc/mkinitcpio.conf.d/vfio-early.conf");
    return (*change)->after.value_or("removed");
  }
  FakeTree tree_;
};

constexpr const char* kDropIn = "HOOKS=(vfio-early \"${HOOKS[@]}\")\n";

TEST_F(HookTest, IsADropIn) {
  tree_.file("/etc/mkinitcpio.conf", "HOOKS=(base udev autodetect block)\n");
  EXPECT_EQ(result(), kDropIn);
  EXPECT_FALSE((*hook())->before);
  tree_.file("/etc/mkinitcpio.d/linux.preset",
             "PRESETS=('default')\ndefault_image=\"/boot/a.img\"\n");
  EXPECT_EQ(result(), kDropIn);
}

TEST_F(HookTest, IsNotNeededTwice) {
  tree_.file("/etc/mkinitcpio.conf", "HOOKS=(vfio-early base udev)\n");
  EXPECT_EQ(result(), "nothing");
  tree_.file("/etc/mkinitcpio.conf", "HOOKS=(base systemd vfio-early)\n");
  EXPECT_EQ(result(), "nothing");
}

TEST_F(HookTest, IsRefusedWhereADropInIsNotEnough) {
  EXPECT_EQ(result(), "HOOKS is not set in /etc/mkinitcpio.conf");
  tree_.file("/etc/mkinitcpio.conf", "HOOKS=(base udev vfio-early)\n");
  EXPECT_EQ(result(), "vfio-early comes after udev in HOOKS in /etc/mkinitcpio.conf");
  tree_.file("/etc/mkinitcpio.conf", "HOOKS=(base udev)\n");
  tree_.file("/etc/mkinitcpio.conf.d/zz.conf", "HOOKS=(base systemd)\n");
  EXPECT_EQ(result(), "/etc/mkinitcpio.conf.d/zz.conf sets HOOKS after a drop-in of vfio-early");
}

TEST_F(HookTest, IsRefusedIfAPresetIgnoresDropIns) {
  tree_.file("/etc/mkinitcpio.conf", "HOOKS=(base udev)\n");
  tree_.file("/etc/mkinitcpio.d/linux.preset",
             "PRESETS=('default')\nALL_config=\"/etc/mkinitcpio.conf\"\n"
             "default_image=\"/boot/a.img\"\n");
  EXPECT_EQ(result(),
            "ALL_config in /etc/mkinitcpio.d/linux.preset selects /etc/mkinitcpio.conf, so "
            "mkinitcpio ignores drop-ins");
  tree_.file("/etc/mkinitcpio.d/linux.preset",
             "PRESETS=('default')\ndefault_image=\"/boot/a.img\"\n"
             "default_options=\"-S vfio-early\"\n");
  EXPECT_EQ(result(),
            "default_options in /etc/mkinitcpio.d/linux.preset leaves out the hook vfio-early");
}

TEST_F(HookTest, IsOfMkinitcpioOnly) {
  std::filesystem::remove(tree_.directory() / "usr/bin/mkinitcpio");
  tree_.file("/usr/bin/dracut", "");
  EXPECT_EQ(result(), "nothing");
}

}  // namespace
}  // namespace early::enable
