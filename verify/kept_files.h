// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which files of an initramfs are kept with their text.
#pragma once

#include <cstddef>
#include <string_view>

namespace verify {

enum class Kept {
  kNo,
  kIfText,  // a small file anywhere: a link to it may be in a directory that counts
  kYes,     // a file that decides what is started or loaded, or a needed module
};

// `path` is the file's own, with no link in it.
Kept kept(std::string_view path, size_t size);

}  // namespace verify
