// SPDX-License-Identifier: GPL-2.0-or-later
//
// The captured machine as a file to be sent around: a tar archive, all below one directory.
#pragma once

#include <string>

#include "host/result.h"
#include "verify/capture/collect.h"

namespace verify::capture {

inline constexpr const char* kTop = "vfio-capture";

// `name` decides: gzip for .gz and .tgz, zstd for all else.
host::Result<std::string> pack(const Collection& collection, const std::string& name);

// Into a new directory, which is removed at the end.
class Unpacked {
 public:
  static host::Result<Unpacked> from(const std::string& file);
  Unpacked(Unpacked&& other) noexcept;
  Unpacked& operator=(Unpacked&&) = delete;
  ~Unpacked();

  // The captured tree, for host::Root.
  std::string root() const { return directory_ + "/" + kTop; }

 private:
  explicit Unpacked(std::string directory) : directory_(std::move(directory)) {}

  std::string directory_;
};

}  // namespace verify::capture
