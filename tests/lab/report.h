// SPDX-License-Identifier: GPL-2.0-or-later
//
// Parses a guest's report. guest/lab-init documents the format; a report without its closing
// marker is invalid.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace lab {

// A PCI function at the end of the boot. Empty fields: none.
struct Function {
  std::string address;
  std::string class_code;  // "038000"
  std::string id;          // "1234:1111"
  std::string driver;
  std::string driver_override;
  std::string group;
};

// The output of a command in the real root.
struct Answer {
  int exit = -1;
  std::string out;
  std::string err;

  // As JSON; a discarded value if it is not JSON.
  nlohmann::json json() const { return nlohmann::json::parse(out, nullptr, false); }
};

struct Report {
  std::string kernel;
  std::vector<Function> functions;
  std::map<std::string, double> modules;  // first load time, in seconds since the boot
  std::map<std::string, std::string> blocks;
  std::map<std::string, int> exits;
  nlohmann::json record;  // /run/vfio-early/record.json; null: missing or invalid

  // The functions at "0000:01:00", or the one at "0000:01:00.1".
  std::vector<Function> at(const std::string& address) const;
  // The record's entry of a function; null if it has none.
  nlohmann::json recorded(const std::string& address) const;
  std::optional<double> loaded(const std::string& module) const;
  // The kernel log's lines that contain `needle`.
  std::vector<std::string> log(const std::string& needle) const;
  // Throws std::out_of_range for an unknown question.
  Answer answer(const std::string& name) const;
};

// Empty if the closing marker is missing.
std::optional<Report> parse_report(const std::string& text);

}  // namespace lab
