// SPDX-License-Identifier: GPL-2.0-or-later
//
// The common parts of the tests of vfio-verify --live.
#pragma once

#include <string>

#include "tests/lab/lab.h"

namespace lab {

// The checks that a function must pass after a live trial.
inline constexpr const char* kLiveCheckIds[] = {"dma.read",
                                                "dma.write",
                                                "dma.blocked.unmapped",
                                                "dma.blocked.physical",
                                                "dma.blocked.readonly",
                                                "dma.blocked.revoked",
                                                "dma.remapped",
                                                "dma.high",
                                                "irq.delivered"};

class LiveTest : public BootTest {
 protected:
  static std::string finding_value(const Boot& seen, const std::string& question, const char* key,
                                   const std::string& id, const std::string& function) {
    return seen.finding(question, id, function).value(key, "");
  }

  static void expect_all_pass(const Boot& seen, const std::string& question,
                              const std::string& function) {
    for (const char* id : kLiveCheckIds)
      EXPECT_EQ(finding_value(seen, question, "status", id, function), "pass")
          << question << " " << id << " of " << function << ": "
          << finding_value(seen, question, "evidence", id, function);
  }

  // The checks that cannot run on a device with short DMA addresses.
  static bool needs_wide_addresses(const std::string& id) {
    return id == "dma.blocked.physical" || id == "dma.high";
  }

  static bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  }
};

}  // namespace lab
