// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/module_lists.h"

#include <algorithm>
#include <utility>

#include "host/module_options.h"
#include "host/text.h"

namespace initramfs {
namespace {

using Words = std::vector<std::string_view>;

bool is_path_below(std::string_view path) {
  constexpr size_t kMaxLength = 1000;
  if (path.empty() || path.size() > kMaxLength || path.starts_with('/')) return false;
  const auto parts = host::split(path, "/");
  return std::none_of(parts.begin(), parts.end(),
                      [](std::string_view part) { return part == ".." || part == "."; });
}

// "kernel/drivers/vfio/vfio_iommu_type1.ko: kernel/drivers/vfio/vfio.ko"
void add_module(std::string_view line, ModuleLists& lists) {
  const size_t colon = line.find(':');
  if (colon == line.npos || !is_path_below(line.substr(0, colon))) return;
  ModuleLists::Module module{.path = std::string(line.substr(0, colon)), .depends = {}};
  for (const std::string_view dependency : host::split(line.substr(colon + 1)))
    module.depends.emplace_back(dependency);
  std::string name = host::module_of(module.path);
  lists.modules.emplace(std::move(name), std::move(module));
}

// "alias pci:v00001234d00001111sv*sd*bc*sc*i* bochs"
void add_alias(std::string_view line, ModuleLists& lists) {
  const Words words = host::split(line);
  if (words.size() == 3 && words[0] == "alias")
    lists.aliases.push_back({std::string(words[1]), host::underscored(words[2])});
}

// "softdep vfio post: vfio_iommu_type1 vfio_iommu_spapr_tce"
void add_softdep(std::string_view line, ModuleLists& lists) {
  const Words words = host::split(line);
  if (words.size() < 3 || words[0] != "softdep") return;
  ModuleLists::Softdep softdep{.modules = {}, .line = std::string(line)};
  for (const std::string_view word : Words(words.begin() + 2, words.end()))
    if (!word.ends_with(':')) softdep.modules.push_back(host::underscored(word));
  lists.softdeps.emplace(host::underscored(words[1]), std::move(softdep));
}

}  // namespace

ModuleLists parse_module_lists(const ModuleListTexts& texts) {
  ModuleLists lists;
  const auto each_line = [&](const std::string& text, auto use) {
    for (const std::string_view line : host::split(text, "\n")) use(line, lists);
  };
  each_line(texts.dep, add_module);
  each_line(texts.alias, add_alias);
  each_line(texts.softdep, add_softdep);
  each_line(texts.built_in, [](std::string_view line, ModuleLists& of) {
    of.built_in.insert(host::module_of(line));
  });
  return lists;
}

host::Result<ModuleLists> read_module_lists(const host::Root& root, const std::string& directory) {
  auto dependencies = root.read(directory + "/modules.dep", kMaxModuleList);
  if (!dependencies) return dependencies.error();
  const auto text = [&](const char* file) {
    return root.read(directory + "/" + file, kMaxModuleList).value_or("");
  };
  return parse_module_lists({.dep = std::move(*dependencies),
                             .built_in = text("modules.builtin"),
                             .alias = text("modules.alias"),
                             .softdep = text("modules.softdep")});
}

}  // namespace initramfs
