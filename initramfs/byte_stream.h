// SPDX-License-Identifier: GPL-2.0-or-later
//
// Sequential reading of the bytes of a file, or of the output of a decoder.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "host/budget.h"
#include "initramfs/decoder.h"

namespace initramfs {

class ByteStream {
 public:
  // `offset`: the offset of the first byte, for alignment.
  ByteStream(std::string_view bytes, size_t offset) : rest_(bytes), offset_(offset) {}
  ByteStream(Decoder& decoder, host::Meter& meter) : decoder_(&decoder), meter_(&meter) {}

  // The next byte, which is not consumed; -1 at the end.
  int peek();
  // The next bytes, at least one and at most `max_size`; none at the end.
  std::string_view take_some(size_t max_size);
  // False: the stream has less than `size` bytes.
  bool take(std::string& text, size_t size);
  bool skip(size_t size);
  bool align() { return skip((4 - offset_ % 4) % 4); }

  size_t offset() const { return offset_; }

 private:
  bool refill();

  Decoder* decoder_ = nullptr;
  host::Meter* meter_ = nullptr;
  std::string_view rest_;
  size_t offset_ = 0;
};

}  // namespace initramfs
