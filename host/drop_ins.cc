// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/drop_ins.h"

#include <algorithm>
#include <set>

#include "host/text.h"

namespace host {
namespace {

bool is_comment(std::string_view line) {
  return trim(line).starts_with('#');
}

}  // namespace

std::vector<DropIn> read_drop_ins(const Root& root, std::span<const char* const> directories,
                                  bool (*accepts)(std::string_view name),
                                  std::vector<std::string>* unread) {
  std::vector<DropIn> found;
  std::set<std::string> seen;
  size_t size = 0;
  const auto report = [&](const std::string& path, const Error& error) {
    if (unread && !is_absent(error)) unread->push_back(path);
  };
  for (const std::string directory : directories) {
    const auto names = root.list(directory);
    if (!names) report(directory, names.error());
    for (const std::string& name : names.value_or({})) {
      if (!accepts(name) || !seen.insert(name).second) continue;
      const std::string path = directory + "/" + name;
      auto text = root.read(path, std::min(kMaxDropIn, kMaxAllDropIns - size));
      if (!text) {
        report(path, text.error());
        continue;
      }
      size += text->size();
      found.push_back({path, std::move(*text)});
    }
  }
  return found;
}

std::vector<std::string> files_in(const Root& root, const std::string& directory,
                                  std::string_view ending) {
  std::vector<std::string> files;
  for (const std::string& name : root.list(directory).value_or({}))
    if (name.ends_with(ending)) files.push_back(directory + "/" + name);
  return files;
}

void each_joined_line(std::string_view text, Comment comment,
                      const std::function<void(std::string_view line, int number)>& use) {
  std::string whole;
  bool is_joined = false;
  int number = 0, first = 1;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    ++number;
    if (!is_joined) first = number;
    const bool is_left_out = comment == Comment::kIsOneLine && is_comment(line);
    if (!is_left_out) {
      is_joined = line.ends_with('\\');
      if (is_joined) line.remove_suffix(1);
      whole += line;
    }
    if (is_joined && !text.empty()) continue;
    if (!trim(whole).empty() && !is_comment(whole)) use(whole, first);
    whole.clear();
    is_joined = false;
  }
}

}  // namespace host
