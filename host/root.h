// SPDX-License-Identifier: GPL-2.0-or-later
//
// Root: the tree in which all files of a machine are looked up. It is the file system of the
// running machine, or a directory with a captured, mounted or fake machine.
//
// Every path is resolved inside that tree (openat2 with RESOLVE_IN_ROOT, or host/walk.h where
// openat2 is not allowed): an absolute symbolic link or a ".." in a captured tree cannot lead out
// of it. Paths are written as on the live machine: "/sys/class/iommu".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/fd.h"
#include "host/result.h"

namespace host {

class Root {
 public:
  // The file system of the running machine. Such a Root is live.
  static Result<Root> open();

  // A directory. Such a Root is never live, not even for "/".
  static Result<Root> open_tree(const std::string& directory);

  // The whole file. EFBIG above `limit` bytes, EISDIR for a directory. EINVAL for a FIFO or a
  // device: reading it may block, or never end. /dev/null counts as an empty file, since a link to
  // it masks a file.
  Result<std::string> read(const std::string& path, size_t limit = size_t{64} * 1024) const;

  // A sysfs attribute. One read(2) returns all of it (at most a page: fs/sysfs/file.c). This saves
  // the second read(2) that read() needs to detect the end, while a boot waits.
  Result<std::string> read_attribute(const std::string& path) const;

  // The first `size` bytes of a file, or all if it has fewer, with one read(2). Errors as for
  // read().
  Result<std::string> read_beginning(const std::string& path, size_t size) const;

  // The first line of an attribute, trimmed; "" if it is missing or cannot be read. Only for
  // attributes whose absence means the same as an empty one; checks use read_attribute().
  std::string read_line(const std::string& path) const;

  // Writes `text` to an existing file with one write(2), as sysfs attributes require.
  Result<void> write(const std::string& path, std::string_view text) const;

  // Replaces the file `path`: afterwards it holds all of `text`, or its old content if this fails.
  // The content is on the disk before the file gets its name. It is a new file with this mode,
  // whatever the umask is, and was created under a name that other users cannot guess. Its
  // directory is created if it is missing (one level).
  Result<void> replace(const std::string& path, std::string_view text, unsigned mode = 0644) const;

  // Creates one directory; success if it exists.
  Result<void> make_directory(const std::string& path) const;

  // Creates a directory and all directories above it.
  Result<void> make_directories(const std::string& path) const;

  // Removes a file or a link; success if it does not exist.
  Result<void> remove(const std::string& path) const;

  // The names in a directory, sorted.
  Result<std::vector<std::string>> list(const std::string& path) const;

  // The target of a symbolic link, unresolved; "" if `path` is not a link.
  std::string link_target(const std::string& path) const;

  // The last component of a symbolic link's target ("vfio-pci" for …/driver); "" if `path` is not a
  // link.
  std::string link_name(const std::string& path) const;

  bool exists(const std::string& path) const;

  // Is this the file system of the running machine? Only then may the caller act on the kernel
  // itself (load a module, open a device).
  bool live() const { return live_; }

  // `flags` and `mode` as for open(2); O_CLOEXEC is added.
  Result<Fd> open_file(const std::string& path, int flags, unsigned mode = 0) const;

 private:
  Root(Fd directory, bool live) : directory_(std::move(directory)), live_(live) {}

  Fd directory_;
  bool live_;
};

}  // namespace host
