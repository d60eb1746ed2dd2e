// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the workloads of bench/guest measure, with the unit and the meaning of each figure.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include <nlohmann/json.hpp>

namespace bench {

enum class Unit { kBandwidth, kTime, kRate };

struct Metric {
  const char* name;  // of the benchmark
  const char* title;
  Unit unit;
  const char* means;  // one line, for the reader of the table
};

// In the order of the report.
std::span<const Metric> metrics();

const char* symbol(Unit unit);  // "MB/s", "ns", "1/s"

// True if a larger figure is better.
bool more_is_better(Unit unit);

// The metric's figure in an entry of a benchmark's JSON, in the unit's symbol. Empty: the workload
// failed, or the entry has no such figure.
std::optional<double> figure(const Metric& metric, const nlohmann::json& entry);

}  // namespace bench
