// SPDX-License-Identifier: GPL-2.0-or-later
//
// Sequential reading of the bytes of a file, or of the output of a decoder.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "verify/budget.h"
#include "verify/decoder.h"

namespace verify {

class ByteStream {
 public:
  // `place`: the offset of the first byte, for alignment.
  ByteStream(std::string_view bytes, size_t place) : rest_(bytes), place_(place) {}
  ByteStream(Decoder& decoder, Meter& meter) : decoder_(&decoder), meter_(&meter) {}

  // The next byte, which is not consumed; -1 at the end.
  int peek();
  // The next bytes, at least one and at most `most`; none at the end.
  std::string_view take_some(size_t most);
  // False: the stream has less than `size` bytes.
  bool take(std::string& text, size_t size);
  bool skip(size_t size);
  bool align() { return skip((4 - place_ % 4) % 4); }

  size_t place() const { return place_; }

 private:
  bool refill();

  Decoder* decoder_ = nullptr;
  Meter* meter_ = nullptr;
  std::string_view rest_;
  size_t place_ = 0;
};

}  // namespace verify
