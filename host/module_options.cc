// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/module_options.h"

#include <algorithm>

#include "host/text.h"

namespace host {
namespace {

// "options vfio-pci ids=10de:1b81,10de:10f0 disable_vga=1"
void read_line(const ModprobeLine& line, std::string_view module,
               std::vector<ModuleOption>& options) {
  if (line.command() != "options" || underscored(line.words[1]) != underscored(module)) return;
  for (size_t i = 2; i < line.words.size(); ++i) {
    const std::string& word = line.words[i];
    const size_t equals = std::min(word.find('='), word.size());
    options.push_back({.name = word.substr(0, equals),
                       .value = word.substr(std::min(equals + 1, word.size())),
                       .where = line.where});
  }
}

// "blacklist i915", "install i915 /bin/false"
bool disables(const ModprobeLine& line) {
  return line.command() == "blacklist" || loads_nothing(line);
}

}  // namespace

std::string module_of(std::string_view path) {
  const std::string_view name = file_name(path);
  return underscored(name.substr(0, name.find(".ko")));
}

std::vector<ModuleOption> module_options(const std::vector<ModprobeLine>& lines,
                                         const CommandLine& command_line, std::string_view module) {
  std::vector<ModuleOption> options;
  for (const ModprobeLine& line : lines) read_line(line, module, options);
  for (const auto& [name, value] : command_line.with_prefix(underscored(module) + "."))
    options.push_back({.name = name, .value = value, .where = ModuleOption::kCommandLine});
  return options;
}

DisabledModules read_disabled_modules(const Root& root, const CommandLine& command_line) {
  DisabledModules disabled;
  for (const ModprobeLine& line : read_modprobe_lines(root))
    if (disables(line)) {
      const std::string module = underscored(line.words[1]);
      disabled[module].push_back({module, line.str(), line.where});
    }
  for (const std::string name : {"module_blacklist", "modprobe.blacklist", "rd.driver.blacklist"})
    for (const std::string& value : command_line.values(name))
      for (const std::string_view word : split(value, ",")) {
        const std::string module = underscored(word);
        disabled[module].push_back({module, name + "=" + value, ModuleOption::kCommandLine});
      }
  return disabled;
}

}  // namespace host
