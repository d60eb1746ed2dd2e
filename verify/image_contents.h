// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is in an initramfs: every path, and the text of the few files that tell how it starts and
// what it loads.
//
// What must hold: an image is anybody's file. Whatever it claims of itself, reading it costs at
// most the limits below.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace verify {

struct ImageFile {
  bool directory = false;
  std::string link;  // where a symbolic link leads, unresolved
  std::string text;  // of those that are kept
};

class ImageContents {
 public:
  // "usr/lib/modules": without a leading slash. Images have the directories below usr at the top,
  // too, as links: "lib/modules" finds what stands in "usr/lib/modules", and the other way round.
  const ImageFile* find(std::string_view path) const;
  bool has(std::string_view path) const { return find(path) != nullptr; }
  // "": there is none, or it is empty.
  std::string text(std::string_view path) const;
  // The names in a directory, sorted, each once.
  std::vector<std::string> list(std::string_view directory) const;

  std::map<std::string, ImageFile, std::less<>> files;
  std::vector<std::string> parts;   // "zstd, 1204 files"
  std::vector<std::string> faults;  // what could not be read
};

constexpr size_t kMaxImage = size_t{1} << 30;
constexpr size_t kMaxImageFiles = 500'000;
constexpr size_t kMaxImageText = size_t{8} << 20;    // of one file that is kept
constexpr size_t kMaxImageTexts = size_t{64} << 20;  // of all of them

ImageContents read_image(std::string_view image);

}  // namespace verify
