// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/comparison.h"

#include <algorithm>
#include <iterator>

namespace bench {
namespace {

// What Google Benchmark adds to a name for UseRealTime().
constexpr std::string_view kRealTime = "/real_time";

constexpr Way kWays[] = {Way::kPassedThrough, Way::kEmulated};

std::string text_of(const nlohmann::json& entry, const char* key) {
  const auto found = entry.find(key);
  return found != entry.end() && found->is_string() ? found->get<std::string>() : "";
}

// The pairs, as they come.
std::vector<std::string> pairs_of(const nlohmann::json& entries) {
  std::vector<std::string> pairs;
  for (const nlohmann::json& entry : entries)
    if (const std::string pair = text_of(entry, "pair");
        std::find(pairs.begin(), pairs.end(), pair) == pairs.end())
      pairs.push_back(pair);
  return pairs;
}

template <class Function>
void for_each_entry(const nlohmann::json& entries, const std::string& pair, Way way,
                    Function function) {
  for (const nlohmann::json& entry : entries)
    if (text_of(entry, "pair") == pair && text_of(entry, "way") == name_of(way)) function(entry);
}

std::optional<Figure> figure_of(const nlohmann::json& entries, const std::string& pair, Way way,
                                const Metric& metric) {
  std::vector<double> values;
  for_each_entry(entries, pair, way, [&](const nlohmann::json& entry) {
    if (text_of(entry, "workload") != metric.name) return;
    if (const auto value = figure(metric, entry)) values.push_back(*value);
  });
  if (values.empty()) return std::nullopt;
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  const double median =
      values.size() % 2 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
  return Figure{median, median > 0 ? (values.back() - values.front()) / 2 / median : 0};
}

}  // namespace

const char* name_of(Way way) {
  return way == Way::kPassedThrough ? "passthrough" : "emulated";
}

Results::Results()
    : json_({{"context", nlohmann::json::object()}, {"benchmarks", nlohmann::json::array()}}) {}

std::optional<Results> Results::parse(const std::string& text) {
  Results results;
  results.json_ = nlohmann::json::parse(text, nullptr, false);
  const auto& json = results.json_;
  if (!json.is_object() || !json.contains("benchmarks") || !json["benchmarks"].is_array())
    return std::nullopt;
  for (const nlohmann::json& entry : json["benchmarks"])
    if (!entry.is_object()) return std::nullopt;
  return results;
}

void Results::add(const std::string& pair, Way way, int round, const nlohmann::json& report) {
  if (json_["context"].empty() && report.contains("context")) json_["context"] = report["context"];
  for (nlohmann::json entry : report["benchmarks"]) {
    if (!entry.is_object()) continue;
    std::string workload = text_of(entry, "name");
    if (workload.ends_with(kRealTime)) workload.resize(workload.size() - kRealTime.size());
    entry["name"] = pair + "/" + name_of(way) + "/" + workload;
    entry["pair"] = pair;
    entry["way"] = name_of(way);
    entry["workload"] = workload;
    entry["repetition_index"] = round;
    json_["benchmarks"].push_back(std::move(entry));
  }
}

std::string Results::text() const {
  return json_.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::optional<double> Row::ratio() const {
  if (!passed_through || !emulated || passed_through->median <= 0 || emulated->median <= 0)
    return std::nullopt;
  const double ratio = passed_through->median / emulated->median;
  return more_is_better(metric->unit) ? ratio : 1 / ratio;
}

std::vector<Row> compare(const Results& results) {
  const nlohmann::json& entries = results.json()["benchmarks"];
  std::vector<Row> rows;
  for (const std::string& pair : pairs_of(entries))
    for (const Metric& metric : metrics()) {
      const Row row = {pair, &metric, figure_of(entries, pair, Way::kPassedThrough, metric),
                       figure_of(entries, pair, Way::kEmulated, metric)};
      if (row.passed_through || row.emulated) rows.push_back(row);
    }
  return rows;
}

std::vector<Interrupts> count_interrupts(const Results& results) {
  const nlohmann::json& entries = results.json()["benchmarks"];
  std::vector<Interrupts> counts;
  for (const std::string& pair : pairs_of(entries)) {
    double counted[std::size(kWays)] = {};
    for (const Way way : kWays)
      for_each_entry(entries, pair, way, [&](const nlohmann::json& entry) {
        const auto found = entry.find("interrupts");
        if (found != entry.end() && found->is_number())
          counted[static_cast<size_t>(way)] += found->get<double>();
      });
    counts.push_back({pair, counted[0], counted[1]});
  }
  return counts;
}

}  // namespace bench
