// SPDX-License-Identifier: GPL-2.0-or-later
//
// The files of an initramfs whose text is kept in memory.
#pragma once

#include <cstddef>
#include <string_view>

namespace initramfs {

enum class Kept {
  kNo,
  kIfText,  // a small file, unless it is an ELF file: a link in a relevant directory may name it
  kYes,     // a file that decides what is started or loaded, or a needed module
};

// `path` has no links.
Kept kept(std::string_view path, size_t size);

}  // namespace initramfs
