// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/byte_stream.h"

namespace initramfs {

bool ByteStream::refill() {
  if (rest_.empty() && decoder_) {
    rest_ = decoder_->next();
    if (!rest_.empty() && !meter_->unpack(rest_.size())) rest_ = {}, decoder_ = nullptr;
  }
  return !rest_.empty();
}

int ByteStream::peek() {
  return refill() ? static_cast<unsigned char>(rest_.front()) : -1;
}

std::string_view ByteStream::take_some(size_t max_size) {
  if (max_size == 0 || !refill()) return {};
  const std::string_view taken = rest_.substr(0, max_size);
  rest_.remove_prefix(taken.size());
  offset_ += taken.size();
  return taken;
}

bool ByteStream::take(std::string& text, size_t size) {
  text.clear();
  while (text.size() < size) {
    const std::string_view taken = take_some(size - text.size());
    if (taken.empty()) return false;
    text += taken;
  }
  return true;
}

bool ByteStream::skip(size_t size) {
  while (size > 0) {
    const std::string_view taken = take_some(size);
    if (taken.empty()) return false;
    size -= taken.size();
  }
  return true;
}

}  // namespace initramfs
