// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/module_options.h"

#include <algorithm>
#include <set>

#include "host/text.h"

namespace host {
namespace {

// In the order of modprobe.d(5): a file hides those of the same name in the directories after it.
constexpr const char* kDirectories[] = {"/etc/modprobe.d", "/run/modprobe.d",
                                        "/usr/local/lib/modprobe.d", "/usr/lib/modprobe.d",
                                        "/lib/modprobe.d"};

// "options vfio-pci ids=10de:1b81,10de:10f0 disable_vga=1"
void read_line(std::string_view line, const std::string& where, std::string_view module,
               std::vector<ModuleOption>& options) {
  const auto words = split(line);
  if (words.size() < 3 || words[0] != "options" || underscored(words[1]) != underscored(module))
    return;
  for (size_t i = 2; i < words.size(); ++i) {
    const size_t equals = std::min(words[i].find('='), words[i].size());
    options.push_back({.name = std::string(words[i].substr(0, equals)),
                       .value = std::string(words[i].substr(std::min(equals + 1, words[i].size()))),
                       .where = where});
  }
}

// Calls `read(line, "file:number")` for each line. A line that ends in a backslash continues on the
// next one.
void each_line(std::string_view text, const std::string& file, const auto& read) {
  std::string whole;
  int number = 0, first = 1;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    if (whole.empty()) first = number;
    const bool is_continued = line.ends_with('\\');
    if (is_continued) line.remove_suffix(1);
    whole += std::string(line) + " ";
    if (is_continued) continue;
    read(whole, file + ":" + std::to_string(first));
    whole.clear();
  }
}

void each_line(const Root& root, const auto& read) {
  std::set<std::string> seen;
  for (const std::string directory : kDirectories)
    for (const std::string& name : root.list(directory).value_or({})) {
      if (!name.ends_with(".conf") || !seen.insert(name).second) continue;
      const std::string file = directory + "/" + name;
      each_line(root.read(file).value_or(""), file, read);
    }
}

// "blacklist i915", "install i915 /bin/false"
bool disables(const std::vector<std::string_view>& words) {
  if (words.size() < 2) return false;
  if (words[0] == "blacklist") return true;
  if (words[0] != "install" || words.size() < 3) return false;
  const std::string_view program = file_name(words[2]);
  return program == "false" || program == "true";
}

}  // namespace

std::string module_of(std::string_view path) {
  const std::string_view name = file_name(path);
  return underscored(name.substr(0, name.find(".ko")));
}

std::vector<ModuleOption> read_module_options(const Root& root, const CommandLine& command_line,
                                              std::string_view module) {
  std::vector<ModuleOption> options;
  each_line(root, [&](std::string_view line, const std::string& where) {
    read_line(line, where, module, options);
  });
  for (const auto& [name, value] : command_line.with_prefix(underscored(module) + "."))
    options.push_back({.name = name, .value = value, .where = "kernel command line"});
  return options;
}

std::set<std::string> read_disabled_modules(const Root& root, const CommandLine& command_line) {
  std::set<std::string> disabled;
  each_line(root, [&](std::string_view line, const std::string&) {
    const auto words = split(line);
    if (disables(words)) disabled.insert(underscored(words[1]));
  });
  for (const char* name : {"module_blacklist", "modprobe.blacklist", "rd.driver.blacklist"})
    for (const std::string& value : command_line.values(name))
      for (const std::string_view module : split(value, ",")) disabled.insert(underscored(module));
  return disabled;
}

}  // namespace host
