// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/comparison.h"

#include <algorithm>
#include <iterator>

#include "bench/guest_run.h"

namespace bench {
namespace {

// The suffix that Google Benchmark appends to a name for UseRealTime().
constexpr std::string_view kRealTime = "/real_time";
// The suffixes for Iterations() and MinTime().
constexpr std::string_view kIterations = "/iterations:", kMinTime = "/min_time:";

// The keys of a report's context that differ between guests.
constexpr const char* kGuestKeys[] = {"card", "driver", "beside", kDisplay, kQemuEnd};

// The metrics that a renderer draws.
constexpr const char* kLoads[] = {"GraphicsLoad", "VulkanLoad"};

constexpr CardMode kModes[] = {CardMode::kPassedThrough, CardMode::kEmulated};

std::string text_of(const nlohmann::json& entry, const char* key) {
  const auto found = entry.find(key);
  return found != entry.end() && found->is_string() ? found->get<std::string>() : "";
}

// The pairs, in the order of their first entry.
std::vector<std::string> pairs_of(const nlohmann::json& entries) {
  std::vector<std::string> pairs;
  for (const nlohmann::json& entry : entries)
    if (const std::string pair = text_of(entry, "pair");
        std::find(pairs.begin(), pairs.end(), pair) == pairs.end())
      pairs.push_back(pair);
  return pairs;
}

template <class Function>
void for_each_entry(const nlohmann::json& entries, const std::string& pair, CardMode mode,
                    Function function) {
  for (const nlohmann::json& entry : entries)
    if (text_of(entry, "pair") == pair && text_of(entry, "way") == name_of(mode)) function(entry);
}

double number_of(const nlohmann::json& entry, const char* key, double otherwise) {
  const auto found = entry.find(key);
  return found != entry.end() && found->is_number() ? found->get<double>() : otherwise;
}

// Empty if there are no values.
std::optional<double> median_of(std::vector<double> values) {
  if (values.empty()) return std::nullopt;
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

std::optional<Figure> figure_of(const nlohmann::json& entries, const std::string& pair,
                                CardMode mode, const Metric& metric) {
  int rounds = 0;
  for_each_entry(entries, pair, mode, [&](const nlohmann::json& entry) {
    rounds = std::max(rounds, static_cast<int>(number_of(entry, "repetition_index", 0)) + 1);
  });
  std::vector<double> values, interrupts;
  std::string renderer;
  bool by_msix = true;
  for_each_entry(entries, pair, mode, [&](const nlohmann::json& entry) {
    if (text_of(entry, "workload") != metric.name) return;
    if (rounds >= kRoundsToDropFrom && number_of(entry, "repetition_index", 0) == 0) return;
    const auto value = figure(metric, entry);
    if (!value) return;
    values.push_back(*value);
    renderer = text_of(entry, "label");
    if (const double operations = number_of(entry, "iterations", 0);
        operations > 0 && entry.contains("interrupts")) {
      const double counted = number_of(entry, "interrupts", 0);
      interrupts.push_back(counted / operations);
      by_msix &= counted > 0 && number_of(entry, "msix", 0) == counted;
    }
  });
  const auto median = median_of(values);
  if (!median) return std::nullopt;
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  return Figure{*median, *median > 0 ? (*most - *least) / 2 / *median : 0, median_of(interrupts),
                by_msix && !interrupts.empty(), renderer};
}

// "PageFlip" from "PageFlip/real_time", "GraphicsLoad" from
// "GraphicsLoad/iterations:200/real_time".
std::string workload_of(const nlohmann::json& entry) {
  std::string name = text_of(entry, "name");
  if (name.ends_with(kRealTime)) name.resize(name.size() - kRealTime.size());
  return name.substr(0, std::min(name.find(kIterations), name.find(kMinTime)));
}

}  // namespace

const char* name_of(CardMode mode) {
  return mode == CardMode::kPassedThrough ? "passthrough" : "emulated";
}

std::string model_of(const std::string& pair) {
  return pair.substr(pair.find('=') + 1);
}

const char* words_for(CardMode mode) {
  return mode == CardMode::kPassedThrough ? "passed through" : "emulated";
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

void Results::add(const std::string& pair, CardMode mode, int round, const nlohmann::json& report) {
  const nlohmann::json context = report.value("context", nlohmann::json::object());
  for (const auto& [key, value] : context.items())
    if (!json_["context"].contains(key)) json_["context"][key] = value;
  for (nlohmann::json entry : report["benchmarks"]) {
    if (!entry.is_object()) continue;
    const std::string workload = workload_of(entry);
    entry["name"] = pair + "/" + name_of(mode) + "/" + workload;
    entry["pair"] = pair;
    entry["way"] = name_of(mode);
    entry["workload"] = workload;
    entry["repetition_index"] = round;
    for (const char* key : kGuestKeys)
      if (context.contains(key)) entry[key] = context[key];
    json_["benchmarks"].push_back(std::move(entry));
  }
}

std::string Results::text() const {
  return json_.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

void Results::note(const std::string& key, const std::string& value) {
  json_["context"][key] = value;
}

std::string Results::conditions() const {
  const nlohmann::json context = json_.value("context", nlohmann::json::object());
  std::string text;
  for (const auto& [key, before] : {std::pair{"qemu", ""},
                                    {"accelerator", ", "},
                                    {"kernel", "; the guest's kernel "},
                                    {"rounds", "; rounds: "},
                                    {"remark", "; "}})
    if (const std::string value = text_of(context, key); !value.empty())
      text += (text.empty() ? "" : before) + value;
  return text;
}

std::string GuestCard::str() const {
  return card + " (" + (driver.empty() ? "no driver" : driver) + ")" +
         (other_functions.empty() ? "" : ", with " + other_functions);
}

std::optional<GuestCard> found_in_guest(const Results& results, const std::string& pair,
                                        CardMode mode) {
  std::optional<GuestCard> found;
  for_each_entry(results.json()["benchmarks"], pair, mode, [&](const nlohmann::json& entry) {
    if (const std::string card = text_of(entry, "card"); !card.empty())
      found = {card, text_of(entry, "driver"), text_of(entry, "beside")};
  });
  return found;
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
      const Row row = {pair, &metric, figure_of(entries, pair, CardMode::kPassedThrough, metric),
                       figure_of(entries, pair, CardMode::kEmulated, metric)};
      if (row.passed_through || row.emulated) rows.push_back(row);
    }
  return rows;
}

namespace {

bool ran(const nlohmann::json& entries, const std::string& pair, CardMode mode) {
  bool any = false;
  for_each_entry(entries, pair, mode, [&](const nlohmann::json&) { any = true; });
  return any;
}

void add_once(std::vector<Failure>& all, const Failure& failure) {
  if (std::find(all.begin(), all.end(), failure) == all.end()) all.push_back(failure);
}

bool explains(const Failure& failure, const Row& row, CardMode mode) {
  return failure.pair == row.pair && failure.mode == mode &&
         (failure.workload == row.metric->name || failure.workload == kWholeGuest);
}

}  // namespace

std::vector<Failure> failures(const Results& results) {
  std::vector<Failure> all;
  const nlohmann::json& entries = results.json()["benchmarks"];
  for (const std::string& pair : pairs_of(entries))
    for (const CardMode mode : kModes)
      for_each_entry(entries, pair, mode, [&](const nlohmann::json& entry) {
        if (entry.contains("error_occurred"))
          add_once(all, {pair, mode, text_of(entry, "workload"), text_of(entry, "error_message")});
      });
  return all;
}

std::vector<Failure> skipped_workloads(const Results& results) {
  std::vector<Failure> all;
  const nlohmann::json& entries = results.json()["benchmarks"];
  for (const std::string& pair : pairs_of(entries))
    for (const CardMode mode : kModes)
      for_each_entry(entries, pair, mode, [&](const nlohmann::json& entry) {
        if (entry.value("skipped", nlohmann::json()) == true)
          add_once(all, {pair, mode, text_of(entry, "workload"), text_of(entry, "skip_message")});
      });
  return all;
}

std::vector<std::string> remarks(const Results& results, const std::string& pair) {
  std::vector<std::string> all;
  for (const CardMode mode : kModes)
    for (const char* key : {kDisplay, kQemuEnd})
      for_each_entry(results.json()["benchmarks"], pair, mode, [&](const nlohmann::json& entry) {
        const std::string text = text_of(entry, key);
        const std::string remark = std::string(words_for(mode)) + ": " + text;
        if (!text.empty() && std::find(all.begin(), all.end(), remark) == all.end())
          all.push_back(remark);
      });
  return all;
}

std::vector<Failure> incomparable_metrics(const Results& results) {
  std::vector<Failure> all;
  const nlohmann::json& entries = results.json()["benchmarks"];
  std::vector<Failure> explained = failures(results);
  for (const Failure& skipped : skipped_workloads(results)) explained.push_back(skipped);
  for (const Row& row : compare(results)) {
    if (row.passed_through.has_value() == row.emulated.has_value()) continue;
    const CardMode mode = row.passed_through ? CardMode::kEmulated : CardMode::kPassedThrough;
    if (ran(entries, row.pair, mode) &&
        std::none_of(explained.begin(), explained.end(),
                     [&](const Failure& failure) { return explains(failure, row, mode); }))
      all.push_back({row.pair, mode, row.metric->name, "the guest cannot measure it on this card"});
  }
  return all;
}

std::vector<Drawing> drawings(const Results& results) {
  std::vector<Drawing> all;
  const nlohmann::json& entries = results.json()["benchmarks"];
  for (const std::string& pair : pairs_of(entries))
    for (const char* load : kLoads)
      for (const CardMode mode : kModes) {
        std::optional<Drawing> last;
        for_each_entry(entries, pair, mode, [&](const nlohmann::json& entry) {
          if (!entry.contains("checksum") || entry.contains("error_occurred")) return;
          if (text_of(entry, "workload") != load) return;
          last = {pair,
                  mode,
                  load,
                  text_of(entry, "label"),
                  static_cast<uint32_t>(number_of(entry, "checksum", 0)),
                  {number_of(entry, "red", 0), number_of(entry, "green", 0),
                   number_of(entry, "blue", 0)}};
        });
        if (last) all.push_back(*last);
      }
  return all;
}

std::vector<std::string> pairs_in(const Results& results) {
  return pairs_of(results.json()["benchmarks"]);
}

}  // namespace bench
