// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/image_parts.h"

#include <cstdint>
#include <optional>

#include <fmt/format.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include "host/text.h"

namespace verify {
namespace {

// Each returns the length of the archive that `bytes` begins with; nothing: it has no end.
using Length = std::optional<size_t> (*)(std::string_view bytes, Meter& meter);

constexpr size_t kScratch = size_t{64} << 10;
constexpr size_t kCpioHeader = 110;

size_t aligned(size_t length) {
  return (length + 3) / 4 * 4;
}

std::optional<uint32_t> cpio_number(std::string_view header, size_t field) {
  return host::parse_number(header.substr(6 + 8 * field, 8), 16);
}

std::optional<size_t> cpio_length(std::string_view bytes, Meter& meter) {
  constexpr size_t kFileSize = 6, kNameSize = 11;
  for (size_t at = 0; bytes.size() - at >= kCpioHeader && meter.in_time();) {
    const std::string_view header = bytes.substr(at, kCpioHeader);
    const auto file = cpio_number(header, kFileSize), name = cpio_number(header, kNameSize);
    if (!header.starts_with("07070") || !file || !name) return std::nullopt;
    const std::string_view path = bytes.substr(at + kCpioHeader, *name);
    const size_t next = aligned(aligned(at + kCpioHeader + *name) + *file);
    if (path.starts_with("TRAILER!!!")) return std::min(next, bytes.size());
    if (next > bytes.size()) return std::nullopt;
    at = next;
  }
  return std::nullopt;
}

std::optional<size_t> gzip_length(std::string_view bytes, Meter& meter) {
  z_stream stream = {};
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(std::min<size_t>(bytes.size(), UINT32_MAX));
  if (::inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK) return std::nullopt;
  std::vector<Bytef> scratch(kScratch);
  int code = Z_OK;
  while (code == Z_OK && stream.total_out < meter.budget().unpacked && meter.in_time()) {
    stream.next_out = scratch.data();
    stream.avail_out = kScratch;
    code = ::inflate(&stream, Z_NO_FLUSH);
  }
  const size_t length = stream.total_in;
  ::inflateEnd(&stream);
  return code == Z_STREAM_END ? std::optional(length) : std::nullopt;
}

std::optional<size_t> lzma_length(std::string_view bytes, bool xz, Meter& meter) {
  constexpr uint64_t kMemory = uint64_t{1} << 30;
  lzma_stream stream = LZMA_STREAM_INIT;
  if ((xz ? ::lzma_stream_decoder(&stream, kMemory, 0) : ::lzma_alone_decoder(&stream, kMemory)) !=
      LZMA_OK)
    return std::nullopt;
  stream.next_in = reinterpret_cast<const uint8_t*>(bytes.data());
  stream.avail_in = bytes.size();
  std::vector<uint8_t> scratch(kScratch);
  lzma_ret code = LZMA_OK;
  while (code == LZMA_OK && stream.total_out < meter.budget().unpacked && meter.in_time()) {
    stream.next_out = scratch.data();
    stream.avail_out = kScratch;
    code = ::lzma_code(&stream, LZMA_FINISH);
  }
  const size_t length = stream.total_in;
  ::lzma_end(&stream);
  return code == LZMA_STREAM_END ? std::optional(length) : std::nullopt;
}

std::optional<size_t> xz_length(std::string_view bytes, Meter& meter) {
  return lzma_length(bytes, true, meter);
}

std::optional<size_t> old_lzma_length(std::string_view bytes, Meter& meter) {
  return lzma_length(bytes, false, meter);
}

std::optional<size_t> zstd_length(std::string_view bytes, Meter&) {
  const size_t length = ::ZSTD_findFrameCompressedSize(bytes.data(), bytes.size());
  return ::ZSTD_isError(length) ? std::nullopt : std::optional(length);
}

// The kernel's form of lz4 has no end: blocks with their size before them, until a size is 0 or
// impossible (lib/decompress_unlz4.c).
std::optional<size_t> lz4_length(std::string_view bytes, Meter&) {
  constexpr uint32_t kMagic = 0x184c2102, kLargestBlock = (8 << 20) + (8 << 20) / 255 + 16;
  size_t at = 0;
  while (bytes.size() - at >= 4) {
    uint32_t size = 0;
    for (size_t i = 0; i < 4; ++i)
      size |= static_cast<uint32_t>(static_cast<unsigned char>(bytes[at + i])) << (8 * i);
    if (size != kMagic && (size == 0 || size > kLargestBlock)) return at;
    at += 4;
    if (size == kMagic) continue;
    if (size > bytes.size() - at) return std::nullopt;
    at += size;
  }
  return at;
}

// Nobody here knows where it ends: the rest is taken to be all of it.
std::optional<size_t> everything(std::string_view bytes, Meter&) {
  return bytes.size();
}

constexpr struct {
  std::string_view magic;
  const char* name;
  Length length;
} kForms[] = {
    {"070701", "none", cpio_length},
    {"070702", "none", cpio_length},
    {"\x1f\x8b", "gzip", gzip_length},
    {"\xfd"
     "7zXZ",
     "xz", xz_length},
    {"\x28\xb5\x2f\xfd", "zstd", zstd_length},
    {"\x02\x21\x4c\x18", "lz4", lz4_length},
    {std::string_view("\x5d\0\0", 3), "lzma", old_lzma_length},
    {"BZh", "bzip2", everything},
    {std::string_view("\x89LZO\0", 5), "lzo", everything},
};

}  // namespace

ImageParts cut_image(std::string_view image, Meter& meter) {
  ImageParts cut;
  for (size_t at = 0; at < image.size();) {
    if (image[at] == '\0') {
      ++at;
      continue;
    }
    if (cut.parts.size() == meter.budget().archives) {
      cut.fault = fmt::format("the archive at byte {} is not read: there are {} before it", at,
                              cut.parts.size());
      return cut;
    }
    const std::string_view rest = image.substr(at);
    const auto* form = std::begin(kForms);
    while (form != std::end(kForms) && !rest.starts_with(form->magic)) ++form;
    if (form == std::end(kForms)) {
      cut.fault = fmt::format("what begins at byte {} is no archive known here", at);
      return cut;
    }
    const auto length = form->length(rest, meter);
    if (!meter.in_time()) {
      cut.fault = meter.excess();
      return cut;
    }
    if (!length || *length == 0) {
      cut.fault = fmt::format("the archive at byte {} (compression: {}) is damaged or cut off", at,
                              form->name);
      // What of it can be read may still be worth reading.
      cut.parts.push_back({at, rest.size(), form->name});
      return cut;
    }
    cut.parts.push_back({at, *length, form->name});
    at += *length;
  }
  return cut;
}

}  // namespace verify
