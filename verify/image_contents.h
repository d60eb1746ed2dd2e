// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is in an initramfs: every path, and the text of the few files that tell how it starts and
// what it loads.
//
// What must hold: an image is anybody's file. Whatever it claims of itself, reading it stays within
// the budget (verify/budget.h), and starts no program.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace verify {

struct ImageFile {
  bool directory = false;
  bool regular = false;
  unsigned permissions = 0;  // 0755
  size_t size = 0;
  std::string link;  // where a symbolic link leads, unresolved
  std::string text;  // of those that are kept
  std::string head;  // the first kImageHead bytes, of programs and modules
};

inline constexpr size_t kImageHead = 64;  // an ELF header (elf(5))

class ImageContents {
 public:
  // "usr/lib/modules": without a leading slash. Images have the directories below usr at the top,
  // too, as links: "lib/modules" finds what stands in "usr/lib/modules", and the other way round.
  const ImageFile* find(std::string_view path) const;
  bool has(std::string_view path) const { return find(path) != nullptr; }
  // The same, with every symbolic link on the way followed inside the image, as its init will
  // follow it; nullptr also where they lead in a circle.
  const ImageFile* resolve(std::string_view path) const;
  // "": there is none, or it is empty.
  std::string text(std::string_view path) const;
  // The names in a directory, sorted, each once.
  std::vector<std::string> list(std::string_view directory) const;

  std::map<std::string, ImageFile, std::less<>> files;
  std::vector<std::string> parts;   // "zstd, 1204 files"
  std::vector<std::string> faults;  // what could not be read
};

ImageContents read_image(std::string_view image);

// What is compressed in one of the ways of ImagePart::compression, at most `limit` bytes.
std::optional<std::string> unpack(std::string_view packed, std::string_view compression,
                                  size_t limit);

}  // namespace verify
