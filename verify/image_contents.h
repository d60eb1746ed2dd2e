// SPDX-License-Identifier: GPL-2.0-or-later
//
// The files of an initramfs after the kernel has unpacked it: every path, and the text of the files
// that decide how it starts and what it loads. An image is a sequence of cpio archives, each
// compressed in its own way or not at all, with zeros between them
// (Documentation/driver-api/early-userspace/buffer-format.rst).
//
// What must hold: an image may be hostile. Reading it stays within the budget
// (verify/budget.h), and starts no program. All look-ups together have a budget, too: links may
// make each of them expensive. Once it is spent, they find nothing, and `faults` says so.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "verify/budget.h"
#include "verify/image_file.h"

namespace verify {

class ImageContents {
 public:
  // "usr/lib/modules": without a leading slash. Links on the way are followed, the last name's not,
  // as by lstat().
  const ImageFile* find(std::string_view path) const;
  bool has(std::string_view path) const { return find(path) != nullptr; }
  // The last name's link is followed, too, as by stat(); nullptr also if links form a loop.
  const ImageFile* resolve(std::string_view path) const;
  // "": the file is missing or empty.
  std::string text(std::string_view path) const;
  // The names in a directory, sorted, each once.
  std::vector<std::string> list(std::string_view directory) const;
  // Without links: "usr/lib/modules" for "lib/modules". The file need not exist.
  std::optional<std::string> real_path(std::string_view path) const;

  // Some files were not found, or not read, because the look-ups took too many steps.
  bool exhausted() const { return steps_ > kImageBudget.steps; }

  ImageFiles files;
  std::vector<std::string> parts;           // "zstd (1204 files)"
  mutable std::vector<std::string> faults;  // what could not be read; a look-up may add one

 private:
  enum class Last { kAsItIs, kFollowed };
  std::optional<std::string> walk(std::string_view path, Last last) const;
  // False: the budget is spent.
  bool spend(size_t steps) const;

  mutable size_t steps_ = 0;
};

ImageContents read_image(std::string_view image);
// `meter` is of kImageBudget.
ImageContents read_image(std::string_view image, Meter& meter);

}  // namespace verify
