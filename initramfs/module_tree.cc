// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/module_tree.h"

#include <algorithm>
#include <cerrno>
#include <set>
#include <string_view>

#include "host/module_options.h"
#include "host/text.h"
#include "initramfs/decompress.h"
#include "initramfs/module_index.h"
#include "initramfs/module_lists.h"

namespace initramfs {
namespace {

// The path without the suffix of the compression: "kernel/drivers/vfio/pci/vfio-pci.ko".
std::string unpacked(std::string_view path) {
  return std::string(path.substr(0, path.rfind(".ko") + 3));
}

// Without recursion: a chain can be as long as the file allows.
void add_with_dependencies(const ModuleLists& lists, const std::string& name,
                           std::set<std::string>& chosen) {
  std::vector<std::string> open = {name};
  while (!open.empty()) {
    const std::string next = std::move(open.back());
    open.pop_back();
    const auto found = lists.modules.find(next);
    if (found == lists.modules.end() || !chosen.insert(next).second) continue;
    for (const std::string& dependency : found->second.depends)
      open.push_back(host::module_of(dependency));
    const auto softdeps = lists.softdeps.equal_range(next);
    for (auto soft = softdeps.first; soft != softdeps.second; ++soft)
      open.insert(open.end(), soft->second.modules.begin(), soft->second.modules.end());
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

std::string dependency_line(const ModuleLists::Module& entry) {
  std::string line = unpacked(entry.path) + ":";
  for (const std::string& dependency : entry.depends) line += " " + unpacked(dependency);
  return line;
}

void index_aliases(const ModuleLists& lists, const std::set<std::string>& chosen,
                   ModuleIndex& index) {
  for (const ModuleLists::Alias& alias : lists.aliases)
    if (chosen.contains(alias.module)) index.add(host::underscored(alias.pattern), alias.module);
}

std::string softdeps_of(const ModuleLists& lists, const std::set<std::string>& chosen) {
  std::string text;
  for (const auto& [module, softdep] : lists.softdeps)
    if (chosen.contains(module)) text += softdep.line + "\n";
  return text;
}

// Without modules.builtin.bin libkmod does not find a vfio-pci that is built into the kernel.
ModuleIndex built_in(const ModuleLists& lists) {
  ModuleIndex index;
  for (const std::string& name : lists.built_in)
    if (name.find("vfio") != name.npos || name == "efivarfs" || name == "vmwgfx")
      index.add(name, "");
  return index;
}

}  // namespace

host::Result<ModuleTree> pick_modules(const host::Root& root, const std::string& directory,
                                      const std::string& release,
                                      const std::vector<std::string>& names) {
  const auto lists = read_module_lists(root, directory);
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
    const ModuleLists::Module& entry = lists->modules.at(name);
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
