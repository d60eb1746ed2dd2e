// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the workloads of bench/guest measure, in the units of the field, and what each figure means.
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
  const char* means;  // one line, for whoever reads the table
};

// In the order of the report.
std::span<const Metric> metrics();

const char* symbol(Unit unit);  // "MB/s", "ns", "1/s"

// Is more of it better?
bool more_is_better(Unit unit);

// The metric's figure in an entry of a benchmark's JSON, in the unit's symbol. Nothing: the
// workload failed, or the entry is none.
std::optional<double> figure(const Metric& metric, const nlohmann::json& entry);

}  // namespace bench
