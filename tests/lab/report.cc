// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/lab/report.h"

#include <sstream>
#include <stdexcept>

namespace lab {
namespace {

constexpr const char* kClosingMarker = "the report ends here";
constexpr const char* kRecordBlock = "/run/vfio-early/record.json";

std::string empty_if_dash(std::string word) {
  return word == "-" ? "" : word;
}

Function parse_function(std::istringstream& words) {
  Function function;
  for (std::string* field : {&function.address, &function.class_code, &function.id,
                             &function.driver, &function.driver_override, &function.group}) {
    words >> *field;
    *field = empty_if_dash(*field);
  }
  return function;
}

std::string parse_block(std::istringstream& lines) {
  std::string text;
  for (std::string line; std::getline(lines, line) && line.rfind('|', 0) == 0;)
    text += line.substr(1) + "\n";
  return text;
}

void parse_line(const std::string& line, std::istringstream& lines, Report& report) {
  std::istringstream words(line);
  std::string keyword;
  std::string name;
  words >> keyword;
  if (keyword == "function") {
    report.functions.push_back(parse_function(words));
  } else if (keyword == "kernel") {
    words >> report.kernel;
  } else if (keyword == "module") {
    double seconds = 0;
    words >> name >> seconds;
    report.modules.emplace(name, seconds);  // keeps the first
  } else if (keyword == "exit") {
    words >> name;
    words >> report.exits[name];
  } else if (keyword == "block") {
    words >> name;
    report.blocks[name] = parse_block(lines);
  }
}

}  // namespace

std::optional<Report> parse_report(const std::string& text) {
  Report report;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line == kClosingMarker) {
      const auto record = report.blocks.find(kRecordBlock);
      if (record != report.blocks.end())
        report.record = nlohmann::json::parse(record->second, nullptr, false);
      if (report.record.is_discarded()) report.record = nullptr;
      return report;
    }
    parse_line(line, lines, report);
  }
  return std::nullopt;
}

std::vector<Function> Report::at(const std::string& address) const {
  const bool whole_slot = address.find('.') == std::string::npos;
  std::vector<Function> found;
  for (const Function& function : functions)
    if (function.address == address ||
        (whole_slot && function.address.rfind(address + ".", 0) == 0))
      found.push_back(function);
  return found;
}

nlohmann::json Report::recorded(const std::string& address) const {
  if (!record.is_object() || !record.contains("functions")) return nullptr;
  for (const nlohmann::json& function : record["functions"])
    if (function.value("address", "") == address) return function;
  return nullptr;
}

std::optional<double> Report::loaded(const std::string& module) const {
  const auto found = modules.find(module);
  return found == modules.end() ? std::nullopt : std::optional<double>(found->second);
}

std::vector<std::string> Report::log(const std::string& needle) const {
  std::vector<std::string> found;
  const auto dmesg = blocks.find("dmesg");
  std::istringstream lines(dmesg == blocks.end() ? "" : dmesg->second);
  for (std::string line; std::getline(lines, line);)
    if (line.find(needle) != std::string::npos) found.push_back(line);
  return found;
}

Answer Report::answer(const std::string& name) const {
  return {exits.at(name), blocks.at(name + ".stdout"), blocks.at(name + ".stderr")};
}

}  // namespace lab
