// SPDX-License-Identifier: GPL-2.0-or-later
//
// Finds the boot loader that started this kernel.
#include "host/boot_loader.h"

#include "tests/unit/fake_tree.h"

namespace host {
namespace {

constexpr const char* kVariables = "/sys/firmware/efi/efivars/";
constexpr const char* kVendor = "-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f";

// The format of an EFI variable: attributes, then UTF-16.
std::string utf16(const std::string& text) {
  std::string variable("\6\0\0\0", 4);
  for (const char c : text) variable += std::string{c, '\0'};
  return variable;
}

TEST(BootLoader, IsTheOneThatStartedTheKernel) {
  FakeTree tree;
  const auto found = [&] { return find_boot_loader(tree.root()); };
  EXPECT_EQ(found(), BootLoader::kOther);
  tree.file("/efi/loader/loader.conf", "");
  EXPECT_EQ(found(), BootLoader::kSystemdBoot);
  tree.file("/etc/default/grub", "");
  EXPECT_EQ(found(), BootLoader::kGrub);
  tree.file(kVariables + std::string("LoaderInfo") + kVendor, utf16("systemd-boot 252"));
  EXPECT_EQ(found(), BootLoader::kSystemdBoot);
  tree.file(kVariables + std::string("LoaderInfo") + kVendor, utf16("rEFInd 0.14.0"));
  EXPECT_EQ(found(), BootLoader::kRefind);
  tree.file(kVariables + std::string("StubInfo") + kVendor, "systemd-stub");
  EXPECT_EQ(found(), BootLoader::kUnifiedImage);
  tree.file("/etc/NIXOS", "");
  EXPECT_EQ(found(), BootLoader::kNixos);
}

// If GRUB is installed too, the command line decides which of the two started the kernel.
TEST(BootLoader, CommandLineDistinguishesRefindFromGrub) {
  FakeTree tree;
  tree.file("/boot/refind_linux.conf", "").file("/proc/cmdline", "root=/dev/sda2 initrd=\\x.img\n");
  EXPECT_EQ(find_boot_loader(tree.root()), BootLoader::kRefind);
  tree.file("/etc/default/grub", "");
  EXPECT_EQ(find_boot_loader(tree.root()), BootLoader::kRefind);
  tree.file("/proc/cmdline", "BOOT_IMAGE=/vmlinuz root=/dev/sda2\n");
  EXPECT_EQ(find_boot_loader(tree.root()), BootLoader::kGrub);
}

TEST(BootLoader, LimineIsRecognised) {
  FakeTree tree;
  tree.file("/efi/loader/loader.conf", "").file("/boot/limine.conf", "");
  EXPECT_EQ(find_boot_loader(tree.root()), BootLoader::kLimine);
  tree.file("/etc/default/grub", "").file("/proc/cmdline", "BOOT_IMAGE=/vmlinuz\n");
  EXPECT_EQ(find_boot_loader(tree.root()), BootLoader::kGrub);
  tree.file(kVariables + std::string("LoaderInfo") + kVendor, utf16("Limine 9.3.0"));
  EXPECT_EQ(find_boot_loader(tree.root()), BootLoader::kLimine);
}

// Proxmox on ZFS, if the EFI variables cannot be read: GRUB is installed, too.
TEST(BootLoader, CommandLineDistinguishesSystemdBootFromGrub) {
  FakeTree tree;
  tree.file("/etc/default/grub", "").file("/boot/loader/entries/x.conf", "");
  tree.file("/proc/cmdline", "placeholder root=/dev/mapper/root ro\n");
  EXPECT_EQ(find_boot_loader(tree.root()), BootLoader::kGrub);  // for example Xen's dom0
  tree.file("/proc/cmdline", "initrd=\\EFI\\proxmox\\initrd.img root=ZFS=rpool/ROOT\n");
  EXPECT_EQ(find_boot_loader(tree.root()), BootLoader::kSystemdBoot);
}

TEST(BootLoader, SecureBootIsReadFromEfiVariable) {
  FakeTree tree;
  EXPECT_FALSE(has_secure_boot(tree.root()));
  tree.file(kVariables + std::string("SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"),
            std::string("\6\0\0\0\1", 5));
  EXPECT_TRUE(has_secure_boot(tree.root()));
}

}  // namespace
}  // namespace host
