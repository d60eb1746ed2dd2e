// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/decoder.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include <archive.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

namespace initramfs {
namespace {

constexpr const char* kTruncated = "it is truncated";

class Gzip : public Decoder {
 public:
  explicit Gzip(std::string_view packed) : space_(kChunk) {
    // FHCRC, FEXTRA, FCOMMENT (RFC 1952, 2.3.1): the kernel's __gunzip() skips only a file name.
    constexpr unsigned kUnknownToKernel = 0x02 | 0x04 | 0x10;
    if (packed.size() > 3 && (static_cast<unsigned char>(packed[3]) & kUnknownToKernel))
      stop("its gzip header has fields that the kernel does not skip");
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream_.avail_in = static_cast<uInt>(std::min<size_t>(packed.size(), UINT32_MAX));
    if (::inflateInit2(&stream_, 16 + MAX_WBITS) != Z_OK) stop("out of memory");
  }
  ~Gzip() override { ::inflateEnd(&stream_); }

  std::string_view next() override {
    if (ended_ || !fault().empty()) return {};
    stream_.next_out = space_.data();
    stream_.avail_out = static_cast<uInt>(space_.size());
    const int code = ::inflate(&stream_, Z_NO_FLUSH);
    ended_ = code == Z_STREAM_END;
    consumed_ = stream_.total_in;
    const size_t made = space_.size() - stream_.avail_out;
    if (code != Z_OK && !ended_)
      stop(code == Z_BUF_ERROR ? kTruncated : "its gzip data is damaged");
    return {reinterpret_cast<const char*>(space_.data()), made};
  }

 private:
  z_stream stream_ = {};
  std::vector<Bytef> space_;
  bool ended_ = false;
};

class Zstd : public Decoder {
 public:
  explicit Zstd(std::string_view packed)
      : stream_(::ZSTD_createDStream(), &::ZSTD_freeDStream),
        in_{packed.data(), packed.size(), 0},
        space_(kChunk) {
    constexpr int kKernelsLog = 27;  // ZSTD_WINDOWSIZE_MAX in lib/decompress_unzstd.c
    if (!stream_ ||
        ::ZSTD_isError(::ZSTD_DCtx_setParameter(stream_.get(), ZSTD_d_windowLogMax, kKernelsLog)))
      stop("out of memory");
  }

  std::string_view next() override {
    while (!ended_ && fault().empty()) {
      ZSTD_outBuffer out = {space_.data(), space_.size(), 0};
      const size_t code = ::ZSTD_decompressStream(stream_.get(), &out, &in_);
      consumed_ = in_.pos;
      if (::ZSTD_isError(code)) {
        stop(words(code));
        return {};
      }
      ended_ = code == 0;  // after one frame, as in the kernel
      if (out.pos > 0) return {space_.data(), out.pos};
      if (!ended_ && in_.pos == in_.size) stop(kTruncated);
    }
    return {};
  }

 private:
  static std::string words(size_t code) {
    if (::ZSTD_getErrorCode(code) == ZSTD_error_frameParameter_windowTooLarge)
      return "its zstd window is larger than the 128 MiB that the kernel accepts";
    return std::string("its zstd data is damaged: ") + ::ZSTD_getErrorName(code);
  }

  std::unique_ptr<ZSTD_DStream, decltype(&::ZSTD_freeDStream)> stream_;
  ZSTD_inBuffer in_;
  std::vector<char> space_;
  bool ended_ = false;
};

// A decoder with one filter of libarchive. If all filters were enabled, libarchive would start a
// program for formats that it does not support itself, such as lzo.
class Library : public Decoder {
 public:
  Library(std::string_view packed, int (*support)(archive*))
      : reader_(::archive_read_new(), &::archive_read_free), space_(kChunk) {
    archive* reader = reader_.get();
    archive_entry* entry = nullptr;
    support(reader);
    ::archive_read_support_format_raw(reader);
    if (::archive_read_open_memory(reader, packed.data(), packed.size()) != ARCHIVE_OK ||
        ::archive_read_next_header(reader, &entry) != ARCHIVE_OK)
      stop(words());
    // libarchive also unpacks nested compression; the kernel does not. The last filter is "none".
    else if (const int filters = ::archive_filter_count(reader); filters != 2)
      stop(filters > 2 ? "it is compressed more than once" : "its header is damaged");
  }

