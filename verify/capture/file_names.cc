// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/capture/file_names.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "verify/capture/known_words.h"

namespace verify::capture {
namespace {

std::string extension_of(const std::string& name) {
  for (const char* known : {".conf", ".json"})
    if (name.ends_with(known)) return known;
  return {};
}

}  // namespace

void FileNames::add_group(const host::Root& root, std::initializer_list<const char*> directories,
                          Anonymiser& anonymiser,
                          const std::function<bool(const std::string& path)>& has_content) {
  std::set<std::string> names;
  for (const std::string directory : directories)
    for (const std::string& name : root.list(directory).value_or({})) {
      const std::string path = directory + "/" + name;
      paths_[path] = "";
      if (!extension_of(name).empty() && (!has_content || has_content(path))) names.insert(name);
    }
  const bool known = std::all_of(names.begin(), names.end(), has_only_known_words);
  size_t number = 0;
  for (const std::string& name : names) {
    const std::string extension = extension_of(name);
    const std::string kept = known ? name : fmt::format("{:03}{}", ++number, extension);
    if (!known) anonymiser.hide(name.substr(0, name.size() - extension.size()), "file");
    for (const std::string directory : directories) {
      paths_[directory + "/" + name] = directory + "/" + kept;
      anonymiser.rename(directory + "/" + name, directory + "/" + kept);
    }
  }
}

std::string FileNames::kept(const std::string& path) const {
  const auto found = paths_.find(path);
  return found == paths_.end() ? path : found->second;
}

}  // namespace verify::capture
