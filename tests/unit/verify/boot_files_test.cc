// SPDX-License-Identifier: GPL-2.0-or-later
//
// A file that shows how a machine boots and cannot be read is not the same as a missing file.
#include <sys/fsuid.h>
#include <unistd.h>

#include "tests/unit/fake_tree.h"
#include "verify/inspect/boot/entries.h"
#include "verify/inspect/boot/written_command_lines.h"

namespace verify {
namespace {

// While an object of this class exists, file permissions apply, also for root: if the file system
// user id is not 0, the kernel ignores CAP_DAC_OVERRIDE (cap_task_fix_setuid() in
// security/commoncap.c).
class Unprivileged {
 public:
  Unprivileged() { (void)::setfsuid(::geteuid() == 0 ? 65534 : ::geteuid()); }
  ~Unprivileged() { (void)::setfsuid(::geteuid()); }
  Unprivileged(const Unprivileged&) = delete;
  Unprivileged& operator=(const Unprivileged&) = delete;
};

namespace fs = std::filesystem;

// Makes everything readable, regardless of the umask.
void make_readable(const FakeTree& tree) {
  const auto readable = static_cast<fs::perms>(0555);
  fs::permissions(tree.directory(), readable, fs::perm_options::add);
  for (const auto& entry : fs::recursive_directory_iterator(tree.directory()))
    if (!entry.is_symlink()) fs::permissions(entry, readable, fs::perm_options::add);
}

std::optional<Unread> unread_in(const FakeTree& tree) {
  const host::Root root = tree.root();
  const Unprivileged now;
  BootFiles files(root);
  (void)written_command_lines(files);
  (void)boot_menus(files);
  return files.unread();
}

TEST(BootFiles, MissingFileIsNotUnread) {
  FakeTree tree;
  tree.file("/boot/grub/grub.cfg", "menuentry a {\n linux /v quiet\n}\n");
  tree.file("/boot/grub2/grub.cfg/x", "a directory");
  tree.file("/efi", "a file").link("/etc/kernel/cmdline", "cmdline");
  make_readable(tree);
  EXPECT_FALSE(unread_in(tree));
}

TEST(BootFiles, ForbiddenFileIsUnread) {
  for (const char* path :
       {"boot/grub/grub.cfg", "boot/grub", "boot", "boot/efi", "boot/efi/loader/entries",
        "boot/efi/loader/entries/a.conf", "boot/efi/EFI", "efi/limine.conf", "etc/default/grub",
        "etc/default/grub.d", "etc/dracut.conf.d/a.conf", "etc/cmdline.d", "etc/kernel"}) {
    FakeTree tree;
    for (const char* file :
         {"/boot/grub/grub.cfg", "/boot/efi/loader/entries/a.conf", "/boot/efi/EFI/x/grub.cfg",
          "/efi/limine.conf", "/etc/default/grub", "/etc/default/grub.d/a.cfg",
          "/etc/dracut.conf.d/a.conf", "/etc/cmdline.d/a.conf", "/etc/kernel/cmdline"})
      tree.file(file, "");
    make_readable(tree);
    EXPECT_FALSE(unread_in(tree)) << path;
    fs::permissions(tree.directory() / path, fs::perms::none);
    const auto unread = unread_in(tree);
    fs::permissions(tree.directory() / path, fs::perms::owner_all);
    ASSERT_TRUE(unread) << path;
    EXPECT_NE(unread->why.find(path), std::string::npos) << unread->why;
    EXPECT_EQ(unread->remedy, "run vfio-verify as root");
  }
}

}  // namespace
}  // namespace verify
