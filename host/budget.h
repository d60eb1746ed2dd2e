// SPDX-License-Identifier: GPL-2.0-or-later
//
// Limits of memory and time for reading untrusted files, such as an image or a capture. All such
// limits are here; a Meter reports which of them was exceeded.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace host {

struct Budget {
  const char* what;     // "an initramfs"
  size_t packed;        // bytes of the file itself
  size_t unpacked;      // bytes after decompression
  size_t archives = 1;  // cpio archives, one after the other
  size_t entries;       // files, links and directories
  size_t depth;         // of directories
  size_t kept;          // bytes of names, and of texts that are kept in memory
  size_t text = 0;      // bytes of one text that is kept
  size_t kernels = 0;   // kernels whose modules are in it
  size_t steps = 0;     // steps of all look-ups in the files, each about a microsecond
};

// Processor time: kSeconds for each file, and one second more for each kBytesPerSecond. The slowest
// decoder, bzip2's, needs a fifth of that on the slowest machines that have an IOMMU.
inline constexpr size_t kSeconds = 8, kBytesPerSecond = size_t{2} << 20;
// Memory of one decoder: xz and lzma allocate what a header of a few bytes requests. `xz -9`
// requests 65 MiB. zstd has the kernel's own limit (lib/decompress_unzstd.c).
inline constexpr size_t kDecoderMemory = size_t{160} << 20;

constexpr size_t operator""_MiB(unsigned long long count) {
  return static_cast<size_t>(count) << 20;
}

// The machine needs memory for the image and for its unpacked files at the same time.
inline constexpr Budget kImageBudget = {.what = "an initramfs",
                                        .packed = 1024_MiB,
                                        .unpacked = 4096_MiB,
                                        .archives = 1000,
                                        .entries = 200'000,
                                        .depth = 100,
                                        .kept = 128_MiB,
                                        .text = 8_MiB,
                                        .kernels = 100,
                                        .steps = 4'000'000};

// A capture holds some dozens of small files for each PCI function.
inline constexpr Budget kCaptureBudget = {.what = "a capture",
                                          .packed = 256_MiB,
                                          .unpacked = 512_MiB,
                                          .entries = 200'000,
                                          .depth = 100,
                                          .kept = 128_MiB};

// The configuration of boot loaders usually has some dozens of files.
inline constexpr Budget kBootBudget = {.what = "a boot loader's configuration",
                                       .packed = 0,
                                       .unpacked = 128_MiB,  // entries of menus
                                       .entries = 10'000,
                                       .depth = 100,
                                       .kept = 4_MiB};

// The options of a kernel: about 300 kB of text.
inline constexpr Budget kKernelOptionsBudget = {.what = "the options of a kernel",
                                                .packed = 1_MiB,
                                                .unpacked = 4_MiB,
                                                .entries = 1,
                                                .depth = 1,
                                                .kept = 4_MiB,
                                                .text = 4_MiB};

class Meter {
 public:
  // `packed`: the size of the file. A larger file may take more time.
  Meter(const Budget& budget, size_t packed);

  // Each counts against a limit. Once any limit is exceeded, all return false.
  bool unpack(size_t bytes);
  bool enter(std::string_view path);
  bool keep(size_t bytes);
  bool add_kernel();
  bool in_time();

  const Budget& budget() const { return budget_; }

  // "the limit of 200000 entries for an initramfs is exceeded"; "" while all is within the limits.
  const std::string& exceeded_limit() const { return exceeded_limit_; }

 private:
  bool within(bool in_limit, const char* unit, size_t limit);

  Budget budget_;
  size_t unpacked_ = 0, entries_ = 0, kept_ = 0, kernels_ = 0;
  double seconds_, began_;
  std::string exceeded_limit_;
};

}  // namespace host
