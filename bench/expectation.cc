// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/expectation.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>

#include <fmt/format.h>

#include "host/text.h"

namespace bench {
namespace {

// Parses all of `text` as a number into `value`. Empty text leaves `value` unchanged.
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

std::string all_metrics() {
  std::vector<std::string> names;
  for (const Metric& metric : metrics()) names.emplace_back(metric.name);
  return host::join(names, ", ");
}

bool is_for_model(const Row& row, const std::string& model) {
  return model.empty() || model_of(row.pair) == model;
}

}  // namespace

host::Result<Expectation> Expectation::parse(const std::string& text) {
  const size_t equals = text.find('='), colon = text.find(':', std::min(equals, text.size()));
  const std::string subject = text.substr(0, equals);
  const size_t end_of_model = subject.find(':');
  Expectation expectation;
  if (end_of_model != subject.npos) expectation.model = subject.substr(0, end_of_model);
  expectation.metric = subject.substr(end_of_model == subject.npos ? 0 : end_of_model + 1);
  if (colon == text.npos || !is_metric(expectation.metric) ||
      !read_limit(text.substr(equals + 1, colon - equals - 1), expectation.lower_limit) ||
      !read_limit(text.substr(colon + 1), expectation.upper_limit) || text.size() == equals + 2 ||
      expectation.lower_limit > expectation.upper_limit || end_of_model == 0)
    return host::Error{
        0, "'" + text + "' is not an expectation; use [MODEL:]METRIC=LEAST:MOST, " +
               "for example RegisterRead=5: or secondary-vga:PageFlip=0.9:1.1; the metrics are " +
               all_metrics()};
  return expectation;
}

std::vector<std::string> violations(const Expectation& expectation, const std::vector<Row>& rows) {
  std::vector<std::string> sentences;
  bool found = false;
  for (const Row& row : rows) {
    const auto ratio = row.ratio();
    if (row.metric->name != expectation.metric || !ratio || !is_for_model(row, expectation.model))
      continue;
    found = true;
    if (*ratio < expectation.lower_limit || *ratio > expectation.upper_limit)
      sentences.push_back(fmt::format(
          "{} of {} is {:.3f} times as fast when passed through, not between {} and {}",
          expectation.metric, row.pair, *ratio, expectation.lower_limit, expectation.upper_limit));
  }
  if (!found)
    sentences.push_back(fmt::format("{} was not measured in both guests for {}", expectation.metric,
                                    expectation.model.empty() ? "any card" : expectation.model));
  return sentences;
}

std::vector<std::string> different_pictures(const std::vector<std::string>& models,
                                            const std::vector<Drawing>& drawings) {
  std::vector<std::string> sentences;
  std::map<std::string, const Drawing*> first;  // of each workload
  for (const std::string& model : models) {
    bool found = false;
    for (const Drawing& drawing : drawings) {
      if (drawing.mode != CardMode::kEmulated || model_of(drawing.pair) != model) continue;
      found |= drawing.workload == "GraphicsLoad";
      const Drawing& wanted = *first.try_emplace(drawing.workload, &drawing).first->second;
      if (drawing.checksum != wanted.checksum)
        sentences.push_back(fmt::format(
            "the picture of {} differs: checksum {:08x} of {}, drawn by {}, and {:08x} of {}, drawn by {}",
            drawing.workload, wanted.checksum, model_of(wanted.pair), wanted.renderer,
            drawing.checksum, model, drawing.renderer));
    }
    if (!found) sentences.push_back("the graphics load was not measured for " + model);
  }
  return sentences;
}

std::vector<std::string> differences(const std::vector<Row>& one, const std::vector<Row>& other,
                                     double percent) {
  const auto ratio_in = [](const std::vector<Row>& rows, const Row& wanted) {
    const auto found = std::find_if(rows.begin(), rows.end(), [&](const Row& row) {
      return row.pair == wanted.pair && row.metric == wanted.metric;
    });
    return found == rows.end() ? std::nullopt : found->ratio();
  };
  std::vector<std::string> sentences;
  for (const Row& row : one) {
    const auto here = row.ratio(), there = ratio_in(other, row);
    if (!here && !there) continue;
    if (!here || !there)
      sentences.push_back(
          fmt::format("{} of {} has a ratio in only one run", row.metric->name, row.pair));
    else if (const double apart = 100 * std::abs(*here / *there - 1); apart > percent)
      sentences.push_back(fmt::format(
          "{} of {} is {:.3f} times as fast in one run and {:.3f} in the other; the difference of {:.1f} % is more than {} %",
          row.metric->name, row.pair, *here, *there, apart, percent));
  }
  for (const Row& row : other)
    if (row.ratio() && std::none_of(one.begin(), one.end(), [&](const Row& own) {
          return own.pair == row.pair && own.metric == row.metric;
        }))
      sentences.push_back(
          fmt::format("{} of {} has a ratio in only one run", row.metric->name, row.pair));
  return sentences;
}

}  // namespace bench
