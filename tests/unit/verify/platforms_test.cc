// SPDX-License-Identifier: GPL-2.0-or-later
//
// The table of platforms, row by row: the fewest files by which a row is recognised, and its
// remedies. Without any one of these files the row does not hold.
#include "host/platform/platforms.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <vector>

#include "host/text.h"
#include "tests/unit/fake_tree.h"
#include "tests/unit/verify/healthy.h"
#include "verify/check/platform_remedies.h"

namespace verify {
namespace {

struct RowCase {
  const char* row;
  std::vector<std::string> signs;  // a file, "ID=debian" of os-release, or "loader=systemd-boot"
  // In the remedies; "": the row does not answer the question.
  const char* include = "";  // gets vfio-early into an image
  const char* rebuild = "";
  const char* add = "";  // adds "x=1 y=2"
  const char* remove = "";
};

constexpr const char* kLoader =
    "/sys/firmware/efi/efivars/LoaderInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f";
constexpr const char* kStub =
    "/sys/firmware/efi/efivars/StubInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f";

void add_sign(const std::string& sign, FakeTree& tree) {
  if (sign.starts_with("ID=")) {
    tree.file("/etc/os-release", sign + "\n");
  } else if (sign == "loader=stub") {
    tree.file(kStub, "systemd-stub 257");
  } else if (sign.starts_with("loader=")) {
    tree.file(kLoader, sign.substr(7));
  } else {
    tree.file(sign, "");
  }
}

host::Platform platform_with(const std::vector<std::string>& signs) {
  FakeTree tree;
  for (const std::string& sign : signs) add_sign(sign, tree);
  return host::read_platform(tree.root());
}

constexpr const char* kWrite = "\n  vfio-early image \"$(uname -r)\" -o /boot/vfio-early.img";
constexpr const char* kHook = "\n  HOOKS=(vfio-early \"${HOOKS[@]}\")";

const RowCase kCases[] = {
    {"NixOS",
     {"ID=nixos"},
     "boot.initrd.prepend = [ \"${./vfio-early.img}\" ];\n  boot.kernelParams = [ \"rdinit=/vfio-early\" ];",
     "\n  nixos-rebuild boot",
     "add x=1 y=2 to boot.kernelParams",
     "\n  nixos-rebuild boot"},
    {"Talos Linux",
     {"ID=talos"},
     "\n  vfio-verify setup CARD --for talos",
     "\n  vfio-verify setup CARD --for talos",
     "add x=1 y=2 to customization.extraKernelArgs",
     "\n  talosctl upgrade --nodes NODE --image IMAGE"},
    {"Guix System",
     {"/run/current-system/profile/bin/guix"},
     "rdinit=/vfio-early to (kernel-arguments …)",
     "\n  guix system reconfigure",
     "add x=1 y=2 to (kernel-arguments …)",
     "\n  guix system reconfigure"},
    {"rpm-ostree with bootc",
     {"/run/ostree-booted", "/usr/bin/rpm-ostree", "/usr/bin/bootc"},
     "\n  RUN kernel=",
     "\n  rpm-ostree initramfs --enable",
     "\n  rpm-ostree kargs --append-if-missing=x=1 --append-if-missing=y=2",
     "\n  rpm-ostree kargs --delete-if-present=x=1 --delete-if-present=y=2"},
    {"rpm-ostree",
     {"/run/ostree-booted", "/usr/bin/rpm-ostree"},
     "\n  rpm-ostree install FILE.rpm",
     "\n  rpm-ostree initramfs --enable",
     "\n  rpm-ostree kargs --append-if-missing=x=1",
     "\n  rpm-ostree kargs --delete-if-present=x=1"},
    {"bootc",
     {"/run/ostree-booted", "/usr/bin/bootc"},
     "\n  RUN kernel=",
     "\n  bootc upgrade",
     "/usr/lib/bootc/kargs.d",
     "\n  bootc upgrade"},
    {"ostree",
     {"/run/ostree-booted"},
     "/usr is read-only",
     "/usr is read-only",
     "of the deployment",
     "of the deployment"},
    {"transactional-update with sdbootutil",
     {"/usr/sbin/transactional-update", "/usr/bin/sdbootutil"},
     "\n  transactional-update --continue initrd",
     "\n  transactional-update --continue initrd",
     "\n  sdbootutil update-all-entries",
     "remove x=1 y=2 from /etc/kernel/cmdline"},
    {"transactional-update",
     {"/usr/sbin/transactional-update"},
     "\n  transactional-update --continue initrd",
     "\n  transactional-update --continue initrd",
     "\n  transactional-update --continue grub.cfg",
     "remove x=1 y=2 from GRUB_CMDLINE_LINUX"},
    {"sdbootutil",
     {"/usr/bin/sdbootutil"},
     "\n  sdbootutil mkinitrd",
     "\n  sdbootutil mkinitrd",
     "\n  sdbootutil update-all-entries",
     "remove x=1 y=2 from /etc/kernel/cmdline"},
    {"Proxmox with systemd-boot",
     {"/etc/kernel/proxmox-boot-uuids", "loader=systemd-boot 252"},
     "\n  proxmox-boot-tool refresh",
     "\n  update-initramfs -u -k all\n  proxmox-boot-tool refresh",
     "add x=1 y=2 to /etc/kernel/cmdline",
     "\n  proxmox-boot-tool refresh"},
    {"Proxmox with GRUB",
     {"/etc/kernel/proxmox-boot-uuids"},
     "\n  proxmox-boot-tool refresh",
     "\n  update-initramfs -u -k all\n  proxmox-boot-tool refresh",
     "add x=1 y=2 to GRUB_CMDLINE_LINUX in /etc/default/grub",
     "\n  proxmox-boot-tool refresh"},
    {"Limine with mkinitcpio", {"/usr/bin/limine-mkinitcpio"}, kHook, "\n  limine-mkinitcpio"},
    {"Limine with dracut", {"/usr/bin/limine-dracut"}, "\n  limine-dracut", "\n  limine-dracut"},
    {"Limine",
     {"/usr/bin/limine-update"},
     "",
     "",
     "KERNEL_CMDLINE[default] in /etc/default/limine",
     "\n  limine-update"},
    {"kernelstub",
     {"/usr/bin/kernelstub", "loader=systemd-boot 249"},
     "",
     "",
     "\n  kernelstub --add-options \"x=1 y=2\"",
     "\n  kernelstub --delete-options \"x=1 y=2\""},
    {"clr-boot-manager",
     {"/usr/bin/clr-boot-manager"},
     "",
     "",
     "/etc/kernel/cmdline.d",
     "\n  clr-boot-manager update"},
    {"kernel-install-for-dracut",
     {"/usr/bin/reinstall-kernels"},
     "\n  reinstall-kernels",
     "\n  reinstall-kernels",
     "add x=1 y=2 to /etc/kernel/cmdline",
     "\n  reinstall-kernels"},
    {"dracut-rebuild", {"/usr/bin/dracut-rebuild"}, "\n  dracut-rebuild", "\n  dracut-rebuild"},
    {"unified image of mkinitcpio",
     {"/usr/bin/mkinitcpio", "loader=stub"},
     kHook,
     "\n  mkinitcpio -P",
     "add x=1 y=2 to /etc/kernel/cmdline",
     "\n  mkinitcpio -P"},
    {"unified image of kernel-install on Debian",
     {"ID=debian", "/usr/bin/kernel-install", "loader=stub"},
     "",
     "",
     "/boot/vmlinuz-",
     "kernel-install add"},
    {"unified image of kernel-install",
     {"/etc/kernel/install.conf", "/usr/bin/kernel-install", "loader=stub"},
     "kernel-install add",
     "kernel-install add",
     "$kernel/vmlinuz",
     "kernel-install add"},
    {"unified image of dracut",
     {"/usr/bin/dracut", "loader=stub"},
     "",
     "",
     "add x=1 y=2 to kernel_cmdline in a file in /etc/dracut.conf.d",
     "\n  dracut --force --regenerate-all"},
    {"unified image of an unknown tool",
     {"/usr/bin/kernel-install", "loader=stub"},
     "",
     "",
     "kernel-install add",
     "kernel-install add"},
    {"unified image of ukify",
     {"loader=stub"},
     "",
     "",
     "\n  ukify build",
     "--cmdline=@/etc/kernel/cmdline"},
    {"dracut with update-initramfs",
     {"/usr/sbin/update-initramfs", "/usr/bin/dracut"},
     "\n  update-initramfs -u -k all",
     "\n  update-initramfs -u -k all"},
    {"initramfs-tools",
     {"/usr/sbin/update-initramfs"},
     "\n  update-initramfs -u -k all",
     "\n  update-initramfs -u -k all"},
    {"mkinitcpio", {"/usr/bin/mkinitcpio"}, kHook, "\n  mkinitcpio -P"},
    {"dracut",
     {"/usr/sbin/dracut"},
     "\n  dracut --force --regenerate-all",
     "\n  dracut --force --regenerate-all"},
    {"booster", {"/usr/bin/booster"}, kWrite, kWrite},
    {"tiny-initramfs", {"/usr/sbin/update-tirfs"}, kWrite, kWrite},
    {"mkinitfs", {"/sbin/mkinitfs"}, kWrite, kWrite},
    {"ugrd", {"/usr/bin/ugrd"}, kWrite, kWrite},
    {"genkernel", {"/usr/bin/genkernel"}, kWrite, kWrite},
    {"Debian, its generator is not installed",
     {"ID=debian"},
     "\n  update-initramfs -u -k all",
     "\n  update-initramfs -u -k all"},
    {"Arch, its generator is not installed",
     {"ID=arch", "/etc/mkinitcpio.conf"},
     kHook,
     "\n  mkinitcpio -P"},
    {"Fedora or SUSE, its generator is not installed",
     {"ID=fedora"},
     "\n  dracut --force --regenerate-all",
     "\n  dracut --force --regenerate-all"},
    {"grubby",
     {"/usr/sbin/grubby"},
     "",
     "",
     "\n  grubby --update-kernel=ALL --args=\"x=1 y=2\"",
     "\n  grubby --update-kernel=ALL --remove-args=\"x=1 y=2\""},
    {"GRUB of Debian",
     {"ID=debian", "/etc/default/grub"},
     "",
     "",
     "add x=1 y=2 to GRUB_CMDLINE_LINUX in /etc/default/grub",
     "\n  update-grub"},
    {"GRUB of Fedora",
     {"ID=fedora", "/etc/default/grub"},
     "",
     "",
     "\n  grubby --update-kernel=ALL --args=\"x=1 y=2\"",
     "--remove-args=\"x=1 y=2\""},
    {"GRUB of SUSE",
     {"ID=opensuse", "/etc/default/grub"},
     "",
     "",
     "add x=1 y=2 to GRUB_CMDLINE_LINUX",
     "\n  grub2-mkconfig -o /boot/grub2/grub.cfg"},
    {"GRUB",
     {"/etc/default/grub"},
     "",
     "",
     "add x=1 y=2 to GRUB_CMDLINE_LINUX",
     "\n  grub-mkconfig -o /boot/grub/grub.cfg"},
    {"rEFInd", {"/boot/refind_linux.conf"}, "", "", "/boot/refind_linux.conf", "then reboot"},
    {"Limine without its tools", {"/boot/limine.conf"}, "", "", "limine.conf", "then reboot"},
    {"kernel-install of Debian",
     {"ID=debian", "loader=systemd-boot 257"},
     "",
     "",
     "add x=1 y=2 to /etc/kernel/cmdline",
     "/boot/vmlinuz-"},
    {"kernel-install of Fedora",
     {"ID=fedora", "loader=systemd-boot 257"},
     "",
     "",
     "add x=1 y=2 to /etc/kernel/cmdline",
     "$kernel/vmlinuz"},
    {"/etc/kernel/cmdline with mkinitcpio",
     {"/etc/kernel/cmdline", "/usr/bin/mkinitcpio"},
     "",
     "",
     "add x=1 y=2 to /etc/kernel/cmdline",
     "\n  mkinitcpio -P"},
    {"/etc/kernel/cmdline of Debian",
     {"/etc/kernel/cmdline", "ID=debian"},
     "",
     "",
     "add x=1 y=2 to /etc/kernel/cmdline",
     "/boot/vmlinuz-"},
    {"/etc/kernel/cmdline",
     {"/etc/kernel/cmdline"},
     "",
     "",
     "add x=1 y=2 to /etc/kernel/cmdline",
     "$kernel/vmlinuz"},
    {"systemd-boot", {"loader=systemd-boot 257"}, "", "", "loader/entries/", "then reboot"},
    {"ZFSBootMenu",
     {"/etc/zfsbootmenu/config.yaml"},
     "",
     "",
     "org.zfsbootmenu:commandline",
     "then reboot"},
    {"extlinux of Alpine",
     {"/etc/update-extlinux.conf"},
     "",
     "",
     "add x=1 y=2 to default_kernel_opts",
     "\n  update-extlinux"},
    {"u-boot-menu",
     {"/usr/sbin/u-boot-update"},
     "",
     "",
     "add x=1 y=2 to U_BOOT_PARAMETERS",
     "\n  u-boot-update"},
    {"extlinux", {"/boot/extlinux/extlinux.conf"}, "", "", "APPEND", "then reboot"},
    {"unknown",
     {},
     kWrite,
     "rebuild the initramfs and reboot",
     "add x=1 y=2 to the kernel command line",
     "remove x=1 y=2 from the kernel command line"},
};

TEST(Platforms, EachRowIsFoundByItsSigns) {
  for (const RowCase& c : kCases) {
    const host::Platform platform = platform_with(c.signs);
    if (*c.rebuild) {
      EXPECT_EQ(platform.image->name, std::string(c.row));
      EXPECT_TRUE(has_text(include_in_image(platform), c.include)) << include_in_image(platform);
      EXPECT_TRUE(has_text(rebuild_image(platform), c.rebuild)) << rebuild_image(platform);
    }
    if (*c.add) {
      EXPECT_EQ(platform.parameters->name, std::string(c.row));
      const Remedy add = add_parameter(platform, "x=1 y=2");
      const Remedy remove = remove_parameter(platform, "x=1 y=2");
      EXPECT_TRUE(has_text(add, c.add)) << add;
      EXPECT_TRUE(has_text(remove, c.remove)) << remove;
    }
  }
}

TEST(Platforms, RowNeedsAllItsSigns) {
  for (const RowCase& c : kCases)
    for (const std::string& missing : c.signs) {
      std::vector<std::string> signs = c.signs;
      std::erase(signs, missing);
      const host::Platform platform = platform_with(signs);
      EXPECT_NE(platform.image->name, std::string(c.row)) << "without " << missing;
      EXPECT_NE(platform.parameters->name, std::string(c.row)) << "without " << missing;
    }
}

TEST(Platforms, EachRowHasATest) {
  for (const host::PlatformRow& row : host::platforms()) {
    const auto is_of_row = [&](const RowCase& c) { return c.row == std::string(row.name); };
    const auto* found = std::find_if(std::begin(kCases), std::end(kCases), is_of_row);
    ASSERT_NE(found, std::end(kCases)) << row.name;
    EXPECT_EQ(*found->rebuild != '\0', row.image.tool != host::ImageTool::kUnknown) << row.name;
    EXPECT_EQ(*found->add != '\0', !row.parameters.empty()) << row.name;
  }
}

// A file that keeps a row from being used.
TEST(Platforms, InstalledToolThatIsNotUsedIsIgnored) {
  const auto image = [](const std::vector<std::string>& signs) {
    return std::string(platform_with(signs).image->name);
  };
  EXPECT_EQ(image({"/usr/sbin/update-initramfs", "/usr/bin/dracut", "/usr/sbin/mkinitramfs"}),
            "initramfs-tools");
  EXPECT_EQ(image({"/usr/bin/sdbootutil", "/boot/grub2/grub.cfg", "/usr/bin/dracut"}), "dracut");
  EXPECT_EQ(
      image({"/usr/bin/sdbootutil", "/boot/grub2/grub.cfg", "/usr/sbin/transactional-update"}),
      "transactional-update");
  EXPECT_EQ(image({"/usr/bin/bootc", "/usr/bin/rpm-ostree", "/usr/bin/dracut"}), "dracut");
}

// Whole machines, with more files than their row needs.
TEST(Platforms, RealMachinesAreRecognised) {
  const struct {
    std::vector<std::string> signs;
    const char* image;
    const char* parameters;
  } machines[] = {
      {{"ID=bazzite\nID_LIKE=\"fedora\"", "/run/ostree-booted", "/usr/bin/rpm-ostree",
        "/usr/bin/bootc", "/usr/bin/dracut", "/usr/bin/grubby", "/etc/default/grub"},
       "rpm-ostree with bootc",
       "rpm-ostree with bootc"},
      {{"ID=debian", "/etc/kernel/proxmox-boot-uuids", "/etc/kernel/cmdline", "/etc/default/grub",
        "/usr/sbin/update-initramfs", "/usr/bin/kernel-install", "loader=systemd-boot 252"},
       "Proxmox with systemd-boot",
       "Proxmox with systemd-boot"},
      {{"ID=debian", "/etc/kernel/proxmox-boot-uuids", "/etc/default/grub",
        "/usr/sbin/update-initramfs", "loader=GRUB 2.06"},
       "Proxmox with GRUB",
       "Proxmox with GRUB"},
      {{"ID=pop\nID_LIKE=\"ubuntu debian\"", "/usr/bin/kernelstub", "/usr/sbin/update-initramfs",
        "/usr/sbin/mkinitramfs", "loader=systemd-boot 249"},
       "initramfs-tools",
       "kernelstub"},
      {{"ID=cachyos\nID_LIKE=arch", "/usr/bin/limine-update", "/usr/bin/limine-mkinitcpio",
        "/usr/bin/mkinitcpio", "/usr/bin/kernel-install", "/boot/limine.conf"},
       "Limine with mkinitcpio",
       "Limine"},
      {{"ID=endeavouros\nID_LIKE=arch", "/usr/bin/reinstall-kernels", "/usr/bin/dracut-rebuild",
        "/usr/bin/dracut", "/usr/bin/kernel-install", "/etc/kernel/cmdline",
        "loader=systemd-boot 255"},
       "kernel-install-for-dracut",
       "kernel-install-for-dracut"},
      {{"ID=garuda\nID_LIKE=arch", "/usr/bin/dracut-rebuild", "/usr/bin/dracut",
        "/etc/default/grub", "loader=GRUB 2.12"},
       "dracut-rebuild",
       "GRUB"},
      {{"ID=nixos", "/boot/loader/loader.conf", "/etc/kernel/cmdline", "loader=systemd-boot 257"},
       "NixOS",
       "NixOS"},
      {{"ID=opensuse-microos\nID_LIKE=\"suse opensuse opensuse-tumbleweed\"", "/usr/bin/dracut",
        "/usr/sbin/transactional-update", "/etc/default/grub", "/boot/grub2/grub.cfg"},
       "transactional-update",
       "transactional-update"},
      {{"ID=void", "/usr/bin/dracut", "/etc/default/grub"}, "dracut", "GRUB"},
      {{"ID=gentoo", "/usr/bin/ugrd", "/usr/bin/kernel-install", "/etc/kernel/cmdline",
        "loader=systemd-boot 257"},
       "ugrd",
       "/etc/kernel/cmdline"},
      {{"ID=alpine", "/sbin/mkinitfs", "/etc/update-extlinux.conf", "/boot/extlinux.conf"},
       "mkinitfs",
       "extlinux of Alpine"},
      {{"ID=ubuntu\nID_LIKE=debian", "/usr/sbin/update-initramfs", "/usr/bin/dracut",
        "/etc/default/grub", "/usr/bin/kernel-install", "loader=GRUB 2.14"},
       "dracut with update-initramfs",
       "GRUB of Debian"},
      {{"ID=arch", "/usr/bin/booster", "/usr/bin/kernel-install", "/boot/loader/loader.conf"},
       "booster",
       "systemd-boot"},
  };
  for (const auto& machine : machines) {
    const host::Platform platform = platform_with(machine.signs);
    EXPECT_EQ(platform.image->name, std::string(machine.image));
    EXPECT_EQ(platform.parameters->name, std::string(machine.parameters));
  }
}

std::string hint_of(const std::vector<std::string>& signs) {
  FakeTree tree;
  for (const std::string& sign : signs) add_sign(sign, tree);
  const std::string command = "VFIO_EARLY_ROOT=" + tree.directory().string() +
                              " sh " VFIO_EARLY_SOURCE "/packaging/rebuild-hint";
  const std::unique_ptr<FILE, int (*)(FILE*)> output(::popen(command.c_str(), "r"), ::pclose);
  std::string text(4096, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), output.get()));
  return text;
}

