// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/budget.h"

#include <algorithm>
#include <ctime>

#include <fmt/format.h>

namespace host {
namespace {

// Processor time instead of wall-clock time: the result does not depend on the load of the machine.
double processor_seconds() {
  timespec now = {};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

}  // namespace

Meter::Meter(const Budget& budget, size_t packed)
    : budget_(budget),
      seconds_(static_cast<double>(kSeconds) +
               static_cast<double>(packed) / static_cast<double>(kBytesPerSecond)),
      began_(processor_seconds()) {}

bool Meter::within(bool in_limit, const char* unit, size_t limit) {
  if (!in_limit && exceeded_limit_.empty())
    exceeded_limit_ =
        fmt::format("the limit of {} {} for {} is exceeded", limit, unit, budget_.what);
  return exceeded_limit_.empty();
}

// A header may have any number: it is reduced to one more than the limit, so that the sum does not
// overflow and still exceeds the limit.
bool Meter::unpack(size_t bytes) {
  unpacked_ += std::min(bytes, budget_.unpacked + 1);
  return within(unpacked_ <= budget_.unpacked, "MiB unpacked", budget_.unpacked >> 20) && in_time();
}

bool Meter::enter(std::string_view path) {
  const auto slashes = static_cast<size_t>(std::count(path.begin(), path.end(), '/'));
  return within(++entries_ <= budget_.entries, "entries", budget_.entries) &&
         within(slashes <= budget_.depth, "levels of directories", budget_.depth) &&
         keep(path.size()) && in_time();
}

bool Meter::keep(size_t bytes) {
  kept_ += std::min(bytes, budget_.kept + 1);
  return within(kept_ <= budget_.kept, "MiB of names and texts", budget_.kept >> 20);
}

bool Meter::add_kernel() {
  return within(++kernels_ <= budget_.kernels, "kernels", budget_.kernels);
}

bool Meter::in_time() {
  return within(processor_seconds() - began_ <= seconds_, "seconds of processor time",
                static_cast<size_t>(seconds_));
}

}  // namespace host
