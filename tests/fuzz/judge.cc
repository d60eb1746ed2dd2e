// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/fuzz/judge.h"

#include <algorithm>
#include <set>

#include <nlohmann/json.hpp>

#include "host/printable.h"
#include "host/text.h"
#include "tests/fuzz/target.h"
#include "verify/check/causes.h"
#include "verify/check/checks.h"
#include "verify/inspect/guest/readiness.h"
#include "verify/inspect_machine.h"

namespace fuzz {
namespace {

using nlohmann::json;

size_t count(std::string_view text, std::string_view words) {
  size_t number = 0;
  for (size_t at = text.find(words); at != text.npos; at = text.find(words, at + 1)) ++number;
  return number;
}

// Every finding is an object, also after show(), through which all output goes.
void check_json(const std::string& text, size_t findings) {
  for (const std::string& form : {text, host::printable(text)}) {
    const json report = json::parse(form, nullptr, false);
    require(report.is_object() && report["findings"].size() == findings);
    require(report["verdict"].is_string());
  }
}

constexpr std::string_view kTags[] = {"?xml ",      "testsuite", "/testsuite",  "testcase ",
                                      "/testcase>", "failure ",  "/failure>",   "error ",
                                      "/error>",    "skipped ",  "system-out>", "/system-out>"};

// Nothing between our tags is markup.
void check_junit(const std::string& text, size_t findings) {
  require(host::printable(text) == text);
  require(count(text, "<testcase ") == findings && count(text, "</testcase>") == findings);
  require(count(text, "<") == count(text, ">"));
  for (size_t at = text.find('<'); at != text.npos; at = text.find('<', at + 1)) {
    const std::string_view rest = std::string_view(text).substr(at + 1);
    const bool ours = std::any_of(std::begin(kTags), std::end(kTags),
                                  [&](auto tag) { return rest.starts_with(tag); });
    require(ours);
  }
}

// The plan, and a test line for each finding, in order; the rest is indented.
void check_tap(const std::string& text, size_t findings) {
  require(host::printable(text) == text);
  const auto lines = host::split(text, "\n");
  require(lines.size() >= 2 && lines[0] == "TAP version 13");
  require(lines[1] == "1.." + std::to_string(findings));
  size_t number = 0;
  for (size_t i = 2; i < lines.size(); ++i) {
    if (lines[i].starts_with("  ")) continue;
    const std::string wanted = "ok " + std::to_string(++number) + " - ";
    require(lines[i].starts_with(wanted) || lines[i].starts_with("not " + wanted));
  }
  require(number == findings);
}

// Text never becomes a tag, and links stay in the page.
void check_html(const std::string& text) {
  require(host::printable(text) == text);
  require(text.starts_with("<!DOCTYPE html>\n") && text.ends_with("</html>\n"));
  for (const char* never : {"<script", "<img", "<link", "<iframe", "<object", "<base", "<form"})
    require(count(text, never) == 0);
  require(count(text, " href=\"") == count(text, " href=\"#"));
  require(count(text, "<details") == count(text, "</details>"));
}

// A sample is NAME{LABELS} NUMBER, and no series comes twice.
void check_prometheus(const std::string& text) {
  require(host::printable(text) == text);
  std::set<std::string_view> series;
  for (const std::string_view line : host::split(text, "\n")) {
    if (line.starts_with("# HELP ") || line.starts_with("# TYPE ")) continue;
    require(line.starts_with("vfio_verify_"));
    const size_t blank = line.rfind(' ');
    require(host::parse_number(line.substr(blank + 1), 10).has_value());
    require(series.insert(line.substr(0, blank)).second);
  }
}

// PREFIX/NAME=VALUE in the characters of a label, at most 63 for the name and for the value.
void check_nfd(const std::string& text) {
  constexpr std::string_view kPrefix = "feature.node.kubernetes.io/";
  for (std::string_view line : host::split(text, "\n")) {
    require(line.starts_with(kPrefix));
    line.remove_prefix(kPrefix.size());
    const size_t equals = line.find('=');
    require(equals != line.npos && equals > 0 && equals <= 63 && line.size() - equals <= 64);
    require(line.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                   "._-=") == line.npos);
    require(line.find('=', equals + 1) == line.npos);
  }
}

}  // namespace

void check_formats(const verify::Inspection& inspection, const verify::Findings& findings) {
  const verify::Report report{
      .arguments = {"vfio-verify"}, .inspection = inspection, .findings = findings};
  check_json(verify::report_json(report), findings.size());
  check_junit(verify::report_junit(report), findings.size());
  check_tap(verify::report_tap(report), findings.size());
  check_prometheus(verify::report_prometheus(report));
  check_html(verify::report_html(report));
  check_nfd(verify::report_nfd(report));
  require(!verify::report_text(report).empty());
}

verify::Inspection check_machine(const host::Root& root) {
  require(!root.live());
  const auto configuration = config::read_configuration(root, config::kConfigurationFile);
  auto inspection = verify::inspect(root, configuration, {.live = false});
  if (!inspection) {
    require(!inspection.error().step.empty());
    return {};
  }
  std::vector<int> groups;
  for (const verify::InspectedGroup& group : inspection->groups) groups.push_back(group.number);
  inspection->guest =
      verify::guest::read_readiness(root, {}, {.live = false, .programs = false}, groups, {});
  const verify::Findings findings = verify::run_checks(*inspection);
  for (const verify::Finding& finding : findings)
    require(!finding.id.empty() && !finding.subject.empty() && !finding.evidence.empty());
  check_formats(*inspection, findings);
  return std::move(*inspection);
}

}  // namespace fuzz
