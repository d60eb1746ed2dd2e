// SPDX-License-Identifier: GPL-2.0-or-later
//
// The captured machine as a file to be sent around: a tar archive, all below one directory.
#pragma once

#include <string>

#include <sys/types.h>

#include "host/fd.h"
#include "host/result.h"
#include "verify/capture/collect.h"

namespace verify::capture {

inline constexpr const char* kTop = "vfio-capture";

// `name` decides: gzip for .gz and .tgz, zstd for all else.
host::Result<std::string> pack(const Collection& collection, const std::string& name);

// In a new directory, which is removed at the end, whatever the end is: a process of our own waits
// for it, and outlives a signal that ends this one.
class Unpacked {
 public:
  static host::Result<Unpacked> from(const std::string& file);
  Unpacked(Unpacked&& other) noexcept;
  Unpacked& operator=(Unpacked&&) = delete;
  ~Unpacked();

  // The captured tree, for host::Root.
  std::string root() const { return directory_ + "/" + kTop; }

 private:
  static host::Result<Unpacked> watched(const std::string& directory);
  Unpacked(std::string directory, host::Fd alive, pid_t janitor)
      : directory_(std::move(directory)), alive_(std::move(alive)), janitor_(janitor) {}

  std::string directory_;
  host::Fd alive_;  // of a pipe: closed when this process ends
  pid_t janitor_ = -1;
};

}  // namespace verify::capture
