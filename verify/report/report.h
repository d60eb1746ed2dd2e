// SPDX-License-Identifier: GPL-2.0-or-later
//
// The report of a run, in the formats of --format.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "verify/check/finding.h"
#include "verify/check/inspection.h"

namespace verify {

struct Report {
  std::vector<std::string> arguments;
  const Inspection& inspection;
  const Findings& findings;
  bool colour = false;            // for a terminal
  bool quiet = false;             // text: only the findings for which Finding::is_open() is true
  size_t width = 80;              // summary: of the lines
  bool symbols = false;           // summary: a symbol for each status, in addition to the word
  std::optional<int64_t> expiry;  // nfd: when the labels are invalid, in seconds since 1970
  const char* passed = "PASS: ready for a guest";
  const char* failed = "FAIL: not ready for a guest. Fix the failed checks, from the top";
};

// For people: every finding, wrapped to 80 columns; commands are never wrapped. Its form is stable.
std::string report_text(const Report& report);

// For people at a terminal: a line for each card and each chapter, below a chapter only what is not
// a pass, and the next step. No line is longer than `width`, except commands.
std::string report_summary(const Report& report);

// For people: the verdict about each image, and under it the findings that failed, warned or are
// unknown. `report.findings` are those of all images.
std::string images_text(const Report& report, const std::vector<JudgedFile>& images);

// For programs: one object; `findings` is an array of objects with exactly the keys id, subject,
// status, evidence and remedy.
std::string report_json(const Report& report);

// For CI servers: one test suite in the JUnit format that Jenkins and GitLab read. An unknown
// finding is an error if it decides, else skipped. A warning passes, with the text in <system-out>.
std::string report_junit(const Report& report);

// For test harnesses: the Test Anything Protocol 13, which perl reads (testanything.org). Warnings,
// failures and unknown findings have a YAML block. An unknown finding is "not ok", with TODO if it
// does not decide.
std::string report_tap(const Report& report);

// For node_exporter's textfile collector, in Prometheus' text exposition format 0.0.4. Each check
// and subject has a series for every status; its value is 1 if there is a finding with this status.
std::string report_prometheus(const Report& report);

// For Kubernetes' Node Feature Discovery: a feature file with KEY=VALUE lines, which become labels
// of the node. Keys and values have only characters that labels allow. Every key has its
// prefix: NFD's feature gate DisableAutoPrefix ignores keys without one.
std::string report_nfd(const Report& report);

// For a browser: one page with the summary, the machine as a drawing, every finding with its
// explanation, and the output of report_json(). It has no script and loads nothing.
std::string report_html(const Report& report);

struct Format {
  const char* name;  // as --format takes it
  std::string (*write)(const Report& report);
  // Programs that run as users of their own read the file, and publish it: everybody may read it.
  bool published = false;
};
std::span<const Format> formats();

}  // namespace verify
