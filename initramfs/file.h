// SPDX-License-Identifier: GPL-2.0-or-later
//
// A file of an initramfs, with the attributes that the checks need.
#pragma once

#include <cstddef>
#include <map>
#include <string>

namespace initramfs {

struct ImageFile {
  bool directory = false;
  bool regular = false;
  unsigned permissions = 0;  // 0755
  size_t size = 0;
  std::string link;  // the target of a symbolic link, not resolved
  std::string text;  // of a file that is kept (kept_files.h)
  std::string head;  // the first kImageHead bytes of a regular file
};

inline constexpr size_t kImageHead = 64;  // an ELF header (elf(5))

using ImageFiles = std::map<std::string, ImageFile, std::less<>>;  // by path: "usr/bin/x"

}  // namespace initramfs
