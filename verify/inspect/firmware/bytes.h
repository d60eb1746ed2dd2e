// SPDX-License-Identifier: GPL-2.0-or-later
//
// A piece of a firmware table, with its offset in the table. Firmware is untrusted: a read outside
// of the piece returns zero, and a piece is never larger than the one that it was cut from.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace verify::firmware {

class Bytes {
 public:
  explicit Bytes(std::span<const uint8_t> bytes, size_t offset = 0)
      : bytes_(bytes), offset_(offset) {}

  size_t size() const { return bytes_.size(); }
  // Of this piece in the table.
  size_t offset() const { return offset_; }

  // Little-endian numbers (ACPI 6.5, 5.2.1).
  uint8_t u8(size_t at) const { return static_cast<uint8_t>(number(at, 1)); }
  uint16_t u16(size_t at) const { return static_cast<uint16_t>(number(at, 2)); }
  uint32_t u32(size_t at) const { return static_cast<uint32_t>(number(at, 4)); }
  uint64_t u64(size_t at) const { return number(at, 8); }

  // The characters up to a NUL, without trailing spaces. A byte that is not printable ASCII becomes
  // '?'.
  std::string text(size_t at, size_t length) const {
    std::string text;
    for (size_t i = at; i < at + length && i < size() && bytes_[i] != 0; ++i)
      text += bytes_[i] >= 0x20 && bytes_[i] < 0x7f ? static_cast<char>(bytes_[i]) : '?';
    while (text.ends_with(' ')) text.pop_back();
    return text;
  }

  Bytes from(size_t at) const { return cut(at, size()); }
  Bytes cut(size_t at, size_t length) const {
    const size_t start = std::min(at, size());
    return Bytes(bytes_.subspan(start, std::min(length, size() - start)), offset_ + start);
  }

  uint8_t sum() const {
    unsigned sum = 0;
    for (const uint8_t byte : bytes_) sum += byte;
    return static_cast<uint8_t>(sum);
  }

 private:
  uint64_t number(size_t at, size_t width) const {
    if (at > size() || width > size() - at) return 0;
    uint64_t value = 0;
    for (size_t i = width; i-- > 0;) value = value << 8 | bytes_[at + i];
    return value;
  }

  std::span<const uint8_t> bytes_;
  size_t offset_;
};

}  // namespace verify::firmware
