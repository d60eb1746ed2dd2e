// SPDX-License-Identifier: GPL-2.0-or-later
//
// xz and the older lzma. The kernel's xz decoder (lib/xz) supports only CRC32 as check, or none,
// and only the filter LZMA2, alone or after one BCJ filter.
#include <cstdint>
#include <vector>

#include <fmt/format.h>
#include <lzma.h>

#include "initramfs/decoder.h"

namespace initramfs {
namespace {

const uint8_t* bytes_of(std::string_view text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

// The filters for ARM64 and RISC-V are not known here: only Linux 6.12 and later have them.
bool is_known(lzma_vli filter) {
  return filter == LZMA_FILTER_LZMA2 || (filter >= LZMA_FILTER_X86 && filter <= LZMA_FILTER_SPARC);
}

class Lzma : public Decoder {
 public:
  Lzma(std::string_view packed, bool xz) : packed_(packed), space_(kChunk), xz_(xz) {
    const lzma_ret code = xz ? ::lzma_stream_decoder(&stream_, host::kDecoderMemory, 0)
                             : ::lzma_alone_decoder(&stream_, host::kDecoderMemory);
    if (code != LZMA_OK) stop("out of memory");
    if (xz) check_header();
    stream_.next_in = bytes_of(packed);
    stream_.avail_in = packed.size();
  }
  ~Lzma() override { ::lzma_end(&stream_); }

  std::string_view next() override {
    while (!ended_ && fault().empty()) {
      stream_.next_out = space_.data();
      stream_.avail_out = space_.size();
      const lzma_ret code = ::lzma_code(&stream_, LZMA_FINISH);
      ended_ = code == LZMA_STREAM_END;
      consumed_ = stream_.total_in;
      if (code != LZMA_OK && !ended_) stop(words(code));
      if (ended_ && xz_) check_blocks();
      if (const size_t made = space_.size() - stream_.avail_out; made > 0)
        return {reinterpret_cast<const char*>(space_.data()), made};
    }
    return {};
  }

 private:
  static std::string words(lzma_ret code) {
    if (code == LZMA_MEMLIMIT_ERROR)
      return fmt::format("unpacking it needs more than {} MiB of memory",
                         host::kDecoderMemory >> 20);
    return code == LZMA_BUF_ERROR ? "it is truncated" : "its xz or lzma data is damaged";
  }

  void check_header() {
    lzma_stream_flags flags = {};
    if (packed_.size() < LZMA_STREAM_HEADER_SIZE ||
        ::lzma_stream_header_decode(&flags, bytes_of(packed_)) != LZMA_OK)
      return;
    if (flags.check != LZMA_CHECK_NONE && flags.check != LZMA_CHECK_CRC32)
      stop("its xz check is not CRC32, the only one that the kernel has");
  }

  // Each block names its filters. The index at the end of the stream has the blocks' positions.
  void check_blocks() {
    lzma_stream_flags footer = {};
    const uint8_t* const end = bytes_of(packed_) + consumed_;
    if (::lzma_stream_footer_decode(&footer, end - LZMA_STREAM_HEADER_SIZE) != LZMA_OK) return;
    lzma_index* index = nullptr;
    uint64_t memory = host::kDecoderMemory;
    size_t at = 0;
    const lzma_ret code = ::lzma_index_buffer_decode(
        &index, &memory, nullptr, end - LZMA_STREAM_HEADER_SIZE - footer.backward_size, &at,
        footer.backward_size);
    if (code != LZMA_OK) return stop(words(code));
    lzma_index_iter blocks;
    ::lzma_index_iter_init(&blocks, index);
    while (fault().empty() && !::lzma_index_iter_next(&blocks, LZMA_INDEX_ITER_NONEMPTY_BLOCK))
      check_block(blocks.block.compressed_file_offset, footer.check);
    ::lzma_index_end(index, nullptr);
  }

  void check_block(size_t at, lzma_check check) {
    lzma_filter filters[LZMA_FILTERS_MAX + 1];
    lzma_block block = {};
    block.check = check;
    block.filters = filters;
    block.header_size = lzma_block_header_size_decode(bytes_of(packed_)[at]);
    if (::lzma_block_header_decode(&block, nullptr, bytes_of(packed_) + at) != LZMA_OK)
      return stop("its xz data is damaged");
    size_t count = 0;
    bool known = true;
    for (; filters[count].id != LZMA_VLI_UNKNOWN; ++count) known &= is_known(filters[count].id);
    if (!known || count > 2) stop("it uses xz filters that the kernel does not have");
    ::lzma_filters_free(filters, nullptr);
  }

  std::string_view packed_;
  lzma_stream stream_ = LZMA_STREAM_INIT;
  std::vector<uint8_t> space_;
  bool xz_, ended_ = false;
};

}  // namespace

std::unique_ptr<Decoder> make_xz_decoder(std::string_view packed) {
  return std::make_unique<Lzma>(packed, true);
}

std::unique_ptr<Decoder> make_lzma_decoder(std::string_view packed) {
  return std::make_unique<Lzma>(packed, false);
}

}  // namespace initramfs
