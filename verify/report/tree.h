// SPDX-License-Identifier: GPL-2.0-or-later
//
// The machine around the cards as a tree: which PCI functions are drawn, in which order, and what
// is said about each. Pure. tree_svg.h draws it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "verify/check/inspection.h"

namespace verify {

// A function that is drawn, or a number of functions that are not.
struct TreeRow {
  size_t depth = 0;              // rows above it, up to a root bus
  std::optional<size_t> parent;  // the row of the port above
  size_t others = 0;             // not 0: this many functions below `parent`, and nothing else

  std::string address;       // "0000:01:00.0"
  std::string kind;          // "VGA", as in `vfio-verify list`; "": unknown
  std::string driver;        // "": none
  std::string detail;        // of a port: its ACS, as isolation_text(); of others: the name
  bool isolates = true;      // false: a port that is not known to isolate
  std::optional<int> group;  // its IOMMU group
  size_t colour = 0;         // of its group, from 0 on
  std::string card;          // the name of the card that it belongs to; "": none
};

struct Tree {
  std::vector<TreeRow> rows;  // a port before what is below it
  size_t functions = 0;       // rows of functions
  size_t others = 0;          // functions that are not drawn
};

inline constexpr size_t kMostDrawn = 60;   // functions
inline constexpr size_t kTreeColours = 8;  // they repeat if there are more groups

// First the functions of the cards with the ports above them, then their IOMMU groups, then what
// is below the same root ports, until `most` are drawn. Without a card: the graphics cards of the
// machine instead, without a mark.
Tree tree_of(const Inspection& inspection, size_t most = kMostDrawn);

}  // namespace verify
