// SPDX-License-Identifier: GPL-2.0-or-later
//
// Root: the tree in which all of a machine's files are looked up: this machine's own, or a
// directory that holds a captured, mounted or fake one.
//
// Every path is resolved inside that tree (openat2 with RESOLVE_IN_ROOT, host/walk.h where that is
// forbidden): an absolute symbolic link or a ".." in a captured tree cannot lead out of it. Paths
// are written as on the live machine: "/sys/class/iommu".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/fd.h"
#include "host/result.h"

namespace host {

class Root {
 public:
  // This machine's own tree: live.
  static Result<Root> open();

  // A directory that was named, unpacked or made up: never live, not even "/".
  static Result<Root> open_tree(const std::string& directory);

  // The whole file. EFBIG above `limit` bytes, EISDIR for a directory. EINVAL for a FIFO or a
  // device, which may wait or never end; /dev/null is an empty file, since a link to it masks one.
  Result<std::string> read(const std::string& path, size_t limit = size_t{64} * 1024) const;

  // A sysfs attribute. One read() is the whole of it (at most a page: fs/sysfs/file.c), which
  // spares a boot the second one that read() needs to see the end.
  Result<std::string> read_attribute(const std::string& path) const;

  // An attribute's first line, trimmed; "" where there is none or it can't be read. For those
  // whose absence means the same as being empty; a check uses read_attribute().
  std::string read_line(const std::string& path) const;

  // Hands `text` to an existing file in one write(), as sysfs attributes want it.
  Result<void> write(const std::string& path, std::string_view text) const;

  // Puts a file holding `text` in the place of `path`: all of it, on the disk when this returns, or
  // what was there before. It is a new file with this mode, whatever the umask, and nobody could
  // prepare it. Its directory is made where it is missing (one level).
  Result<void> replace(const std::string& path, std::string_view text, unsigned mode = 0644) const;

  // Makes one directory; one that is there already is as good.
  Result<void> make_directory(const std::string& path) const;

  // The same, with all directories that lead to it.
  Result<void> make_directories(const std::string& path) const;

  // Removes a file or a link; success if it does not exist.
  Result<void> remove(const std::string& path) const;

  // The names in a directory, sorted.
  Result<std::vector<std::string>> list(const std::string& path) const;

  // What a symbolic link points to, unresolved; "" if there is no link.
  std::string link_target(const std::string& path) const;

  // The last component of what a symbolic link points to ("vfio-pci" for …/driver); "" if there
  // is no link.
  std::string link_name(const std::string& path) const;

  bool exists(const std::string& path) const;

  // Is this the running machine's own tree? What acts on the kernel itself (loading a module,
  // asking a device) must not happen for the sake of another one.
  bool live() const { return live_; }

  // `flags` and `mode` as for open(2); O_CLOEXEC is added.
  Result<Fd> open_file(const std::string& path, int flags, unsigned mode = 0) const;

 private:
  Root(Fd directory, bool live) : directory_(std::move(directory)), live_(live) {}

  Fd directory_;
  bool live_;
};

}  // namespace host
