// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/enable/text_file.h"

#include <cerrno>
#include <cstdio>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "host/fd.h"
#include "host/text.h"
#include "host/walk.h"

namespace early::enable {
namespace {

using host::Error;
using host::Fd;
using host::Result;
using host::Root;

constexpr size_t kMaxText = size_t{1024} * 1024;

std::string name_of(const std::string& path) {
  return std::string(host::file_name(path));
}

Result<Fd> open_directory(const Root& root, const std::string& path, const std::string& step) {
  auto directory = root.open_file(path, O_RDONLY | O_DIRECTORY);
  if (!directory) return Error{directory.error().code, step};
  return directory;
}

// EINVAL: the file system cannot do it (fsync(2)).
Result<void> sync_open_directory(const Fd& directory, const std::string& step) {
  if (::fsync(directory.get()) < 0 && errno != EINVAL) return Error{errno, step};
  return {};
}

// They depend on the content, so the old ones would be wrong, or belong to programs.
bool belongs_to_content(std::string_view attribute) {
  return attribute == "security.ima" || attribute == "security.evm" ||
         attribute == "security.capability";
}

// A file system without extended attributes has none to keep.
Result<void> read_extended(int fd, const std::string& step, Attributes& attributes) {
  char names[64 * 1024];  // XATTR_LIST_MAX, include/uapi/linux/limits.h
  const ssize_t size = ::flistxattr(fd, names, sizeof(names));
  if (size < 0 && errno == EOPNOTSUPP) return {};
  if (size < 0) return Error{errno, step};
  for (const char* name = names; name < names + size; name += std::string_view(name).size() + 1) {
    if (belongs_to_content(name)) continue;
    char value[4096];
    const ssize_t length = ::fgetxattr(fd, name, value, sizeof(value));
    if (length < 0) return Error{errno, step + " (attribute " + name + ")"};
    attributes.extended.emplace_back(name, std::string(value, static_cast<size_t>(length)));
  }
  return {};
}

// Changes only what differs: another user than root may not set the owner, and FAT has none.
Result<void> set_attributes(int fd, const Attributes& attributes, const std::string& step) {
  struct stat about = {};
  if (::fstat(fd, &about) < 0) return Error{errno, step};
  const uid_t owner = attributes.owner.value_or(about.st_uid);
  const gid_t group = attributes.group.value_or(about.st_gid);
  if ((owner != about.st_uid || group != about.st_gid) && ::fchown(fd, owner, group) < 0)
    return Error{errno, step};
  for (const auto& [name, value] : attributes.extended)
    if (::fsetxattr(fd, name.c_str(), value.data(), value.size(), 0) < 0)
      return Error{errno, step + " (attribute " + name + ")"};
  // After the owner, because fchown(2) clears bits of the mode.
  if (::fchmod(fd, attributes.mode) < 0) return Error{errno, step};
  return {};
}

Result<void> write_all(int fd, std::string_view text, const std::string& step) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return Error{written < 0 ? errno : EIO, step};
    text.remove_prefix(static_cast<size_t>(written));
  }
  return {};
}

// Does the name not exist? A read-only file system answers EROFS also then.
bool is_absent(const Fd& directory, const std::string& path, int code) {
  struct stat about = {};
  return code == ENOENT || (code == EROFS && ::fstatat(directory.get(), name_of(path).c_str(),
                                                       &about, AT_SYMLINK_NOFOLLOW) < 0);
}

}  // namespace

std::string directory_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == 0 || slash == path.npos ? "/" : path.substr(0, slash);
}

Result<std::string> follow_links(const Root& root, const std::string& path) {
  std::string file = path;
  for (int links = 0; links < host::kMaxLinks; ++links) {
    const std::string target = root.link_target(file);
    if (target.empty()) {
      const bool dangling = links > 0 && !root.exists(file);
      if (dangling) return Error{ENOENT, "follow the link " + path + " to " + file};
      return file;
    }
    file = target.starts_with('/') ? target : directory_of(file) + "/" + target;
  }
  return Error{ELOOP, "follow the link " + path};
}

