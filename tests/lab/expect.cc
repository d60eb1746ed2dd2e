// SPDX-License-Identifier: GPL-2.0-or-later
//
// The expectations of lab.h: each checks a whole boot, and a failure reports what was seen.
#include <functional>
#include <map>

#include "tests/lab/lab.h"

namespace lab {
namespace {

using testing::AssertionFailure;
using testing::AssertionResult;
using testing::AssertionSuccess;

constexpr const char* kOurPrefix = "vfio-early: ";
constexpr const char* kHostModules[] = {"bochs", "snd_hda_intel"};
constexpr double kNanoseconds = 1e-9;

// The host driver of each device that a card can contain (Kind); "": none.
const std::map<std::string, std::string> kHostDrivers = {
    {"1234:1111", "bochs-drm"}, {"8086:2668", "snd_hda_intel"}, {"1234:11e8", ""},
    {"8086:10d3", "e1000e"},    {"1af4:1041", "virtio-pci"},    {"1b36:000d", "xhci_hcd"},
};

// Throws for a device that no card contains.
const std::string& host_driver(const Function& function) {
  return kHostDrivers.at(function.id);
}

std::string or_none(const std::string& word) {
  return word.empty() ? "none" : word;
}

// The details of one function for a failure message.
std::string details(const Report& report, const Function& function) {
  const nlohmann::json entry = report.recorded(function.address);
  std::string text = function.address + " (" + function.id + "): driver " +
                     or_none(function.driver) + ", override " + or_none(function.driver_override) +
                     ", record " + entry.dump() + "\n";
  for (const std::string& line : report.log(kOurPrefix)) text += "  " + line + "\n";
  return text;
}

// Fails with the first text that `find_problem` returns for a function of the card.
AssertionResult expect_each(const Report& report, const std::string& card,
                            const std::function<std::string(const Function&)>& find_problem) {
  const auto functions = report.at(card);
  if (functions.empty()) return AssertionFailure() << "there is no " << card;
  for (const Function& function : functions)
    if (const std::string text = find_problem(function); !text.empty())
      return AssertionFailure() << text << ": " << details(report, function);
  return AssertionSuccess();
}

// Checks that the override was written before the module was loaded: this is how "before any host
// driver" is measured. Every image forces both modules. A module without a load time proves
// nothing.
std::string late_reason(const Report& report, const nlohmann::json& entry) {
  const double reserved = entry.value("override_ns", 0.0) * kNanoseconds;
  if (reserved <= 0) return "no time of the override";
  for (const char* module : kHostModules) {
    const auto loaded = report.loaded(module);
    if (!loaded) return "no time at which " + std::string(module) + " was loaded";
    if (*loaded <= reserved)
      return std::string(module) + " was loaded at " + std::to_string(*loaded) +
             ", before the override at " + std::to_string(reserved);
  }
  return "";
}

}  // namespace

AssertionResult Boot::claimed(const std::string& card) const {
  return expect_each(report_, card, [&](const Function& function) -> std::string {
    const nlohmann::json entry = report_.recorded(function.address);
    if (function.driver != "vfio-pci" || function.driver_override != "vfio-pci")
      return "not claimed";
    if (!entry.is_object() || entry.value("state", "") != "bound") return "not recorded as bound";
    if (entry.value("found", "?") != "") return "another driver was there first";
    return late_reason(report_, entry);
  });
}

AssertionResult Boot::taken_from(const std::string& card, const std::string& driver) const {
  return expect_each(report_, card, [&](const Function& function) -> std::string {
    const nlohmann::json entry = report_.recorded(function.address);
    if (function.driver != "vfio-pci" || function.driver_override != "vfio-pci") return "not taken";
    if (!entry.is_object() || entry.value("state", "") != "bound") return "not recorded as bound";
    return entry.value("found", "?") == driver ? "" : "not recorded as taken from " + driver;
  });
}

AssertionResult Boot::left_to_host(const std::string& card) const {
  return expect_each(report_, card, [&](const Function& function) -> std::string {
    if (function.driver != host_driver(function)) return "not on " + or_none(host_driver(function));
    return function.driver_override.empty() ? "" : "an override is left";
  });
}

AssertionResult Boot::driverless(const std::string& card) const {
  return expect_each(report_, card, [&](const Function& function) -> std::string {
    if (!function.driver.empty()) return "a driver has it";
    return function.driver_override == "vfio-pci" ? "" : "nothing keeps a driver off";
  });
}

AssertionResult Boot::recorded(const std::string& card, const std::string& state) const {
  return expect_each(report_, card, [&](const Function& function) -> std::string {
    const nlohmann::json entry = report_.recorded(function.address);
    return entry.is_object() && entry.value("state", "") == state ? "" : "not " + state;
  });
}

AssertionResult Boot::untouched(const std::string& card) const {
  return expect_each(report_, card, [&](const Function& function) -> std::string {
    if (!function.driver_override.empty()) return "an override was written";
    return report_.recorded(function.address).is_null() ? "" : "it stands in the record";
  });
}

nlohmann::json Boot::finding(const std::string& question, const std::string& id,
                             const std::string& subject) const {
  const nlohmann::json all = answer(question).json();
  if (!all.is_object() || !all.contains("findings")) return nlohmann::json::object();
  for (const nlohmann::json& finding : all["findings"])
    if (finding.value("id", "") == id && finding.value("subject", "") == subject) return finding;
  return nlohmann::json::object();
}

AssertionResult Boot::logged_all(const std::vector<std::string>& parts) const {
  const auto lines = report_.log(kOurPrefix);
  for (const std::string& line : lines)
    if (std::all_of(parts.begin(), parts.end(),
                    [&](const std::string& part) { return line.find(part) != std::string::npos; }))
      return AssertionSuccess();
  auto failure = AssertionFailure() << "no line of ours says all of:";
  for (const std::string& part : parts) failure << " \"" << part << '"';
  failure << "\n";
  for (const std::string& line : lines) failure << "  " << line << "\n";
  return failure;
}

AssertionResult Boot::logged_nothing() const {
  const auto lines = report_.log(kOurPrefix);
  return lines.empty() ? AssertionSuccess() : AssertionFailure() << lines.front();
}

}  // namespace lab
