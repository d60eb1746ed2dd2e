// SPDX-License-Identifier: GPL-2.0-or-later
//
// The two lines that --live writes to the kernel log around the test of a function. The test makes
// the card do DMA that the IOMMU must block, so the faults in between are no evidence against it.
#pragma once

#include <string>
#include <string_view>

#include "host/kernel_log.h"

namespace verify {

inline constexpr std::string_view kLiveTestBegins =
    "vfio-verify: live test begins, with DMA that the IOMMU must block: ";
inline constexpr std::string_view kLiveTestEnded = "vfio-verify: live test ended: ";

// Follows the lines of a log, oldest first: is this line from a live test? A test that was killed
// has no second line, and ends after kLongestTest.
class LiveTests {
 public:
  bool include(const host::LogLine& line) {
    if (line.text.starts_with(kLiveTestBegins)) ends_ = line.microseconds + kLongestTest;
    if (line.text.starts_with(kLiveTestEnded)) ends_ = 0;
    return line.microseconds < ends_;
  }

 private:
  static constexpr uint64_t kLongestTest = 60'000'000;  // ten times what the slowest takes
  uint64_t ends_ = 0;                                   // microseconds since boot; 0: no test
};

}  // namespace verify
