// SPDX-License-Identifier: GPL-2.0-or-later
//
// Option ROMs built from the specifications, byte by byte. For the tests, and as seeds for the
// fuzzer.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace samples {

struct Image {
  uint8_t code_type = 0;      // 0 BIOS, 3 UEFI
  uint16_t machine = 0x8664;  // of UEFI
  uint16_t blocks = 2;        // of 512 bytes
  bool last = true;
};

// PCI Firmware 3.3, 5.1: the header, and the data structure at 0x1c.
inline std::vector<uint8_t> rom(const std::vector<Image>& images) {
  std::vector<uint8_t> bytes;
  for (const Image& image : images) {
    const size_t at = bytes.size();
    bytes.resize(at + image.blocks * size_t{512});
    const auto put = [&](size_t where, uint32_t value, size_t width) {
      for (size_t i = 0; i < width; ++i)
        bytes[at + where + i] = static_cast<uint8_t>(value >> 8 * i);
    };
    put(0x00, 0xaa55, 2);
    put(0x18, 0x1c, 2);
    if (image.code_type == 3) {  // UEFI 2.10, 14.4.2
      put(0x04, 0x0ef1, 4);
      put(0x0a, image.machine, 2);
    }
    put(0x1c, 0x52494350, 4);
    put(0x1c + 0x04, 0x1b8110de, 4);
    put(0x1c + 0x0a, 0x18, 2);
    put(0x1c + 0x10, image.blocks, 2);
    put(0x1c + 0x14, image.code_type, 1);
    put(0x1c + 0x15, image.last ? 0x80 : 0, 1);
  }
  return bytes;
}

inline std::string text(const std::vector<uint8_t>& bytes) {
  return {bytes.begin(), bytes.end()};
}

}  // namespace samples
