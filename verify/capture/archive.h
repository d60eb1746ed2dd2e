// SPDX-License-Identifier: GPL-2.0-or-later
//
// Packs and unpacks a capture: a compressed tar archive with all entries below the directory
// kTopDirectory.
#pragma once

#include <string>

#include <sys/types.h>

#include "host/fd.h"
#include "host/result.h"
#include "verify/capture/collect.h"

namespace verify::capture {

inline constexpr const char* kTopDirectory = "vfio-capture";

// Compresses with gzip if `name` ends with .gz or .tgz, otherwise with zstd.
host::Result<std::string> pack(const Collection& collection, const std::string& name);

// A capture, unpacked into a new temporary directory. A child process removes the directory when
// this object is destroyed or this process ends, also if a signal ends it.
class Unpacked {
 public:
  static host::Result<Unpacked> from(const std::string& file);
  Unpacked(Unpacked&& other) noexcept;
  Unpacked& operator=(Unpacked&&) = delete;
  ~Unpacked();

  // The captured tree, for host::Root.
  std::string root() const { return directory_ + "/" + kTopDirectory; }

 private:
  static host::Result<Unpacked> with_cleaner(const std::string& directory);
  Unpacked(std::string directory, host::Fd alive, pid_t cleaner)
      : directory_(std::move(directory)), cleaner_pipe_(std::move(alive)), cleaner_(cleaner) {}

  std::string directory_;
  host::Fd cleaner_pipe_;  // of a pipe: closed when this process ends
  pid_t cleaner_ = -1;
};

}  // namespace verify::capture
