// SPDX-License-Identifier: GPL-2.0-or-later
//
// A remedy: what to do about a finding.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace verify {

// Steps, one after the other. Empty: nothing to do.
class Remedy {
 public:
  struct Step {
    std::string text;                   // words: "set it:"
    std::vector<std::string> commands;  // to type after reading them; or lines of a file
    bool operator==(const Step&) const = default;
  };

  Remedy() = default;
  Remedy(const char* text) : Remedy(std::string(text)) {}
  Remedy(std::string text) {
    if (!text.empty()) steps_.push_back({std::move(text), {}});
  }
  Remedy(std::string text, std::vector<std::string> commands)
      : steps_{{std::move(text), std::move(commands)}} {}

  bool empty() const { return steps_.empty(); }
  const std::vector<Step>& steps() const { return steps_; }

  // This remedy, and `next` after it.
  Remedy then(const Remedy& next) &&;

  // All in one string, as programs get it: words, then each command on a line of its own that
  // begins with two spaces.
  std::string str() const;

  // `words` and the first words of `remedy` become one sentence.
  friend Remedy operator+(std::string_view words, Remedy remedy);
  bool operator==(const Remedy&) const = default;

 private:
  std::vector<Step> steps_;
};

inline constexpr const char* kRunAsRoot = "run vfio-verify as root";
inline constexpr const char* kCaptureAsRoot = "capture the tree again, as root";
inline constexpr const char* kReleaseReservation =
    "update the firmware, or use a different slot; or disable legacy USB support in the firmware setup";
inline constexpr const char* kReport =
    "report this to the maintainers of vfio-early, with the output of this command:";

// See the kernel log for the reason: its last lines, or those with one of `words` ("fault|nvme", as
// grep -E takes them).
Remedy see_kernel_log();
Remedy see_kernel_log(std::string_view words);

// `words`, then claim the configured cards.
Remedy claim(std::string words);

}  // namespace verify
