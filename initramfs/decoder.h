// SPDX-License-Identifier: GPL-2.0-or-later
//
// Decompression as the kernel does it (lib/decompress_*.c): one stream of one format, without the
// options that the kernel's decoders do not have. Input that only `xz -d` and others accept is
// a fault here, since the kernel stops there.
//
// What must hold: the input is untrusted. A decoder allocates at most kDecoderMemory, or zstd's
// window of 128 MiB, and starts no program.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "host/budget.h"

namespace initramfs {

class Decoder {
 public:
  virtual ~Decoder() = default;
  // The next bytes, which are valid until the next call; empty at the end or after a fault.
  virtual std::string_view next() = 0;
  // The length of the stream in the input, in bytes; known at its end.
  size_t consumed() const { return consumed_; }
  // "": no fault.
  const std::string& fault() const { return fault_; }

 protected:
  static constexpr size_t kChunk = size_t{64} << 10;
  void stop(std::string fault) {
    if (fault_.empty()) fault_ = std::move(fault);
  }
  size_t consumed_ = 0;

 private:
  std::string fault_;
};

// The format that `bytes` begins with: "gzip", "xz", …; "": the kernel knows no such format.
std::string_view compression_of(std::string_view bytes);

// nullptr: this program has no decoder for the format.
std::unique_ptr<Decoder> make_decoder(std::string_view compression, std::string_view packed);
std::unique_ptr<Decoder> make_xz_decoder(std::string_view packed);
std::unique_ptr<Decoder> make_lzma_decoder(std::string_view packed);

// The content of one stream; nullopt if it is damaged, has more than `limit` bytes, or exceeds the
// budget. The compression "none" returns the input.
std::optional<std::string> unpack(std::string_view packed, std::string_view compression,
                                  size_t limit, host::Meter& meter);

}  // namespace initramfs
