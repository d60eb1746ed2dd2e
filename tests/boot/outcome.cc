// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/boot/outcome.h"

#include <algorithm>
#include <set>
#include <sstream>

namespace lab {
namespace {

constexpr const char* kVfioPci = "vfio-pci";

// The text between `before` and the next `after` in `line`; "" if it is not there.
std::string text_between(const std::string& line, const std::string& before,
                         const std::string& after) {
  const size_t found = line.find(before);
  if (found == line.npos) return "";
  const size_t begin = found + before.size();
  const size_t end = line.find(after, begin);
  return end == line.npos ? "" : line.substr(begin, end - begin);
}

// driver_bound() in drivers/base/dd.c: with pr_debug() the device is at the end of the line; with
// dev_dbg(), as in 6.12, the line begins with the driver and the device.
Binding parse_binding(const std::string& line) {
  if (line.find(": driver_bound: bound to device") == line.npos) return {};
  const std::string driver = text_between(line, "driver: '", "'");
  const std::string last = text_between(line, "bound to device '", "'");
  if (!last.empty()) return {driver, last};
  return {driver, text_between(line, "] " + driver + " ", ": driver: ")};
}

bool is_of_card(const Ending& ending, const std::string& device) {
  return std::find(ending.card.begin(), ending.card.end(), device) != ending.card.end();
}

std::string driver_of(const Ending& ending, const std::string& device) {
  for (const Binding& binding : ending.bound)
    if (binding.device == device) return binding.driver;
  return "";
}

bool is_claimed(const Ending& ending) {
  return std::all_of(ending.card.begin(), ending.card.end(), [&](const std::string& function) {
    return driver_of(ending, function) == kVfioPci;
  });
}

bool had_host_driver(const Ending& ending, const std::string& device) {
  return std::any_of(ending.history.begin(), ending.history.end(), [&](const Binding& binding) {
    return binding.device == device && binding.driver != kVfioPci;
  });
}

std::set<std::string> wrongly_taken(const Ending& ending) {
  std::set<std::string> taken;
  for (const auto* bindings : {&ending.history, &ending.bound})
    for (const Binding& binding : *bindings)
      if (binding.driver == kVfioPci && !is_of_card(ending, binding.device))
        taken.insert(binding.device);
  return taken;
}

std::string main_outcome(const Ending& ending) {
  if (!wrongly_taken(ending).empty()) return "wrong card taken";
  if (!is_claimed(ending)) return "not claimed";
  const bool had =
      std::any_of(ending.card.begin(), ending.card.end(),
                  [&](const std::string& function) { return had_host_driver(ending, function); });
  return had ? "host driver had it" : "right card claimed";
}

}  // namespace

std::vector<Binding> bindings_in(const std::string& kernel_log, const std::string& marker) {
  std::vector<Binding> bindings;
  std::istringstream lines(kernel_log);
  for (std::string line; std::getline(lines, line);) {
    if (!marker.empty() && line.find(marker) != line.npos) bindings.clear();
    const Binding binding = parse_binding(line);
    if (!binding.driver.empty() && !binding.device.empty()) bindings.push_back(binding);
  }
  return bindings;
}

std::string outcome(const Ending& ending) {
  return main_outcome(ending) + (ending.bar_blocked ? ", memory blocked" : "") +
         (ending.has_console ? "" : ", no console");
}

std::string details(const Ending& ending) {
  std::string text;
  for (const std::string& function : ending.card) {
    const std::string driver = driver_of(ending, function);
    text += (text.empty() ? "" : ", ") + function + " " + (driver.empty() ? "no driver" : driver);
    if (driver == kVfioPci && had_host_driver(ending, function)) text += " after a host driver";
  }
  for (const std::string& device : wrongly_taken(ending)) text += ", also taken: " + device;
  return text;
}

}  // namespace lab
