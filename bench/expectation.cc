// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/expectation.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>

namespace bench {
namespace {

// `text` whole as a number into `value`, which stays what it is where there is no text.
bool read_limit(const std::string& text, double& value) {
  if (text.empty()) return true;
  char* end = nullptr;
  value = std::strtod(text.c_str(), &end);
  return *end == '\0' && !std::isnan(value);
}

bool is_metric(const std::string& name) {
  return std::any_of(metrics().begin(), metrics().end(),
                     [&](const Metric& metric) { return metric.name == name; });
}

}  // namespace

host::Result<Expectation> Expectation::parse(const std::string& text) {
  const size_t equals = text.find('='), colon = text.find(':', std::min(equals, text.size()));
  Expectation expectation{.metric = text.substr(0, equals)};
  if (colon == text.npos || !is_metric(expectation.metric) ||
      !read_limit(text.substr(equals + 1, colon - equals - 1), expectation.least) ||
      !read_limit(text.substr(colon + 1), expectation.most) || text.size() == equals + 2 ||
      expectation.least > expectation.most)
    return host::Error{0, "'" + text +
                              "' is no expectation: wanted is METRIC=LEAST:MOST with one of the "
                              "metrics in the CSV, such as RegisterRead=5:"};
  return expectation;
}

std::vector<std::string> violations(const Expectation& expectation, const std::vector<Row>& rows) {
  std::vector<std::string> sentences;
  bool found = false;
  for (const Row& row : rows) {
    const auto ratio = row.ratio();
    if (row.metric->name != expectation.metric || !ratio) continue;
    found = true;
    if (*ratio < expectation.least || *ratio > expectation.most)
      sentences.push_back(
          fmt::format("{} of {} is {:.3f} times as quick passed through, which is "
                      "not between {} and {}",
                      expectation.metric, row.pair, *ratio, expectation.least, expectation.most));
  }
  if (!found) sentences.push_back("no card was measured both ways by " + expectation.metric);
  return sentences;
}

}  // namespace bench
