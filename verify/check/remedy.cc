// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/check/remedy.h"

#include <fmt/format.h>

namespace verify {

Remedy Remedy::then(const Remedy& next) && {
  steps_.insert(steps_.end(), next.steps_.begin(), next.steps_.end());
  return std::move(*this);
}

std::string Remedy::str() const {
  std::string text;
  for (const Step& step : steps_) {
    if (!text.empty()) text += '\n';
    text += step.text;
    for (const std::string& command : step.commands) text += "\n  " + command;
  }
  return text;
}

Remedy operator+(std::string_view words, Remedy remedy) {
  if (remedy.empty()) return std::string(words);
  remedy.steps_.front().text.insert(0, words);
  return remedy;
}

Remedy see_kernel_log() {
  return {"see the kernel log for the reason:", {"dmesg | tail -n 30"}};
}

Remedy see_kernel_log(std::string_view words) {
  return {"see the kernel log for the reason:", {fmt::format("dmesg | grep -iE '{}'", words)}};
}

Remedy claim(std::string words) {
  return {std::move(words), {"vfio-early claim"}};
}

}  // namespace verify
