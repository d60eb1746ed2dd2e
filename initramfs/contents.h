// SPDX-License-Identifier: GPL-2.0-or-later
//
// The files of an initramfs after the kernel has unpacked it: every path, and the text of the files
// that decide what the initramfs starts and loads. An image is a sequence of cpio archives with
// zeros between them; each may be compressed in a different format
// (Documentation/driver-api/early-userspace/buffer-format.rst).
//
// What must hold: an image is untrusted. Reading it stays within the budget (host/budget.h) and
// starts no program. All look-ups together have a budget, too, because links can make each of them
// expensive. Once it is spent, look-ups find nothing, and `faults` says so.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/budget.h"
#include "initramfs/file.h"

namespace initramfs {

class ImageContents {
 public:
  // As lstat(): follows all links in the path except in its last name. Paths have no leading slash:
  // "usr/lib/modules".
  const ImageFile* find(std::string_view path) const;
  bool has(std::string_view path) const { return find(path) != nullptr; }
  // As stat(): follows all links. nullptr also if links form a loop.
  const ImageFile* resolve(std::string_view path) const;
  // "": the file is missing or empty, or its text is not kept.
  std::string text(std::string_view path) const;
  // The names in a directory, sorted, each once.
  std::vector<std::string> list(std::string_view directory) const;
  // The path with all links resolved: "usr/lib/modules" for "lib/modules". The file need not exist.
  std::optional<std::string> real_path(std::string_view path) const;

  // The budget of look-ups is spent: some files were not found or not read.
  bool exhausted() const { return steps_ > host::kImageBudget.steps; }

  ImageFiles files;
  std::vector<std::string> parts;           // "zstd (1204 files)"
  mutable std::vector<std::string> faults;  // what could not be read; a look-up may add a fault

 private:
  enum class Last { kNotFollowed, kFollowed };
  std::optional<std::string> walk(std::string_view path, Last last) const;
  // False: the budget is spent.
  bool spend(size_t steps) const;

  mutable size_t steps_ = 0;
};

ImageContents read_image(std::string_view image);
// `meter` is of kImageBudget.
ImageContents read_image(std::string_view image, host::Meter& meter);

}  // namespace initramfs
