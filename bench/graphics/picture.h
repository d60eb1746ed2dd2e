// SPDX-License-Identifier: GPL-2.0-or-later
//
// What was drawn, in figures.
#pragma once

#include <cstdint>
#include <span>

namespace bench {

struct Picture {
  uint32_t checksum = 0;                // FNV-1a of its bytes
  double red = 0, green = 0, blue = 0;  // means, 0 to 255
  bool plain = true;                    // all pixels have one colour: nothing was drawn
};

// `pixels`: four bytes each, red first.
Picture picture_of(std::span<const unsigned char> pixels);

}  // namespace bench
