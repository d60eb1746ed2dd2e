// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/graphics/picture.h"

#include <cstddef>

namespace bench {

Picture picture_of(std::span<const unsigned char> pixels) {
  Picture picture = {.checksum = 0x811c9dc5};
  double sums[4] = {};
  for (size_t i = 0; i < pixels.size(); ++i) {
    picture.checksum = (picture.checksum ^ pixels[i]) * 0x01000193;
    sums[i % 4] += pixels[i];
    picture.plain &= pixels[i] == pixels[i % 4];
  }
  const auto count = static_cast<double>(pixels.size() / 4);
  picture.red = sums[0] / count, picture.green = sums[1] / count, picture.blue = sums[2] / count;
  return picture;
}

}  // namespace bench
