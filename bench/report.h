// SPDX-License-Identifier: GPL-2.0-or-later
//
// The comparison, for people and for other programs.
#pragma once

#include <string>
#include <vector>

#include "bench/comparison.h"

namespace bench {

// Tables, with a line on what each metric means. Also readable as plain text.
std::string as_markdown(const Results& results);

// "passed through: GraphicsLoad: the renderer is 'llvmpipe …': the processor draws, not the card…"
std::string sentence_of(const Failure& failure);

// pair,metric,unit,passed_through,passed_through_spread,emulated,emulated_spread,ratio, and the
// interrupts per operation.
std::string as_csv(const std::vector<Row>& rows);

// A gnuplot script that draws each ratio as a bar from 1 (passthrough changes nothing) into
// `picture`, an SVG.
std::string as_gnuplot(const std::vector<Row>& rows, const std::string& picture);

}  // namespace bench
