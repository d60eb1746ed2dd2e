// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which files of an initramfs are kept with their text.
#pragma once

#include <cstddef>
#include <string_view>

namespace verify {

enum class Kept {
  kNo,
  kIfText,  // a small file anywhere: a link may lead to it from a place that counts
  kYes,     // what says how the image starts and what it loads, and the modules that it needs
};

// `path` is the file's own, with no link in it.
Kept kept(std::string_view path, size_t size);

}  // namespace verify
