// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/root.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <cstdio>
#include <ctime>

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include "host/text.h"
#include "host/walk.h"

namespace host {
namespace {

// Attempts after EAGAIN, each of which has a cause that ends in microseconds. So many in a row have
// a different cause.
constexpr int kMaxAttempts = 10'000;

std::string directory_of(const std::string& path) {
  return path.substr(0, path.rfind('/') + 1);
}

std::string name_of(const std::string& path) {
  return std::string(file_name(path));
}

// One write(2). If the kernel accepts only a part of the text, that is an error.
Result<void> write_at_once(int fd, std::string_view text, const std::string& step) {
  const ssize_t written = ::write(fd, text.data(), text.size());
  if (written < 0) return Error{errno, step};
  if (static_cast<size_t>(written) != text.size()) return Error{EIO, step};
  return {};
}

int write_whole_file(int fd, std::string_view text, unsigned mode) {
  if (::fchmod(fd, mode) < 0) return errno;
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return written < 0 ? errno : EIO;
    text.remove_prefix(static_cast<size_t>(written));
  }
  return ::fsync(fd) < 0 ? errno : 0;
}

// Rejects files whose read(2) may block or never end. O_NONBLOCK prevents that open(2) blocks.
Result<void> require_regular_file(int fd, const std::string& path) {
  const dev_t null_device = makedev(1, 3);  // Documentation/admin-guide/devices.txt
  struct stat about = {};
  if (::fstat(fd, &about) < 0) return Error{errno, "read " + path};
  if (S_ISDIR(about.st_mode)) return Error{EISDIR, "read " + path};
  const bool empty = S_ISCHR(about.st_mode) && about.st_rdev == null_device;
  if (!S_ISREG(about.st_mode) && !empty)
    return Error{EINVAL, "read " + path + ", which is not a regular file"};
  return {};
}

// A name that other users cannot guess: anyone who may write to the directory could create a file,
// a link or a FIFO with a known name.
std::string random_file_name(const std::string& name) {
  timespec now = {};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  // Never wait for the kernel's random numbers: early in a boot it may have none. No other user
  // runs then, and the time is good enough.
  auto number = static_cast<uint64_t>(now.tv_sec) << 32 | static_cast<uint64_t>(now.tv_nsec);
  [[maybe_unused]] const ssize_t filled = ::getrandom(&number, sizeof(number), GRND_NONBLOCK);
  return "." + name + "." + hex(static_cast<uint32_t>(number >> 32), 8) +
         hex(static_cast<uint32_t>(number), 8);
}

}  // namespace

Result<Root> Root::open() {
  auto root = open_tree("/");
  if (root) root->live_ = true;
  return root;
}

Result<Root> Root::open_tree(const std::string& directory) {
  Fd fd(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return Error{errno, "open " + directory};
  return Root(std::move(fd), /*live=*/false);
}

Result<Fd> Root::open_file(const std::string& path, int flags, unsigned mode) const {
  open_how how = {};
  how.flags = static_cast<unsigned>(flags) | O_CLOEXEC;
  how.mode = mode;
  how.resolve = RESOLVE_IN_ROOT;
  // A ".." in a link (every link in sysfs has one) fails with EAGAIN if anything on the machine is
  // renamed or mounted at the same time (handle_dots in fs/namei.c). Both are frequent early in a
  // boot.
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    Fd fd(static_cast<int>(
        ::syscall(SYS_openat2, directory_.get(), path.c_str(), &how, sizeof(how))));
    if (fd.valid()) return fd;
    if (errno != EAGAIN) break;
  }
  if (errno == ENOSYS || errno == EPERM) {  // EPERM: the filter of an old container
    Fd fd = open_by_components(directory_.get(), path, flags, mode);
    if (fd.valid()) return fd;
  }
  return Error{errno, "open " + path};
}

Result<std::string> Root::read(const std::string& path, size_t limit) const {
  // O_NONBLOCK, here and below: a FIFO in place of the file must not block a boot.
  auto fd = open_file(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!fd) return fd.error();
  if (const auto file = require_regular_file(fd->get(), path); !file) return file.error();

  std::string text;
  for (;;) {
    char buffer[4096];
    const ssize_t count = ::read(fd->get(), buffer, sizeof(buffer));
    if (count < 0) return Error{errno, "read " + path};
    if (count == 0) return text;
    text.append(buffer, static_cast<size_t>(count));
    if (text.size() > limit) return Error{EFBIG, "read " + path};
  }
}