Result<std::optional<TextFile>> read_text_file(const Root& root, const std::string& path) {
  const std::string step = "read " + path;
  const auto fd = root.open_file(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);
  if (!fd && fd.error().code == ENOENT) return std::optional<TextFile>();
  if (!fd && fd.error().code == ELOOP) return Error{0, step + ": it is a symbolic link"};
  if (!fd) return Error{fd.error().code, step};
  struct stat about = {};
  if (::fstat(fd->get(), &about) < 0) return Error{errno, step};
  if (!S_ISREG(about.st_mode)) return Error{0, step + ": it is not a regular file"};
  if (about.st_nlink > 1) return Error{0, step + ": it has several hard links"};

  TextFile file;
  file.attributes = {
      .mode = about.st_mode & 07777, .owner = about.st_uid, .group = about.st_gid, .extended = {}};
  if (auto read = read_extended(fd->get(), step, file.attributes); !read) return read.error();
  auto text = root.read(path, kMaxText);
  if (!text) return text.error();
  file.text = std::move(*text);
  return std::optional(std::move(file));
}

std::string unfinished_file(const std::string& path) {
  const std::string directory = directory_of(path);
  return (directory == "/" ? "" : directory) + "/." + name_of(path) + ".vfio-early";
}

Result<void> write_text_file(const Root& root, const std::string& path, std::string_view text,
                             const Attributes& attributes) {
  const std::string step = "write " + path;
  const auto directory = open_directory(root, directory_of(path), step);
  if (!directory) return directory.error();
  const std::string name = name_of(path), fresh = name_of(unfinished_file(path));
  const Fd fd(::openat(directory->get(), fresh.c_str(),
                       O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd.valid()) return Error{errno, step + ": create " + unfinished_file(path)};

  auto written = write_all(fd.get(), text, step);
  if (written) written = set_attributes(fd.get(), attributes, step);
  if (written && ::fsync(fd.get()) < 0) written = Error{errno, step};
  if (written && ::renameat(directory->get(), fresh.c_str(), directory->get(), name.c_str()) < 0)
    written = Error{errno, step};
  if (!written) {
    (void)::unlinkat(directory->get(), fresh.c_str(), 0);
    return written;
  }
  return sync_open_directory(*directory, step);
}

Result<void> remove_text_file(const Root& root, const std::string& path) {
  const std::string step = "remove " + path;
  const auto directory = open_directory(root, directory_of(path), step);
  if (!directory && directory.error().code == ENOENT) return {};
  if (!directory) return directory.error();
  if (::unlinkat(directory->get(), name_of(path).c_str(), 0) < 0)
    return is_absent(*directory, path, errno) ? Result<void>() : Error{errno, step};
  return sync_open_directory(*directory, step);
}

std::vector<std::string> missing_directories(const Root& root, const std::string& path) {
  std::vector<std::string> missing;
  for (size_t end = path.find('/', 1); end != path.npos; end = path.find('/', end + 1))
    if (std::string directory = path.substr(0, end);
        !root.exists(directory) && root.link_target(directory).empty())
      missing.push_back(std::move(directory));
  return missing;
}

Result<void> make_missing_directories(const Root& root, const std::string& path) {
  for (const std::string& directory : missing_directories(root, path)) {
    const std::string step = "create the directory " + directory;
    const auto parent = open_directory(root, directory_of(directory), step);
    if (!parent) return parent.error();
    const std::string name = name_of(directory);
    if (::mkdirat(parent->get(), name.c_str(), 0755) < 0 ||
        ::fchmodat(parent->get(), name.c_str(), 0755, 0) < 0)
      return Error{errno, step};
    if (auto synced = sync_open_directory(*parent, step); !synced) return synced;
  }
  return {};
}

Result<void> sync_directory(const Root& root, const std::string& path) {
  const std::string step = "sync " + path;
  const auto directory = open_directory(root, path, step);
  if (!directory) return directory.error();
  return sync_open_directory(*directory, step);
}

Result<void> remove_directory(const Root& root, const std::string& path) {
  const std::string step = "remove the directory " + path;
  const auto parent = open_directory(root, directory_of(path), step);
  // ENOTDIR, ELOOP: a link or a file, which this program has not made.
  for (const int code : {ENOENT, ENOTDIR, ELOOP})
    if (!parent && parent.error().code == code) return {};
  if (!parent) return parent.error();
  if (::unlinkat(parent->get(), name_of(path).c_str(), AT_REMOVEDIR) < 0) {
    const int code = errno;
    if (code == ENOTDIR || is_absent(*parent, path, code)) return {};
    return Error{code == EEXIST ? ENOTEMPTY : code, step};
  }
  return sync_open_directory(*parent, step);
}

}  // namespace early::enable
