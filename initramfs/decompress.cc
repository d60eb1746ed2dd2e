// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/decompress.h"

#include <cerrno>
#include <cstdint>

#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

namespace initramfs {
namespace {

constexpr size_t kChunk = size_t{256} << 10;

enum class Step { kMore, kEnd, kFault, kMemory };

// Calls `next(space, size, made)` with new space until it returns kEnd.
template <typename Next>
host::Result<std::string> collect(const std::string& name, Next next) {
  std::string text;
  for (;;) {
    const size_t before = text.size();
    text.resize(before + kChunk);
    size_t made = 0;
    const Step step = next(text.data() + before, kChunk, made);
    text.resize(before + made);
    if (step == Step::kEnd) return text;
    if (step == Step::kMemory)
      return host::Error{ENOMEM, "decompress " + name + " with 160 MiB of memory"};
    if (step == Step::kFault || made == 0) return host::Error{EBADMSG, "decompress " + name};
    if (text.size() > kMaxModule) return host::Error{EFBIG, "decompress " + name};
  }
}

host::Result<std::string> from_gzip(std::string_view packed, const std::string& name) {
  z_stream stream = {};
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  if (::inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK) return host::Error{ENOMEM, name};
  auto text = collect(name, [&](char* space, size_t size, size_t& made) {
    stream.next_out = reinterpret_cast<Bytef*>(space);
    stream.avail_out = static_cast<uInt>(size);
    const int code = ::inflate(&stream, Z_NO_FLUSH);
    made = size - stream.avail_out;
    return code == Z_STREAM_END ? Step::kEnd : code == Z_OK ? Step::kMore : Step::kFault;
  });
  ::inflateEnd(&stream);
  return text;
}

host::Result<std::string> from_xz(std::string_view packed, const std::string& name) {
  lzma_stream stream = LZMA_STREAM_INIT;
  // A header of a few bytes may request 4 GiB; `xz -9` requests 65 MiB.
  constexpr uint64_t kMemory = uint64_t{160} << 20;
  if (::lzma_stream_decoder(&stream, kMemory, LZMA_CONCATENATED) != LZMA_OK)
    return host::Error{ENOMEM, name};
  stream.next_in = reinterpret_cast<const uint8_t*>(packed.data());
  stream.avail_in = packed.size();
  auto text = collect(name, [&](char* space, size_t size, size_t& made) {
    stream.next_out = reinterpret_cast<uint8_t*>(space);
    stream.avail_out = size;
    const lzma_ret code = ::lzma_code(&stream, LZMA_FINISH);
    made = size - stream.avail_out;
    if (code == LZMA_MEMLIMIT_ERROR) return Step::kMemory;
    return code == LZMA_STREAM_END ? Step::kEnd : code == LZMA_OK ? Step::kMore : Step::kFault;
  });
  ::lzma_end(&stream);
  return text;
}

host::Result<std::string> from_zstd(std::string_view packed, const std::string& name) {
  // The library limits the window to 128 MiB.
  ZSTD_DStream* stream = ::ZSTD_createDStream();
  if (!stream) return host::Error{ENOMEM, name};
  ZSTD_inBuffer in = {packed.data(), packed.size(), 0};
  auto text = collect(name, [&](char* space, size_t size, size_t& made) {
    ZSTD_outBuffer out = {space, size, 0};
    const size_t code = ::ZSTD_decompressStream(stream, &out, &in);
    made = out.pos;
    if (::ZSTD_isError(code)) return Step::kFault;
    return code == 0 && in.pos == in.size ? Step::kEnd : Step::kMore;
  });
  ::ZSTD_freeDStream(stream);
  return text;
}

}  // namespace

host::Result<std::string> decompress(std::string_view packed, const std::string& name) {
  if (packed.size() > kMaxModule) return host::Error{EFBIG, "decompress " + name};
  if (packed.starts_with("\x1f\x8b")) return from_gzip(packed, name);
  if (packed.starts_with("\xfd"
                         "7zXZ"))
    return from_xz(packed, name);
  if (packed.starts_with("\x28\xb5\x2f\xfd")) return from_zstd(packed, name);
  return std::string(packed);
}

}  // namespace initramfs