Result<std::string> Root::read_attribute(const std::string& path) const {
  const auto fd = open_file(path, O_RDONLY | O_NONBLOCK);
  if (!fd) return fd.error();
  char buffer[4096];
  const ssize_t count = ::read(fd->get(), buffer, sizeof(buffer));
  if (count < 0) return Error{errno, "read " + path};
  return std::string(buffer, static_cast<size_t>(count));
}

Result<std::string> Root::read_beginning(const std::string& path, size_t size) const {
  const auto fd = open_file(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!fd) return fd.error();
  if (const auto file = require_regular_file(fd->get(), path); !file) return file.error();
  std::string text(size, '\0');
  const ssize_t count = ::read(fd->get(), text.data(), size);
  if (count < 0) return Error{errno, "read " + path};
  text.resize(static_cast<size_t>(count));
  return text;
}

std::string Root::read_line(const std::string& path) const {
  const auto text = read_attribute(path);
  if (!text) return {};
  return std::string(trim(std::string_view(*text).substr(0, text->find('\n'))));
}

Result<void> Root::write(const std::string& path, std::string_view text) const {
  const std::string step = "write " + path;
  const auto fd = open_file(path, O_WRONLY | O_NONBLOCK);
  if (!fd) return Error{fd.error().code, step};
  return write_at_once(fd->get(), text, step);
}

Result<void> Root::make_directory(const std::string& path) const {
  const std::string step = "create the directory " + path;
  const auto parent = open_file(directory_of(path), O_PATH | O_DIRECTORY);
  if (!parent) return Error{parent.error().code, step};
  if (::mkdirat(parent->get(), name_of(path).c_str(), 0755) < 0 && errno != EEXIST)
    return Error{errno, step};
  return {};
}

Result<void> Root::make_directories(const std::string& path) const {
  if (path.empty()) return {};
  for (size_t end = 0; end != path.npos;) {
    end = path.find('/', end + 1);
    if (auto made = make_directory(path.substr(0, end)); !made) return made;
  }
  return {};
}

Result<void> Root::remove(const std::string& path) const {
  const std::string step = "remove " + path;
  const auto parent = open_file(directory_of(path), O_PATH | O_DIRECTORY);
  if (!parent) return Error{parent.error().code, step};
  if (::unlinkat(parent->get(), name_of(path).c_str(), 0) < 0 && errno != ENOENT)
    return Error{errno, step};
  return {};
}

Result<void> Root::replace(const std::string& path, std::string_view text, unsigned mode) const {
  const std::string step = "write " + path;
  auto directory = open_file(directory_of(path), O_PATH | O_DIRECTORY);
  if (!directory && directory.error().code == ENOENT) {
    if (const auto made = make_directory(path.substr(0, path.rfind('/'))); !made)
      return Error{made.error().code, step};
    directory = open_file(directory_of(path), O_PATH | O_DIRECTORY);
  }
  if (!directory) return Error{directory.error().code, step};

  const std::string name = name_of(path), fresh = random_file_name(name);
  const Fd fd(::openat(directory->get(), fresh.c_str(),
                       O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd.valid()) return Error{errno, step};
  int code = write_whole_file(fd.get(), text, mode);
  if (code == 0 && ::renameat(directory->get(), fresh.c_str(), directory->get(), name.c_str()) < 0)
    code = errno;
  if (code == 0) return {};
  (void)::unlinkat(directory->get(), fresh.c_str(), 0);
  return Error{code, step};
}

// readdir() would allocate 32 KB for each directory, and a boot waits for that.
Result<std::vector<std::string>> Root::list(const std::string& path) const {
  const auto fd = open_file(path, O_RDONLY | O_DIRECTORY);
  if (!fd) return Error{fd.error().code, "list " + path};
  std::vector<std::string> names;
  for (;;) {
    alignas(dirent64) char buffer[4096];
    const ssize_t size = ::getdents64(fd->get(), buffer, sizeof(buffer));
    if (size < 0) return Error{errno, "list " + path};
    if (size == 0) break;
    for (const char* next = buffer; next < buffer + size;) {
      const auto* entry = reinterpret_cast<const dirent64*>(next);
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
      next += entry->d_reclen;
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string Root::link_target(const std::string& path) const {
  const auto link = open_file(path, O_PATH | O_NOFOLLOW);
  if (!link) return {};
  char target[PATH_MAX];
  const ssize_t length = ::readlinkat(link->get(), "", target, sizeof(target));
  if (length < 0) return {};
  return std::string(target, static_cast<size_t>(length));
}

std::string Root::link_name(const std::string& path) const {
  return name_of(link_target(path));
}

bool Root::exists(const std::string& path) const {
  return open_file(path, O_PATH).has_value();
}

}  // namespace host
