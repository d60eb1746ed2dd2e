// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/efi_variable.h"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/statfs.h>

namespace host {
namespace {

constexpr const char* kMountPoint = "/sys/firmware/efi/efivars";

// NON_VOLATILE | BOOTSERVICE_ACCESS | RUNTIME_ACCESS (UEFI 2.10, 8.2), little-endian.
constexpr std::string_view kAttributes{"\x07\0\0\0", 4};

// Bytes. The boot flag is one line, far shorter; a longer variable is read up to here.
constexpr size_t kMaxVariable = 1024;

bool is_efivarfs(int fd) {
  struct statfs what = {};
  return ::fstatfs(fd, &what) == 0 && what.f_type == EFIVARFS_MAGIC;
}

// O_NONBLOCK: a captured tree may hold a FIFO in the place of a variable.
Fd open_variable(int directory, const std::string& name, int flags) {
  constexpr int kAlways = O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
  return Fd(::openat(directory, name.c_str(), flags | kAlways, 0644));
}

// efivarfs makes each variable that it does not know immutable, so that `rm -rf` cannot brick a
// machine: at every mount, and when the variable is created (efivarfs_get_inode in
// fs/efivarfs/inode.c). The copies in a captured tree are ordinary files.
void set_immutable(int directory, const std::string& name, bool immutable) {
  if (!is_efivarfs(directory)) return;
  const Fd file = open_variable(directory, name, O_RDONLY);
  int flags = 0;
  if (!file.valid() || ::ioctl(file.get(), FS_IOC_GETFLAGS, &flags) < 0) return;
  const int wanted = immutable ? flags | FS_IMMUTABLE_FL : flags & ~FS_IMMUTABLE_FL;
  if (wanted != flags) (void)::ioctl(file.get(), FS_IOC_SETFLAGS, &wanted);
}

}  // namespace

bool is_efi_boot(const Root& root) {
  return root.exists("/sys/firmware/efi");
}

Result<EfiVariables> EfiVariables::at_mount(const Root& root) {
  auto directory = root.open_file(kMountPoint, O_RDONLY | O_DIRECTORY);
  if (!directory) return directory.error();
  // The kernel creates the mount point even if efivarfs is not mounted. A captured tree has copies
  // in ordinary files.
  if (root.live() && !is_efivarfs(directory->get()))
    return Error{ENOENT, std::string("find efivarfs mounted at ") + kMountPoint};
  return EfiVariables(std::move(*directory));
}

Result<EfiVariables> EfiVariables::mount() {
  constexpr const char* kStep = "mount efivarfs";
  const Fd context(::fsopen("efivarfs", FSOPEN_CLOEXEC));
  if (!context.valid()) return Error{errno, kStep};
  if (::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) < 0)
    return Error{errno, kStep};
  Fd directory(::fsmount(context.get(), FSMOUNT_CLOEXEC,
                         MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC));
  if (!directory.valid()) return Error{errno, kStep};
  return EfiVariables(std::move(directory));
}

Result<std::string> EfiVariables::read(const std::string& name) const {
  const std::string step = "read the EFI variable " + name;
  const Fd file = open_variable(directory_.get(), name, O_RDONLY);
  if (!file.valid()) return Error{errno, step};
  char buffer[kMaxVariable];
  const ssize_t count = ::read(file.get(), buffer, sizeof buffer);
  if (count < 0) return Error{errno, step};
  const std::string_view all(buffer, static_cast<size_t>(count));
  return std::string(all.substr(std::min(kAttributes.size(), all.size())));
}

// One write(2) for attributes and value: the firmware gets each write as a complete variable.
Result<void> EfiVariables::write(const std::string& name, std::string_view value) const {
  const std::string step = "write the EFI variable " + name;
  set_immutable(directory_.get(), name, false);
  bool made = true;
  Fd file = open_variable(directory_.get(), name, O_WRONLY | O_CREAT | O_EXCL);
  if (!file.valid() && errno == EEXIST) {
    made = false;
    file = open_variable(directory_.get(), name, O_WRONLY);
  }
  if (!file.valid()) return Error{errno, step};
  // A new file is immutable from its creation on; the open descriptor can still write.
  const std::string text = std::string(kAttributes) + std::string(value);
  const ssize_t written = ::write(file.get(), text.data(), text.size());
  const int code = written < 0 ? errno : static_cast<size_t>(written) == text.size() ? 0 : EIO;
  if (code != 0 && made) {  // leave no file without a variable
    set_immutable(directory_.get(), name, false);
    (void)::unlinkat(directory_.get(), name.c_str(), 0);
  }
  set_immutable(directory_.get(), name, true);
  if (code != 0) return Error{code, step};
  return {};
}

}  // namespace host