  std::string_view next() override {
    if (!fault().empty()) return {};
    const la_ssize_t count = ::archive_read_data(reader_.get(), space_.data(), space_.size());
    if (count < 0) {
      stop(words());
      return {};
    }
    consumed_ = static_cast<size_t>(::archive_filter_bytes(reader_.get(), -1));
    return {space_.data(), static_cast<size_t>(count)};
  }

 private:
  std::string words() const {
    const char* words = ::archive_error_string(reader_.get());
    return words ? words : "it cannot be unpacked";
  }

  std::unique_ptr<archive, decltype(&::archive_read_free)> reader_;
  std::vector<char> space_;
};

// The kernel's lz4 format has no end mark: each block follows its size, and a size of 0 ends the
// data (lib/decompress_unlz4.c).
size_t length_of_lz4(std::string_view bytes) {
  constexpr uint32_t kMagic = 0x184c2102;
  size_t at = 0;
  while (bytes.size() - at >= 4) {
    uint32_t size = 0;
    for (size_t i = 0; i < 4; ++i)
      size |= static_cast<uint32_t>(static_cast<unsigned char>(bytes[at + i])) << (8 * i);
    if (size == 0) return at;
    at += 4;
    if (size == kMagic) continue;
    if (size > bytes.size() - at) return bytes.size() + 1;
    at += size;
  }
  return at;
}

std::unique_ptr<Decoder> make_lz4_decoder(std::string_view packed) {
  const size_t length = length_of_lz4(packed);
  class Damaged : public Decoder {
   public:
    Damaged() { stop("its lz4 data is damaged or truncated, or no zeros follow it"); }
    std::string_view next() override { return {}; }
  };
  if (length > packed.size()) return std::make_unique<Damaged>();
  return std::make_unique<Library>(packed.substr(0, length), ::archive_read_support_filter_lz4);
}

// Cuts off later streams, because libarchive would read them, too. A stream begins at a byte
// boundary.
std::unique_ptr<Decoder> make_bzip2_decoder(std::string_view packed) {
  constexpr std::string_view kMagic = "BZh", kBlock = "1AY&SY", kEnd = "\x17\x72\x45\x38\x50\x90";
  size_t end = packed.find(kMagic, 1);
  while (end != packed.npos && packed.substr(end + 4, 6) != kBlock &&
         packed.substr(end + 4, 6) != kEnd)
    end = packed.find(kMagic, end + 1);
  return std::make_unique<Library>(packed.substr(0, end), ::archive_read_support_filter_bzip2);
}

template <typename Kind>
std::unique_ptr<Decoder> make(std::string_view packed) {
  return std::make_unique<Kind>(packed);
}

std::unique_ptr<Decoder> make_none(std::string_view) {
  return nullptr;
}

constexpr struct {
  std::string_view magic;
  const char* name;
  std::unique_ptr<Decoder> (*make)(std::string_view packed);
} kFormats[] = {
    {"\x1f\x8b", "gzip", make<Gzip>},
    {"\xfd"
     "7zXZ",
     "xz", make_xz_decoder},
    {"\x28\xb5\x2f\xfd", "zstd", make<Zstd>},
    {"\x02\x21\x4c\x18", "lz4", make_lz4_decoder},
    {std::string_view("\x5d\0\0", 3), "lzma", make_lzma_decoder},
    {"BZh", "bzip2", make_bzip2_decoder},
    {std::string_view("\x89LZO\0", 5), "lzo", make_none},
};

}  // namespace

std::string_view compression_of(std::string_view bytes) {
  for (const auto& format : kFormats)
    if (bytes.starts_with(format.magic)) return format.name;
  return "";
}

std::unique_ptr<Decoder> make_decoder(std::string_view compression, std::string_view packed) {
  for (const auto& format : kFormats)
    if (compression == format.name && packed.starts_with(format.magic)) return format.make(packed);
  return nullptr;
}

std::optional<std::string> unpack(std::string_view packed, std::string_view compression,
                                  size_t limit, host::Meter& meter) {
  if (compression == "none") return std::string(packed);
  const auto decoder = make_decoder(compression, packed);
  if (!decoder) return std::nullopt;
  std::string text;
  for (std::string_view chunk; !(chunk = decoder->next()).empty();) {
    if (!meter.unpack(chunk.size()) || chunk.size() > limit - text.size()) return std::nullopt;
    text += chunk;
  }
  if (!decoder->fault().empty()) return std::nullopt;
  return text;
}

}  // namespace initramfs
