// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/drop_ins.h"

#include <algorithm>
#include <iterator>

#include "config/configuration.h"
#include "config/ini.h"
#include "host/text.h"

namespace config {
namespace {

bool has_section(const host::Root& root, const std::string& path) {
  const auto text = root.read(path, kMaxConfiguration);
  return text && !parse_ini(*text).sections.empty();
}

}  // namespace

bool is_set_aside(std::string_view name) {
  constexpr std::string_view kEnds[] = {"~",    ".bak",      ".old",   ".orig", ".save",
                                        ".off", ".disabled", ".swp",   ".swo",  ".tmp",
                                        ".md",  ".example",  ".sample"};
  constexpr std::string_view kParts[] = {".dpkg-",  ".ucf-",    ".rpmnew",  ".rpmsave", ".rpmorig",
                                         ".pacnew", ".pacsave", ".pacorig", "#"};
  return name.starts_with('.') ||
         std::any_of(std::begin(kEnds), std::end(kEnds),
                     [&](std::string_view end) { return name.ends_with(end); }) ||
         std::any_of(std::begin(kParts), std::end(kParts),
                     [&](std::string_view part) { return name.find(part) != name.npos; });
}

DropIns list_drop_ins(const host::Root& root, const std::string& file) {
  DropIns found;
  const std::string directory = file + ".d";
  const auto names = root.list(directory);
  if (!names) {
    found.readable = names.error();
    return found;
  }
  size_t tried = 0;
  for (const std::string& name : *names) {
    const std::string path = directory + "/" + name;
    if (name.ends_with(".conf")) {
      found.files.push_back(path);
    } else if (!is_set_aside(name) && tried++ < kMaxDropIns && has_section(root, path)) {
      if (found.ignored.size() < kMaxIgnored)
        found.ignored.push_back(path);
      else
        ++found.more_ignored;
    }
  }
  return found;
}

std::string_view stem_of(std::string_view name) {
  const std::string lower = host::lower(name);
  const size_t end = lower.find(".conf");
  return name.substr(0, end == lower.npos ? name.rfind('.') : end);
}

}  // namespace config
