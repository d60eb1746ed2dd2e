// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/interrupts.h"

#include <charconv>

#include <fmt/format.h>

#include "host/module_options.h"
#include "host/text.h"

namespace verify {
namespace {

// /proc/interrupts has a row for each interrupt and a column for each processor: megabytes on a
// large machine.
constexpr size_t kMaxInterrupts = 64 << 20;

constexpr const char* kType1 = "vfio_iommu_type1";
constexpr const char* kIommufd = "iommufd";
constexpr const char* kSwitch = "allow_unsafe_interrupts";

bool is_direct(std::string_view word) {
  return word.starts_with("PCI-MSI") || word == "IO-APIC";
}

// As kstrtobool() (lib/kstrtox.c); a parameter without a value is true (param_set_bool(),
// kernel/params.c).
bool is_yes(const std::string& value) {
  return value.empty() || value == "1" || value == "y" || value == "Y" || value == "t" ||
         value == "T" || host::lower(value) == "on";
}

// Of several options the last one counts.
std::string set_on_load(const std::vector<host::ModprobeLine>& lines,
                        const host::CommandLine& command_line, const char* module) {
  std::string words;
  for (const host::ModuleOption& option : host::module_options(lines, command_line, module))
    if (option.name == kSwitch)
      words = is_yes(option.value) ? fmt::format("{} gets {}={} from {} when it is loaded", module,
                                                 kSwitch, option.value, option.where)
                                   : "";
  return words;
}

}  // namespace

InterruptChips parse_interrupts(std::string_view text) {
  InterruptChips chips;
  for (const std::string_view line : host::split(text, "\n")) {
    for (const std::string_view word : host::split(line)) {
      const bool remapped = word.starts_with("IR-");
      if (!remapped && !is_direct(word)) continue;
      if (remapped ? chips.remapped == 0 : chips.remapped + chips.direct == 0) chips.example = word;
      ++(remapped ? chips.remapped : chips.direct);
      break;
    }
  }
  return chips;
}

host::Result<InterruptChips> read_interrupts(const host::Root& root) {
  const auto text = root.read("/proc/interrupts", kMaxInterrupts);
  if (!text) return text.error();
  return parse_interrupts(*text);
}

std::string UnsafeInterrupts::str() const {
  std::string text;
  const auto add = [&](const char* module, const std::optional<bool>& set) {
    if (set)
      text += fmt::format("{}{} has allow_unsafe_interrupts={}", text.empty() ? "" : ", ", module,
                          *set ? "Y" : "N");
  };
  add(kType1, type1);
  add(kIommufd, iommufd);
  return text;
}

UnsafeInterrupts read_unsafe_interrupts(const host::Root& root,
                                        const host::CommandLine& command_line) {
  UnsafeInterrupts found;
  const auto lines = host::read_modprobe_lines(root);
  const auto read = [&](const char* module, std::optional<bool>& now) {
    const std::string value =
        root.read_line(fmt::format("/sys/module/{}/parameters/{}", module, kSwitch));
    if (value == "Y" || value == "N")
      now = value == "Y";
    else if (const std::string words = set_on_load(lines, command_line, module); !words.empty())
      found.on_load.push_back(words);
  };
  read(kType1, found.type1);
  read(kIommufd, found.iommufd);
  return found;
}

// Bit 3 of the extended capabilities, IR (VT-d 11.4.3). The kernel writes them in hexadecimal
// without a prefix (ecap_show in drivers/iommu/intel/iommu.c).
std::vector<RemappingUnit> read_remapping_units(const host::Root& root) {
  std::vector<RemappingUnit> units;
  for (const std::string& name : root.list("/sys/class/iommu").value_or({})) {
    const std::string text = root.read_line("/sys/class/iommu/" + name + "/intel-iommu/ecap");
    uint64_t capabilities = 0;
    const char* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, capabilities, 16);
    if (text.empty() || parsed.ec != std::errc() || parsed.ptr != end) continue;
    units.push_back({name, (capabilities >> 3 & 1) != 0});
  }
  return units;
}

}  // namespace verify
