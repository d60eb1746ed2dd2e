// SPDX-License-Identifier: GPL-2.0-or-later
//
// Draws the tree as inline SVG. Its colours are CSS variables of the page (page_style.h).
#pragma once

#include <string>
#include <vector>

#include "verify/report/tree.h"

namespace verify {

// Where a row is drawn, in pixels.
struct RowLayout {
  int x = 0;  // of its text
  int y = 0;  // of its upper edge
  int width = 0;
  int height = 0;
  std::string title;   // the first line: address, kind, driver
  std::string detail;  // the second line; "": none
};

struct TreeLayout {
  std::vector<RowLayout> rows;  // those of Tree::rows
  int width = 0;
  int height = 0;
};

// No two rows overlap, and all are inside the drawing. Long lines are cut.
TreeLayout layout_of(const Tree& tree);

std::string tree_svg(const Tree& tree);

}  // namespace verify
