// SPDX-License-Identifier: GPL-2.0-or-later
//
// The report: what was run, on what, and what was found, for people and for programs.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "verify/finding.h"
#include "verify/inspection.h"

namespace verify {

struct Report {
  std::vector<std::string> arguments;
  const Inspection& inspection;
  const Findings& findings;
  bool colour = false;  // for a terminal
  bool quiet = false;  // text: only what failed or could not be told, and nothing where all is well
  const char* passed = "PASS: ready for a guest";
  const char* failed = "FAIL: not ready for a guest. Solve what failed, from the top";
};

// For people: in 80 columns where words allow it; commands are never broken.
std::string report_text(const Report& report);

// For programs: one object; `findings` is an array of objects with exactly the keys id, subject,
// status, evidence and remedy.
std::string report_json(const Report& report);

// For CI servers: one test suite in the form of JUnit that Jenkins and GitLab read; what could not
// be told is an error, a warning passes and says so.
std::string report_junit(const Report& report);

// For test harnesses: the Test Anything Protocol 13 (what perl reads; testanything.org), a YAML
// block where something is to be said. What could not be told is not ok.
std::string report_tap(const Report& report);

// For node_exporter's textfile collector: each check and subject as a state set, 1 for the state
// that it is in (Prometheus' text exposition format 0.0.4).
std::string report_prometheus(const Report& report);

// For Kubernetes' Node Feature Discovery: a feature file, KEY=VALUE lines that become labels of the
// node; keys and values in the characters that labels may have.
std::string report_nfd(const Report& report);

struct Format {
  const char* name;  // as --format takes it
  std::string (*write)(const Report& report);
};
std::span<const Format> formats();

}  // namespace verify
