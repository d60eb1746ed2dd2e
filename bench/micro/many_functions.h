// SPDX-License-Identifier: GPL-2.0-or-later
//
// A directory that looks like a machine of many PCI functions, for as long as it lives; in memory
// where that can be had.
#pragma once

#include <filesystem>

namespace bench {

class ManyFunctions {
 public:
  // Network cards, but for one graphics card in the midst of them, which its configuration claims.
  explicit ManyFunctions(int functions);
  ~ManyFunctions();
  ManyFunctions(const ManyFunctions&) = delete;
  ManyFunctions& operator=(const ManyFunctions&) = delete;

  const std::filesystem::path& directory() const { return directory_; }

 private:
  void add(int number, bool graphics) const;

  std::filesystem::path directory_;
};

}  // namespace bench
