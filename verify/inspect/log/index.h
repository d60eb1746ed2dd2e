// SPDX-License-Identifier: GPL-2.0-or-later
//
// An index of the kernel log by the addresses of PCI functions. A log may have a million lines and
// a machine thousands of functions, so the log is searched only once for all of them.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "host/kernel_log.h"

namespace verify {

// The log is complete since the kernel's start, without a gap.
bool is_complete(const std::vector<host::LogLine>& log);

class LogIndex {
 public:
  using Lines = std::vector<const host::LogLine*>;  // oldest first

  // Each address as most messages have it, and the whole address. IOMMU drivers write "01:00.0"
  // without the domain. Such a name is left out if functions of two domains have it.
  using Names = std::map<std::string, std::string, std::less<>>;

  // `log` must outlive the index. Each of `addresses` is a key of the index.
  LogIndex(const std::vector<host::LogLine>& log, const std::set<std::string>& addresses,
           const Names& short_names = {});

  // The lines that name the function at `address` ("0000:01:00.0"), anywhere.
  const Lines& about(std::string_view address) const;
  bool is_complete() const { return is_complete_; }
  uint64_t newest_microseconds() const { return newest_; }
  bool is_index_of(const std::vector<host::LogLine>& log) const {
    return first_ == log.data() && lines_ == log.size();
  }

 private:
  std::map<std::string, Lines, std::less<>> about_;
  bool is_complete_ = false;
  uint64_t newest_ = 0;
  const host::LogLine* first_ = nullptr;
  size_t lines_ = 0;
};

}  // namespace verify
