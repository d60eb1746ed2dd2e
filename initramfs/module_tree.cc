// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/module_tree.h"

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>
#include <string_view>

#include "host/module_options.h"
#include "host/text.h"
#include "initramfs/decompress.h"
#include "initramfs/module_index.h"

namespace initramfs {
namespace {

using Words = std::vector<std::string_view>;

constexpr size_t kListLimit = size_t{64} << 20;  // modules.alias of a large kernel is some 2 MB

// The path without the suffix of the compression: "kernel/drivers/vfio/pci/vfio-pci.ko".
std::string unpacked(std::string_view path) {
  return std::string(path.substr(0, path.rfind(".ko") + 3));
}

// The files that depmod wrote for a module directory.
struct Lists {
  struct Entry {
    std::string path;                  // in the directory: "….ko.xz"
    std::vector<std::string> depends;  // the paths of its dependencies, nearest first
  };
  std::map<std::string, Entry> modules;
  std::map<std::string, std::vector<std::string>> softdeps;
  std::string softdep, alias, builtin;  // the files' text
};

// modules.dep may be hostile. Its paths become the paths of files that are written, so none may
// lead out of the directory.
bool is_path_below(std::string_view path) {
  constexpr size_t kMaxLength = 1000;
  if (path.empty() || path.size() > kMaxLength || path.starts_with('/')) return false;
  const auto parts = host::split(path, "/");
  return std::none_of(parts.begin(), parts.end(),
                      [](std::string_view part) { return part == ".." || part == "."; });
}

void read_dependencies(std::string_view text, Lists& lists) {
  for (const std::string_view line : host::split(text, "\n")) {
    const size_t colon = line.find(':');
    if (colon == line.npos || !is_path_below(line.substr(0, colon))) continue;
    Lists::Entry entry{.path = std::string(line.substr(0, colon)), .depends = {}};
    for (const std::string_view dependency : host::split(line.substr(colon + 1)))
      entry.depends.emplace_back(dependency);
    std::string name = host::module_of(entry.path);
    lists.modules.emplace(std::move(name), std::move(entry));
  }
}

// "softdep vfio post: vfio_iommu_type1 vfio_iommu_spapr_tce"
void read_softdeps(Lists& lists) {
  for (const std::string_view line : host::split(lists.softdep, "\n")) {
    const Words words = host::split(line);
    if (words.size() < 3 || words[0] != "softdep") continue;
    for (const std::string_view word : Words(words.begin() + 2, words.end()))
      if (!word.ends_with(':'))
        lists.softdeps[host::underscored(words[1])].push_back(host::underscored(word));
  }
}

host::Result<Lists> read_lists(const host::Root& root, const std::string& directory) {
  const auto dependencies = root.read(directory + "/modules.dep", kListLimit);
  if (!dependencies) return dependencies.error();
  Lists lists;
  lists.softdep = root.read(directory + "/modules.softdep", kListLimit).value_or("");
  lists.alias = root.read(directory + "/modules.alias", kListLimit).value_or("");
  lists.builtin = root.read(directory + "/modules.builtin", kListLimit).value_or("");
  read_dependencies(*dependencies, lists);
  read_softdeps(lists);
  return lists;
}

// Without recursion: a chain can be as long as the file allows.
void add_with_dependencies(const Lists& lists, const std::string& name,
                           std::set<std::string>& chosen) {
  std::vector<std::string> open = {name};
  while (!open.empty()) {
    const std::string next = std::move(open.back());
    open.pop_back();
    const auto found = lists.modules.find(next);
    if (found == lists.modules.end() || !chosen.insert(next).second) continue;
    for (const std::string& dependency : found->second.depends)
      open.push_back(host::module_of(dependency));
    if (const auto soft = lists.softdeps.find(next); soft != lists.softdeps.end())
      open.insert(open.end(), soft->second.begin(), soft->second.end());
  }
}

// "vermagic=6.12.1-amd64 SMP …" in a module's .modinfo, which the kernel compares when it loads it.
bool is_built_for(std::string_view module, const std::string& release) {
  constexpr std::string_view kVermagic = "vermagic=";
  const size_t magic = module.find(kVermagic);
  return magic != module.npos && module.substr(magic + kVermagic.size()).starts_with(release + " ");
}

host::Result<std::string> read_module(const host::Root& root, const std::string& path,
                                      const std::string& release) {
  const auto packed = root.read(path, kMaxModule);
  if (!packed) return packed.error();
  auto text = decompress(*packed, path);
  if (text && !is_built_for(*text, release))
    return host::Error{ENOEXEC, "use " + path + ", which is not for the kernel " + release};
  return text;
}

std::string dependency_line(const Lists::Entry& entry) {
  std::string line = unpacked(entry.path) + ":";
  for (const std::string& dependency : entry.depends) line += " " + unpacked(dependency);
  return line;
}

void index_aliases(const Lists& lists, const std::set<std::string>& chosen, ModuleIndex& index) {
  for (const std::string_view line : host::split(lists.alias, "\n")) {
    const Words words = host::split(line);
    if (words.size() == 3 && words[0] == "alias" && chosen.contains(host::underscored(words[2])))
      index.add(host::underscored(words[1]), host::underscored(words[2]));
  }
}

std::string softdeps_of(const Lists& lists, const std::set<std::string>& chosen) {
  std::string text;
  for (const std::string_view line : host::split(lists.softdep, "\n"))
    if (const Words words = host::split(line);
        words.size() > 2 && chosen.contains(host::underscored(words[1])))
      text += std::string(line) + "\n";
  return text;
}

// Without modules.builtin.bin libkmod does not find a vfio-pci that is built into the kernel.
ModuleIndex built_in(const Lists& lists) {
  ModuleIndex index;
  for (const std::string_view path : host::split(lists.builtin, "\n"))
    if (const std::string name = host::module_of(path);
        name.find("vfio") != name.npos || name == "efivarfs" || name == "vmwgfx")
      index.add(name, "");
  return index;
}

}  // namespace

host::Result<ModuleTree> pick_modules(const host::Root& root, const std::string& directory,
                                      const std::string& release,
                                      const std::vector<std::string>& names) {
  const auto lists = read_lists(root, directory);
  if (!lists) return lists.error();
  std::set<std::string> chosen;
  for (const std::string& name : names) {
    if (!lists->modules.contains(name))
      return host::Error{ENOENT, "find the module " + name + " in " + directory};
    add_with_dependencies(*lists, name, chosen);
  }

  ModuleTree tree;
  ModuleIndex dependencies, aliases;
  std::string dependency_list;  // modules.dep, for users and for vfio-verify
  for (const std::string& name : chosen) {
    const Lists::Entry& entry = lists->modules.at(name);
    auto text = read_module(root, directory + "/" + entry.path, release);
    if (!text) return text.error();
    const std::string line = dependency_line(entry);
    tree.files.push_back({unpacked(entry.path), std::move(*text)});
    tree.modules.push_back(name);
    dependencies.add(name, line);
    dependency_list += line + "\n";
  }
  index_aliases(*lists, chosen, aliases);
  tree.files.push_back({"modules.dep", dependency_list});
  tree.files.push_back({"modules.dep.bin", dependencies.bytes()});
  tree.files.push_back({"modules.alias.bin", aliases.bytes()});
  tree.files.push_back({"modules.builtin.bin", built_in(*lists).bytes()});
  tree.files.push_back({"modules.softdep", softdeps_of(*lists, chosen)});
  // libkmod fails if one of these is missing (kmod_lookup_alias_from_alias_bin).
  for (const char* empty : {"modules.symbols.bin", "modules.builtin.alias.bin"})
    tree.files.push_back({empty, ModuleIndex().bytes()});
  return tree;
}

}  // namespace initramfs
