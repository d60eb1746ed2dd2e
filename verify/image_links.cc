// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/image_links.h"

#include <algorithm>
#include <vector>

#include "host/text.h"

namespace verify {
namespace {

// `path` without "." and "..".
std::string normal(std::string_view path) {
  std::vector<std::string> parts;
  for (const std::string_view part : host::split(path, "/")) {
    if (part == ".." && !parts.empty()) parts.pop_back();
    if (part != ".." && part != ".") parts.emplace_back(part);
  }
  return host::join(parts, "/");
}

}  // namespace

std::string followed(const ImageContents& image, std::string path) {
  constexpr int kMostLinks = 40;  // as in ImageContents::resolve()
  for (int links = 0; links < kMostLinks; ++links) {
    const ImageFile* file = image.find(path);
    if (!file || file->link.empty()) break;
    path = normal(file->link.starts_with('/') ? file->link
                                              : path.substr(0, path.rfind('/') + 1) + file->link);
  }
  return path;
}

std::string link_on_the_way(const ImageContents& image, std::string_view directory,
                            std::span<const char* const> known) {
  size_t end = 0;
  do {
    end = directory.find('/', end + 1);
    const std::string way(directory.substr(0, end));
    const auto file = image.files.find(way);
    if (file == image.files.end() || file->second.link.empty()) continue;
    const std::string target = followed(image, way);
    const std::string whole = target + std::string(directory.substr(way.size()));
    if (target != "usr/" + way && std::find(known.begin(), known.end(), whole) == known.end())
      return way;
  } while (end != directory.npos);
  return {};
}

}  // namespace verify
