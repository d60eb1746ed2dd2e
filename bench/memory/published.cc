// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/memory/published.h"

#include <cstdlib>
#include <optional>

#include "host/text.h"

namespace bench {
namespace {

// "VFIO MAP DMA in 0.047 s (340.2 GB/s)": the rate has more digits than the time.
std::optional<double> rate_in(std::string_view line) {
  const size_t open = line.find('(');
  if (open == line.npos || line.find(" GB/s)", open) == line.npos) return std::nullopt;
  const std::string number(line.substr(open + 1));
  char* end = nullptr;
  const double rate = std::strtod(number.c_str(), &end);
  if (end == number.c_str() || !(rate > 0) || rate > 1e12) return std::nullopt;
  return rate;
}

}  // namespace

host::Result<std::vector<PublishedResult>> parse_published(std::string_view output) {
  constexpr std::string_view kHeading = "AVERAGE (";
  std::vector<PublishedResult> results;
  for (const std::string_view line : host::split(output, "\n")) {
    if (const size_t heading = line.find(kHeading); heading != line.npos) {
      const std::string_view rest = line.substr(heading + kHeading.size());
      results.push_back({.memory = std::string(rest.substr(0, rest.find(')')))});
    }
    if (results.empty()) continue;
    if (line.starts_with("VFIO MAP DMA in ")) results.back().map = rate_in(line).value_or(0);
    if (line.starts_with("VFIO UNMAP DMA in ")) results.back().unmap = rate_in(line).value_or(0);
  }
  if (results.empty()) return host::Error{0, "the published program printed no averages"};
  for (const PublishedResult& result : results)
    if (result.map == 0 || result.unmap == 0)
      return host::Error{0, "the published program printed no rates of " + result.memory};
  return results;
}

}  // namespace bench
