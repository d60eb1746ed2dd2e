// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/budget.h"

#include <algorithm>

#include <fmt/format.h>

namespace verify {

bool Meter::within(bool in_limit, const char* unit, size_t limit) {
  if (!in_limit && excess_.empty())
    excess_ = fmt::format("{} of more than {} {} is not read", budget_.what, limit, unit);
  return excess_.empty();
}

// A header may claim any number. Added whole it could overflow; cut to the limit it would fit.
bool Meter::unpack(size_t bytes) {
  unpacked_ += std::min(bytes, budget_.unpacked + 1);
  return within(unpacked_ <= budget_.unpacked, "MiB unpacked", budget_.unpacked >> 20) && in_time();
}

bool Meter::enter(std::string_view path) {
  const auto slashes = static_cast<size_t>(std::count(path.begin(), path.end(), '/'));
  return within(++entries_ <= budget_.entries, "entries", budget_.entries) &&
         within(slashes <= budget_.depth, "directories in each other", budget_.depth) &&
         keep(path.size()) && in_time();
}

bool Meter::keep(size_t bytes) {
  kept_ += std::min(bytes, budget_.kept + 1);
  return within(kept_ <= budget_.kept, "MiB of names and texts", budget_.kept >> 20);
}

bool Meter::in_time() {
  const auto limit = budget_.time;
  return within(std::chrono::steady_clock::now() - began_ <= limit, "seconds to read",
                static_cast<size_t>(limit.count()));
}

}  // namespace verify
