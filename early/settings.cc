// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/settings.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdlib>

#include "early/patient_write.h"
#include "host/text.h"

namespace early {
namespace {

using host::Root;
using plan::BarSize;
using plan::FunctionRecord;

// Both attributes take the device's lock, or wait for its configuration space.
constexpr int kSettingMilliseconds = 2000;
constexpr uint64_t kMegabyte = 1024 * 1024;

std::string device_of(const FunctionRecord& function) {
  return "/sys/bus/pci/devices/" + function.address;
}

// Once, however often it is tried.
void warn(FunctionRecord& function, const std::string& sentence) {
  auto& warnings = function.warnings;
  if (std::find(warnings.begin(), warnings.end(), sentence) == warnings.end())
    warnings.push_back(sentence);
}

std::string size_text(uint64_t megabytes) {
  return megabytes % 1024 == 0 ? std::to_string(megabytes / 1024) + "G"
                               : std::to_string(megabytes) + "M";
}

// The size of a BAR now: line BAR of `resource` is "0xFIRST 0xLAST 0xFLAGS".
uint64_t size_of_bar(const Root& root, const FunctionRecord& function, uint8_t bar) {
  const auto text = root.read_attribute(device_of(function) + "/resource");
  if (!text) return 0;
  const auto lines = host::split(*text, "\n");
  if (bar >= lines.size()) return 0;
  const auto words = host::split(lines[bar]);
  if (words.size() < 2) return 0;
  const uint64_t first = std::strtoull(std::string(words[0]).c_str(), nullptr, 16);
  const uint64_t last = std::strtoull(std::string(words[1]).c_str(), nullptr, 16);
  return last > first ? last - first + 1 : 0;
}

// A set bit N stands for 2^N MB (PCIe 6.0, 7.8.6.2, as pci_rebar_get_possible_sizes has it).
std::string sizes_text(uint64_t mask) {
  std::vector<std::string> sizes;
  for (unsigned bit = 0; bit < 64; ++bit)
    if (mask >> bit & 1) sizes.push_back(size_text(uint64_t{1} << bit));
  return host::join(sizes, " ");
}

void resize(const Root& root, FunctionRecord& function, const BarSize& size) {
  if (size_of_bar(root, function, size.bar) == size.megabytes * kMegabyte) return;
  const std::string bar = "BAR " + std::to_string(size.bar);
  const std::string wish = "bar-size: " + bar + " is not " + size_text(size.megabytes) + ": ";
  const std::string attribute =
      device_of(function) + "/resource" + std::to_string(size.bar) + "_resize";
  const auto supported = root.read_attribute(attribute);
  if (!supported)
    return warn(function, wish +
                              "it can't be resized on this card, or the kernel is older than 6.1. "
                              "Remedy: remove 'bar-size'");
  const uint64_t mask = std::strtoull(supported->c_str(), nullptr, 16);
  const auto bit = static_cast<unsigned>(std::countr_zero(size.megabytes));
  if ((mask >> bit & 1) == 0)
    return warn(function,
                wish + "the card does not offer that. Remedy: one of " + sizes_text(mask));
  const auto resized = write_patiently(root, attribute, std::to_string(bit), kSettingMilliseconds);
  if (resized) return;
  warn(function, wish + describe(resized.error()) +
                     (resized.error().code == ENOSPC
                          ? ". Remedy: more room above the card: 'Above 4G decoding' in the "
                            "firmware setup, and nothing else resized on its bus"
                          : ". Remedy: the kernel log around this line may say what hinders it"));
}

void set_reset_method(const Root& root, FunctionRecord& function, bool missed) {
  const std::string& wanted = function.handling.reset_method;
  const std::string attribute = device_of(function) + "/reset_method";
  const std::string wish = "reset-method: it is not '" + wanted + "': ";
  const auto offered = root.read_attribute(attribute);
  if (!offered && !missed) return;
  if (!offered)
    return warn(function, wish +
                              "the function can't be reset at all, or the kernel is older than "
                              "5.15. Remedy: remove 'reset-method'");
  const auto written = write_patiently(root, attribute, wanted, kSettingMilliseconds);
  if (written || (!missed && written.error().code == EINVAL)) return;
  const std::string names(host::trim(*offered));
  warn(function, wish +
                     (written.error().code == EINVAL ? "the function does not offer that"
                                                     : describe(written.error())) +
                     ". Remedy: some of " + names);
}

// The function that a card's settings are about.
FunctionRecord& chief_of(plan::Record& record, const std::string& card) {
  FunctionRecord* chief = nullptr;
  for (FunctionRecord& function : record.functions) {
    if (function.card != card) continue;
    if (function.class_code.starts_with("03")) return function;
    if (!chief) chief = &function;
  }
  return *chief;
}

bool is_to_be_bound(const FunctionRecord& function) {
  return function.state == plan::State::kReserved && function.bound_ns == 0;
}

}  // namespace

void apply_settings(const Root& root, plan::Record& record) {
  for (FunctionRecord& function : record.functions) {
    if (!is_to_be_bound(function)) continue;
    const bool chief = &function == &chief_of(record, function.card);
    if (chief)
      for (const BarSize& size : function.handling.bar_sizes) resize(root, function, size);
    if (!function.handling.reset_method.empty()) set_reset_method(root, function, chief);
  }
}

void check_module_option(const Root& root, plan::Record& record) {
  for (FunctionRecord& function : record.functions) {
    if (!function.handling.disable_idle_d3 || function.state != plan::State::kBound ||
        &function != &chief_of(record, function.card))
      continue;
    if (function.want != plan::kDefaultDriver)
      warn(function, "disable-idle-d3: this is an option of vfio-pci, and " + function.want +
                         " has none like it. Remedy: 'driver = vfio-pci'");
    else if (root.read_line("/sys/module/vfio_pci/parameters/disable_idle_d3") == "N")
      warn(function,
           "disable-idle-d3: vfio-pci was loaded before vfio-early could give it the option, or it "
           "is built into the kernel. Remedy: vfio_pci.disable_idle_d3=1 on the kernel command "
           "line");
  }
}

}  // namespace early
