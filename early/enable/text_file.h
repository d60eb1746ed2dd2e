// SPDX-License-Identifier: GPL-2.0-or-later
//
// Reads and replaces configuration files, so that a killed process or a power failure leaves the
// old or the new file: the content is on the disk before the file gets its name, and the name is on
// the disk when the function returns.
//
// A new text is first written beside the file, under a known name (unfinished_file()). Unlike the
// random names of Root::replace(), it can be found and removed after a crash.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "host/result.h"
#include "host/root.h"

namespace early::enable {

struct Attributes {
  unsigned mode = 0644;
  std::optional<uid_t> owner;  // not set: this process's
  std::optional<gid_t> group;
  // Access control lists and the SELinux label among them. Not what depends on the content: hashes
  // and signatures of IMA.
  std::vector<std::pair<std::string, std::string>> extended = {};
};

struct TextFile {
  std::string text;
  Attributes attributes;
};

// The directory of a file; "/" if it is there.
std::string directory_of(const std::string& path);

// The file that `path` leads to: `path` itself unless it is a symbolic link. It need not exist, but
// a link to a missing file is an error.
host::Result<std::string> follow_links(const host::Root& root, const std::string& path);

// nullopt: it does not exist. Fails if it is a link, not a regular file, or has several hard links,
// which replacing it would separate.
host::Result<std::optional<TextFile>> read_text_file(const host::Root& root,
                                                     const std::string& path);

// "/etc/default/.grub.vfio-early" for "/etc/default/grub".
std::string unfinished_file(const std::string& path);

// Fails if unfinished_file() exists.
host::Result<void> write_text_file(const host::Root& root, const std::string& path,
                                   std::string_view text, const Attributes& attributes);

// Success if it does not exist.
host::Result<void> remove_text_file(const host::Root& root, const std::string& path);

// The directories above `path` that do not exist, parents first.
std::vector<std::string> missing_directories(const host::Root& root, const std::string& path);

// Creates the directories above `path` that do not exist, with mode 0755 whatever the umask is.
host::Result<void> make_missing_directories(const host::Root& root, const std::string& path);

// Makes new and removed names in a directory survive a power failure.
host::Result<void> sync_directory(const host::Root& root, const std::string& path);

// ENOTEMPTY: something is in it. Success if it does not exist.
host::Result<void> remove_directory(const host::Root& root, const std::string& path);

}  // namespace early::enable
