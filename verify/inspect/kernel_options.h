// SPDX-License-Identifier: GPL-2.0-or-later
//
// The options with which the running kernel was built (CONFIG_…), from the file that the kernel or
// its package has for this.
#pragma once

#include <string>
#include <string_view>

#include "host/result.h"
#include "host/root.h"

namespace verify {

// kAbsent: the file does not mention it: the kernel has no such option, or what it depends on is
// disabled.
enum class KernelOption { kAbsent, kDisabled, kEnabled };

class KernelOptions {
 public:
  // ENOENT: no file has them.
  static host::Result<KernelOptions> read(const host::Root& root);

  // `name` without CONFIG_: "IOMMUFD".
  KernelOption value(std::string_view name) const;
  bool has(std::string_view name) const { return value(name) == KernelOption::kEnabled; }
  const std::string& file() const { return file_; }

  KernelOptions(std::string file, std::string text)
      : file_(std::move(file)), text_("\n" + std::move(text)) {}

 private:
  std::string file_;
  std::string text_;  // after a line end
};

}  // namespace verify
