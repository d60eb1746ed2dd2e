// SPDX-License-Identifier: GPL-2.0-or-later
//
// The record of a boot: what was parsed is the same after it is written and parsed again.
#include "record/record.h"

#include "tests/fuzz/target.h"

namespace fuzz {
namespace {

std::vector<std::string> samples() {
  record::Record record;
  record.version = "0.1.0";
  record.boot_id = "2b1c";
  record.kernel_release = "6.12.0";
  record.configuration_files = {"/etc/vfio-early.conf"};
  record.configuration_hash = "cbf29ce484222325";
  record.gate = {4'000'000'000'000, 4'000'000'500'000};
  record.rescue.healthy_when = config::Healthy::kDisplay;
  record.rescue.flag = {record::Mark::kPending, "0123456789abcdef"};
  record.functions.push_back({.card = "gaming",
                              .address = *host::PciAddress::parse("0000:01:00.0"),
                              .id = {0x10de, 0x1b81},
                              .class_code = 0x030000,
                              .wanted_driver = "vfio-pci",
                              .state = record::State::kBound,
                              .why = "a \"quoted\" reason",
                              .warnings = {"too large"},
                              .framebuffer = {"BOOTFB", "", "released", ""},
                              .handling = {.bar_sizes = {{1, 8192}}, .reset_method = "flr"}});
  record.refusals.push_back({"b", "/etc/vfio-early.conf", 4, "why", "remedy"});
  record.warnings.push_back({"gaming", "the card has moved", "correct it"});
  return {record::to_json(record), "{}", R"({"functions": [{"address": "0000:01:00.0"}]})"};
}

void parse(std::string_view bytes) {
  const auto record = record::record_from_json(std::string(bytes));
  if (!record) return require(!record.error().step.empty());
  const std::string text = record::to_json(*record);
  const auto again = record::record_from_json(text);
  require(again && record::to_json(*again) == text);
}

const Target kTarget("record", samples, parse);

}  // namespace
}  // namespace fuzz
