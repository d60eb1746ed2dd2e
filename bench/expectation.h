// SPDX-License-Identifier: GPL-2.0-or-later
//
// Between what limits a ratio must lie, for whoever wants a run to fail where it does not.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "bench/comparison.h"
#include "host/result.h"

namespace bench {

struct Expectation {
  std::string model;  // of the pairs that it is of, "secondary-vga"; "" all
  std::string metric;
  double least = 0, most = std::numeric_limits<double>::infinity();

  // "RegisterRead=5:", "secondary-vga:BarRead/uncached=0.98:1.02". The error says what was wanted.
  static host::Result<Expectation> parse(const std::string& text);
};

// A sentence for each card whose ratio lies elsewhere; one, too, where no card has the metric both
// ways, since then nothing was shown.
std::vector<std::string> violations(const Expectation& expectation, const std::vector<Row>& rows);

// A sentence for each ratio of the one run that lies further from the other's than that many
// percent, and for each that one of them lacks.
std::vector<std::string> differences(const std::vector<Row>& one, const std::vector<Row>& other,
                                     double percent);

}  // namespace bench
