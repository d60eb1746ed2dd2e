// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/report/page_style.h"

namespace verify {

std::string_view page_style() {
  return R"css(
:root {
  color-scheme: light dark;
  --page: #ffffff; --panel: #f4f6f8; --edge: #c9ced6;
  --text: #1a1d21; --muted: #555b63; --link: #0b57d0;
  --pass: #1b6e2d; --warn: #855300; --fail: #b3261e; --unknown: #6a3fb5;
  --on-group: #ffffff;
  --g0: #1f5fbf; --g1: #8a4b00; --g2: #00695c; --g3: #8e24aa;
  --g4: #b3261e; --g5: #3f6212; --g6: #0b6a88; --g7: #6d4c41;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171c; --panel: #1e232a; --edge: #3d444f;
    --text: #e6e9ee; --muted: #a4acb8; --link: #8ab4f8;
    --pass: #7fd38f; --warn: #f0c060; --fail: #ff9a8f; --unknown: #c9a8ff;
    --on-group: #14171c;
    --g0: #8ab4f8; --g1: #f0b35a; --g2: #6fd0c0; --g3: #d7a3ee;
    --g4: #ff9a8f; --g5: #b5d56a; --g6: #7fd0ec; --g7: #d3b6a8;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 1rem; max-width: 70rem;
  background: var(--page); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere;
}
h1 { font-size: 1.5rem; line-height: 1.3; margin: 0 0 1rem; }
h2 { font-size: 1.25rem; margin: 2rem 0 0.5rem; border-bottom: 1px solid var(--edge); }
h3 { font-size: 1.05rem; margin: 1.5rem 0 0.5rem; }
p { margin: 0.5rem 0; }
a { color: var(--link); }
code, pre, svg text { font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; }
code { font-size: 0.9em; }
pre {
  margin: 0.5rem 0; padding: 0.5rem 0.75rem; background: var(--panel);
  border: 1px solid var(--edge); border-radius: 6px; font-size: 0.85rem;
  overflow-x: auto; overflow-wrap: normal;
}
pre code { font-size: inherit; }
table { border-collapse: collapse; margin: 0.5rem 0; }
th, td { text-align: left; vertical-align: top; padding: 0.2rem 1rem 0.2rem 0; }
th { font-weight: 600; }
thead th { color: var(--muted); font-weight: 400; font-size: 0.85rem; }
th, td:first-child, td .status { overflow-wrap: normal; }
td .status { white-space: nowrap; }
.program, .muted { color: var(--muted); }
.status { font-weight: 700; }
.pass { color: var(--pass); }
.warn { color: var(--warn); }
.fail { color: var(--fail); }
.unknown { color: var(--unknown); }
.skip { color: var(--muted); }
h3 .counts { font-weight: 400; font-size: 0.9rem; color: var(--muted); }
details { margin: 0.4rem 0; }
summary { cursor: pointer; }
details.finding {
  padding: 0.4rem 0.75rem; background: var(--panel); border: 1px solid var(--edge);
  border-radius: 6px;
}
details.open { border-left: 4px solid currentColor; }
details.open > *:not(summary), details.open > summary > *:not(.status) { color: var(--text); }
details.explanation { font-size: 0.9rem; }
details.explanation > summary { color: var(--muted); }
ul { margin: 0.4rem 0; padding-left: 1.2rem; }
.evidence li { white-space: pre-line; }
.tree { overflow-x: auto; padding: 0.75rem; background: var(--panel); border: 1px solid var(--edge); border-radius: 6px; }
svg { display: block; }
svg text { font-size: 13px; fill: var(--text); }
svg text.small { font-size: 11px; }
svg text.muted { fill: var(--muted); }
svg text.warn { fill: var(--warn); }
svg text.on-group { fill: var(--on-group); }
svg .word { font-weight: 700; }
svg .line { fill: none; stroke: var(--muted); }
svg .card { fill: none; stroke: var(--link); stroke-width: 2; }
.g0 { fill: var(--g0); } .g1 { fill: var(--g1); } .g2 { fill: var(--g2); } .g3 { fill: var(--g3); }
.g4 { fill: var(--g4); } .g5 { fill: var(--g5); } .g6 { fill: var(--g6); } .g7 { fill: var(--g7); }
@media (max-width: 40rem) {
  body { padding: 0.75rem; }
  th, td { padding-right: 0.6rem; }
  .cards thead { display: none; }
  .cards td { display: inline-block; }
  .cards tr { display: block; margin-bottom: 0.5rem; }
}
)css";
}

}  // namespace verify
