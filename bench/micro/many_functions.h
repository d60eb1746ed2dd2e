// SPDX-License-Identifier: GPL-2.0-or-later
//
// A directory that looks like the sysfs of a machine with many PCI functions. The destructor
// removes it. It is in memory if possible.
#pragma once

#include <filesystem>

namespace bench {

class ManyFunctions {
 public:
  // Network cards, and among them one graphics card, which the configuration claims.
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
