// SPDX-License-Identifier: GPL-2.0-or-later
//
// Figures of a part of ci/bench that a program measured in a guest: one line of JSON each, which
// the program prints, and tables that a report shows. A figure that could not be measured has the
// reason instead of a value, so that no table has an unexplained gap.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/result.h"

namespace bench {

struct Measurement {
  std::string table, row, column;
  std::optional<double> value;  // in `unit`; nothing: see `reason`
  std::string unit;             // "us", or any other: "GiB/s"
  std::string reason;           // why it was not measured
};

// One line of JSON, without the end of the line.
std::string line_of(const Measurement& figure);

// Skips the lines of a console that do not begin with "{". A line that does must be a figure: a cut
// or damaged line is an error, and so is a figure that occurs twice.
host::Result<std::vector<Measurement>> read_measurements(std::string_view text);

// "820 ns", "12.3 us", "4.56 s": three significant digits.
std::string shown(double value, const std::string& unit);

// A table of Markdown for each `table`, in the order of the figures, and below it what was not
// measured, and why.
std::string markdown(const std::vector<Measurement>& figures);

// What two runs of the same part have in common.
struct Agreement {
  size_t compared = 0;
  double worst = 0;                  // in percent of the smaller value
  std::vector<std::string> distant;  // one line for each figure outside of the limit or missing

  bool holds() const { return compared > 0 && distant.empty(); }
};

// Compares each figure, not only ratios: under -icount the same work takes the same time.
Agreement compare_runs(const std::vector<Measurement>& one, const std::vector<Measurement>& other,
                       double percent);

// The value below or at which `percent` percent of the values are (nearest rank). Nothing: there
// are no values.
std::optional<double> percentile(std::vector<double> values, double percent);

}  // namespace bench