// The installation prints the command, on machines that may have no vfio-verify. It does not run on
// systems that are built as a whole.
TEST(Platforms, InstallationHintHasTheSameCommand) {
  for (const RowCase& c : kCases) {
    const std::vector<std::string> built_as_a_whole = {"NixOS", "Talos Linux", "Guix System",
                                                       "bootc", "ostree"};
    if (!*c.rebuild || host::contains(built_as_a_whole, c.row)) continue;
    const Remedy::Step rebuild = rebuild_image(platform_with(c.signs)).steps().back();
    const bool installed = std::string(c.row).find("not installed") == std::string::npos;
    const std::string command = rebuild.commands.empty() || !installed
                                    ? "with the generator of this distribution"
                                    : host::join(rebuild.commands, " && ");
    EXPECT_TRUE(has_text(hint_of(c.signs), "initramfs: " + command + "\n"))
        << c.row << hint_of(c.signs);
  }
}

TEST(Platforms, PackagesAreInstalledByTheToolOfThePlatform) {
  const PackageNames names = {.debian = "d", .fedora = "f", .arch = "a", .suse = "s"};
  const auto installed = [&](const std::vector<std::string>& signs) {
    return install(platform_with(signs), names).steps().back().commands.back();
  };
  EXPECT_EQ(installed({"ID=fedora"}), "dnf install f");
  EXPECT_EQ(installed({"ID=fedora", "/run/ostree-booted", "/usr/bin/rpm-ostree"}),
            "rpm-ostree install f");
  EXPECT_EQ(installed({"ID=opensuse"}), "zypper install s");
  EXPECT_EQ(installed({"ID=opensuse", "/usr/sbin/transactional-update"}),
            "transactional-update --continue pkg install s");
}

// An image may be of another generator than the installed one.
TEST(Platforms, RowOfAGeneratorIsItsMostGeneralOne) {
  const auto command = [](host::ImageTool tool) {
    host::Platform platform;
    platform.image = &host::row_of(tool);
    return rebuild_image(platform).steps().back().commands.back();
  };
  EXPECT_EQ(command(host::ImageTool::kInitramfsTools), "update-initramfs -u -k all");
  EXPECT_EQ(command(host::ImageTool::kDracut), "dracut --force --regenerate-all");
  EXPECT_EQ(command(host::ImageTool::kMkinitcpio), "mkinitcpio -P");
  EXPECT_TRUE(command(host::ImageTool::kBooster).starts_with("vfio-early image"));
}

}  // namespace
}  // namespace verify
