// SPDX-License-Identifier: GPL-2.0-or-later
//
// What it may cost at most to read a file that anybody may have made: an image, a capture. All such
// limits stand here; a Meter says which of them was reached.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace verify {

struct Budget {
  const char* what;     // "an initramfs"
  size_t packed;        // bytes of the file itself
  size_t unpacked;      // bytes that come out of it
  size_t archives = 1;  // that follow each other in it
  size_t entries;       // files, links and directories
  size_t depth;         // of directories
  size_t kept;          // bytes of names, and of the texts that are kept in memory
  size_t text = 0;      // bytes of one text that is kept
  std::chrono::seconds time;
};

constexpr size_t operator""_MiB(unsigned long long count) {
  return static_cast<size_t>(count) << 20;
}

// An image has to fit into memory, unpacked and beside itself.
inline constexpr Budget kImageBudget = {.what = "an initramfs",
                                        .packed = 1024_MiB,
                                        .unpacked = 4096_MiB,
                                        .archives = 1000,
                                        .entries = 200'000,
                                        .depth = 100,
                                        .kept = 128_MiB,
                                        .text = 8_MiB,
                                        .time = std::chrono::seconds(120)};

// A capture holds some dozens of small files for each PCI function.
inline constexpr Budget kCaptureBudget = {.what = "a capture",
                                          .packed = 256_MiB,
                                          .unpacked = 512_MiB,
                                          .entries = 500'000,
                                          .depth = 100,
                                          .kept = 128_MiB,
                                          .time = std::chrono::seconds(120)};

class Meter {
 public:
  explicit Meter(const Budget& budget) : budget_(budget) {}

  // Each counts one more of its kind; false once a limit was reached, and from then on.
  bool unpack(size_t bytes);
  bool enter(std::string_view path);
  bool keep(size_t bytes);
  bool in_time();

  const Budget& budget() const { return budget_; }

  // "an initramfs of more than 200000 entries is not read"; "" while all is within the limits.
  const std::string& excess() const { return excess_; }

 private:
  bool within(bool in_limit, const char* unit, size_t limit);

  Budget budget_;
  size_t unpacked_ = 0, entries_ = 0, kept_ = 0;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::string excess_;
};

}  // namespace verify
