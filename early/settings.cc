// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/settings.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdlib>
#include <map>

#include "early/modules.h"
#include "early/write_with_timeout.h"
#include "host/text.h"

namespace early {
namespace {

using config::BarSize;
using host::Root;
using record::FunctionRecord;

// Both attributes take the device's lock, or wait for its configuration space.
constexpr int kSettingMilliseconds = 2000;
constexpr int kModuleMilliseconds = 5000;
constexpr uint64_t kMegabyte = uint64_t{1024} * 1024;

// Adds a warning, once even if bind runs again.
void warn(FunctionRecord& function, const std::string& sentence) {
  auto& warnings = function.warnings;
  if (std::find(warnings.begin(), warnings.end(), sentence) == warnings.end())
    warnings.push_back(sentence);
}

std::string size_text(uint64_t megabytes) {
  return megabytes % 1024 == 0 ? std::to_string(megabytes / 1024) + "G"
                               : std::to_string(megabytes) + "M";
}

// The current size of a BAR: line BAR of `resource` is "0xFIRST 0xLAST 0xFLAGS".
uint64_t size_of_bar(const Root& root, const FunctionRecord& function, uint8_t bar) {
  const auto text = root.read_attribute(function.address.sysfs() + "/resource");
  if (!text) return 0;
  const auto lines = host::split(*text, "\n");
  if (bar >= lines.size()) return 0;
  const auto words = host::split(lines[bar]);
  if (words.size() < 2) return 0;
  const uint64_t first = std::strtoull(std::string(words[0]).c_str(), nullptr, 16);
  const uint64_t last = std::strtoull(std::string(words[1]).c_str(), nullptr, 16);
  return last > first ? last - first + 1 : 0;
}

// Bit N means 2^N MB (PCIe 6.0, 7.8.6.2, as in pci_rebar_get_possible_sizes).
std::string sizes_text(uint64_t mask) {
  std::vector<std::string> sizes;
  for (unsigned bit = 0; bit < 64; ++bit)
    if (mask >> bit & 1) sizes.push_back(size_text(uint64_t{1} << bit));
  return host::join(sizes, " ");
}

void resize(const Root& root, FunctionRecord& function, const BarSize& size) {
  if (size_of_bar(root, function, size.bar) == size.megabytes * kMegabyte) return;
  const std::string bar = "BAR " + std::to_string(size.bar);
  const std::string prefix = "bar-size: " + bar + " is not " + size_text(size.megabytes) + ": ";
  const std::string attribute =
      function.address.sysfs() + "/resource" + std::to_string(size.bar) + "_resize";
  const auto supported = root.read_attribute(attribute);
  if (!supported)
    return warn(
        function,
        prefix +
            "the BAR is not resizable, or the kernel is older than 6.1. Remedy: remove 'bar-size'");
  const uint64_t mask = std::strtoull(supported->c_str(), nullptr, 16);
  const auto bit = static_cast<unsigned>(std::countr_zero(size.megabytes));
  if ((mask >> bit & 1) == 0)
    return warn(function, prefix + "the card does not support this size. Remedy: use one of " +
                              sizes_text(mask));
  const auto resized =
      write_with_timeout(root, attribute, std::to_string(bit), kSettingMilliseconds);
  if (resized) return;
  warn(
      function,
      prefix + describe(resized.error()) +
          (resized.error().code == ENOSPC
               ? ". Remedy: enable 'Above 4G Decoding' in the firmware setup, and resize no other BAR on its bus"
               : ". Remedy: see the kernel log around this line for the reason"));
}

void set_reset_method(const Root& root, FunctionRecord& function, bool report_missing) {
  const std::string& wanted = function.handling.reset_method;
  const std::string attribute = function.address.sysfs() + "/reset_method";
  const std::string prefix = "reset-method: it is not '" + wanted + "': ";
  const auto offered = root.read_attribute(attribute);
  if (!offered && !report_missing) return;
  if (!offered)
    return warn(
        function,
        prefix +
            "the function has no reset method, or the kernel is older than 5.15. Remedy: remove 'reset-method'");
  const auto written = write_with_timeout(root, attribute, wanted, kSettingMilliseconds);
  if (written || (!report_missing && written.error().code == EINVAL)) return;
  const std::string names(host::trim(*offered));
  warn(function, prefix +
                     (written.error().code == EINVAL ? "the function does not support it"
                                                     : describe(written.error())) +
                     ". Remedy: use one or more of " + names);
}

// Why a module of the key 'modules' is not loaded, and the remedy.
std::string not_loaded(const std::string& name, const host::Error& error,
                       const record::Record& record) {
  if (error.code == ENOENT)
    return "modules: " + name + " is not loaded: it is not in /lib/modules/" +
           record.kernel_release + (record.in_initramfs ? " of this initramfs" : "") +
           ". Remedy: install it for this kernel (`dkms status` lists the modules that DKMS builds), then rebuild the initramfs";
  return "modules: " + name + " is not loaded: " + describe(error) +
         ". Remedy: see the kernel log around this line for the module's message";
}

// The function that a card's settings are for; nullptr: the card has no function.
const FunctionRecord* main_function_of(const record::Record& record, const std::string& card) {
  const FunctionRecord* main_function = nullptr;
  for (const FunctionRecord& function : record.functions) {
    if (function.card != card) continue;
    if (function.is_display()) return &function;
    if (!main_function) main_function = &function;
  }
  return main_function;
}

// When vfio-pci uses its parameter (drivers/vfio/pci): in 6.1 and 6.12 vfio_pci_core_set_params()
// passes it to vfio-pci-core when the module is loaded, and a later write changes only what sysfs
// shows. In 7.3 vfio_pci_init_dev() uses it for each function that is bound. There a write before
// the bind is in time, even if vfio-pci is built in or already loaded.
constexpr const char* kIdleParameter = "/sys/module/vfio_pci/parameters/disable_idle_d3";
constexpr const char* kSetOnce = "vfio_pci_core_set_params";

// Also false if the symbols cannot be read.
bool reads_parameter_at_bind(const Root& root) {
  constexpr size_t kMaxSymbols = size_t{64} << 20;
  const auto symbols = root.read("/proc/kallsyms", kMaxSymbols);
  return symbols && !symbols->empty() && symbols->find(kSetOnce) == std::string::npos;
}

bool wants_idle_d3_disabled(const FunctionRecord& function) {
  return function.handling.disable_idle_d3 && function.wanted_driver == config::kDefaultDriver;
}

bool is_bound(const Root& root, const FunctionRecord& function) {
  return root.link_name(function.address.sysfs() + "/driver") == function.wanted_driver;
}

void warn_of_idle(FunctionRecord& function) {
  warn(
      function,
      "disable-idle-d3 is not set: vfio-pci is built in, or was loaded before vfio-early ran. Remedy: add vfio_pci.disable_idle_d3=1 to the kernel command line");
}

bool is_to_be_bound(const FunctionRecord& function) {
  return function.state == record::State::kReserved && function.bound_ns == 0;
}

}  // namespace

void apply_settings(const Root& root, record::Record& record) {
  for (FunctionRecord& function : record.functions) {
    if (!is_to_be_bound(function)) continue;
    const bool main_function = &function == main_function_of(record, function.card);
    if (main_function)
      for (const BarSize& size : function.handling.bar_sizes) resize(root, function, size);
    if (!function.handling.reset_method.empty()) set_reset_method(root, function, main_function);
  }
}

void load_extra_modules(const Root& root, record::Record& record) {
  std::map<std::string, host::Result<void>> loaded;
  for (FunctionRecord& function : record.functions) {
    if (!is_to_be_bound(function)) continue;
    for (const std::string& name : function.handling.modules) {
      if (!loaded.contains(name))
        loaded.emplace(name, load_module_within(kModuleMilliseconds, root, name));
      if (const auto& done = loaded.at(name);
          !done && &function == main_function_of(record, function.card))
        warn(function, not_loaded(name, done.error(), record));
    }
  }
}

// If the module is not loaded yet, early/bind.cc loads it with the option.
void set_module_option(const Root& root, record::Record& record) {
  auto& functions = record.functions;
  if (std::none_of(functions.begin(), functions.end(), wants_idle_d3_disabled) ||
      root.read_line(kIdleParameter) != "N" || !reads_parameter_at_bind(root))
    return;
  for (FunctionRecord& function : functions)
    if (wants_idle_d3_disabled(function) && is_bound(root, function)) warn_of_idle(function);
  (void)write_with_timeout(root, kIdleParameter, "Y", kSettingMilliseconds);
}

void check_module_option(const Root& root, record::Record& record) {
  for (FunctionRecord& function : record.functions) {
    if (!function.handling.disable_idle_d3 || function.state != record::State::kBound ||
        &function != main_function_of(record, function.card))
      continue;
    if (function.wanted_driver != config::kDefaultDriver)
      warn(function, "disable-idle-d3: " + function.wanted_driver +
                         " does not have this option of vfio-pci. Remedy: set 'driver = vfio-pci'");
    else if (root.read_line(kIdleParameter) == "N")
      warn_of_idle(function);
  }
}

}  // namespace early
