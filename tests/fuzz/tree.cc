// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/fuzz/tree.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>

#include "host/text.h"
#include "tests/fuzz/target.h"

namespace fuzz {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxEntries = 300;
constexpr size_t kMaxPath = 300, kMaxName = 100;

// "/a/b": absolute, without empty parts, "." and "..".
bool is_valid_path(std::string_view path) {
  if (!path.starts_with('/') || path.size() > kMaxPath) return false;
  path.remove_prefix(1);
  for (;;) {
    const size_t slash = path.find('/');
    const std::string_view name = path.substr(0, slash);
    if (name.empty() || name.size() > kMaxName || name == "." || name == ".." ||
        name.find('\0') != name.npos)
      return false;
    if (slash == path.npos) return true;
    path.remove_prefix(slash + 1);
  }
}

// True if `tree` has an entry where `path` needs a directory, or the other way round.
bool has_conflict(const Tree& tree, const std::string& path) {
  for (size_t slash = path.rfind('/'); slash > 0; slash = path.rfind('/', slash - 1))
    if (tree.contains(path.substr(0, slash))) return true;
  const auto below = tree.lower_bound(path + "/");
  return below != tree.end() && below->first.starts_with(path + "/");
}

// "@PATH\nTEXT" or ">PATH TARGET".
void add_entry(std::string_view text, Tree& tree) {
  const bool link = text.starts_with('>');
  if (!link && !text.starts_with('@')) return;
  const size_t end = std::min(text.find(link ? ' ' : '\n'), text.size());
  const std::string path(text.substr(1, std::max<size_t>(end, 1) - 1));
  const std::string content(text.substr(std::min(end + 1, text.size())));
  if (link && (content.empty() || content.size() > kMaxPath || content.find('\0') != content.npos))
    return;
  if (is_valid_path(path) && !tree.contains(path) && !has_conflict(tree, path))
    tree[path] = {link, content};
}

class Directory {
 public:
  Directory() {
    std::string name = fs::temp_directory_path() / "vfio-fuzz-XXXXXX";
    require(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Directory() {
    std::error_code none;
    fs::remove_all(path_, none);
  }

  // Removes old entries before it adds new ones: a file may take the place of a directory.
  host::Root update_to(const Tree& tree) {
    for (const auto& [path, entry] : entries_)
      if (const auto kept = tree.find(path); kept == tree.end() || kept->second != entry) {
        fs::remove(at(path));
        remove_empty(path);
      }
    for (const auto& [path, entry] : tree) {
      if (const auto there = entries_.find(path); there != entries_.end() && there->second == entry)
        continue;
      fs::create_directories(at(path).parent_path());
      if (entry.link)
        fs::create_symlink(entry.content, at(path));
      else
        std::ofstream(at(path), std::ios::binary) << entry.content;
    }
    entries_ = tree;
    return std::move(*host::Root::open_tree(path_));
  }

 private:
  fs::path at(const std::string& path) const { return path_ / path.substr(1); }

  void remove_empty(const std::string& path) {
    std::error_code not_empty;
    for (fs::path up = at(path).parent_path(); up != path_; up = up.parent_path())
      if (!fs::remove(up, not_empty)) return;
  }

  fs::path path_;
  Tree entries_;
};

std::optional<Directory> the_directory;

}  // namespace

std::string tree_text(const Tree& tree) {
  std::string text;
  for (const auto& [path, entry] : tree) {
    if (!text.empty()) text += '\n';
    text += (entry.link ? ">" + path + " " : "@" + path + "\n") + entry.content;
  }
  require(parse_tree(text) == tree);
  return text;
}

Tree parse_tree(std::string_view text) {
  Tree tree;
  while (!text.empty() && tree.size() < kMaxEntries) {
    const size_t end = std::min({text.find("\n@"), text.find("\n>"), text.size()});
    add_entry(text.substr(0, end), tree);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return tree;
}

host::Root make_tree(const Tree& tree) {
  if (!the_directory) the_directory.emplace();
  return the_directory->update_to(tree);
}

void remove_tree() {
  the_directory.reset();
}

}  // namespace fuzz
