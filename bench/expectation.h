// SPDX-License-Identifier: GPL-2.0-or-later
//
// The limits of a ratio, for a user who wants a run outside of them to fail.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "bench/comparison.h"
#include "host/result.h"

namespace bench {

struct Expectation {
  std::string model;  // of the pairs it applies to, "secondary-vga"; "" all
  std::string metric;
  double lower_limit = 0, upper_limit = std::numeric_limits<double>::infinity();

  // "RegisterRead=5:", "secondary-vga:BarRead/uncached=0.98:1.02". The error states the syntax.
  static host::Result<Expectation> parse(const std::string& text);
};

// A sentence for each card whose ratio is outside the limits. Also one if no card has the metric
// both ways: then nothing was proved.
std::vector<std::string> violations(const Expectation& expectation, const std::vector<Row>& rows);

// A sentence for each graphics load of which the emulated `models` do not have the same picture,
// byte for byte. Also one if a model has no picture of GraphicsLoad: then nothing was proved.
std::vector<std::string> different_pictures(const std::vector<std::string>& models,
                                            const std::vector<Drawing>& drawings);

// A sentence for each ratio that differs between the runs by more than `percent`, and for each
// ratio that only one of them has.
std::vector<std::string> differences(const std::vector<Row>& one, const std::vector<Row>& other,
                                     double percent);

}  // namespace bench
