// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/module_insertion.h"

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "host/modprobe_lines.h"
#include "host/pci_function.h"

namespace early {
namespace {

std::vector<Module> dependencies_of(const kmod_module* module) {
  return modules_of(List(kmod_module_get_dependencies(module)));
}

bool is_loaded(const kmod_module* module) {
  const int state = kmod_module_get_initstate(module);
  return state == KMOD_MODULE_LIVE || state == KMOD_MODULE_BUILTIN;
}

// Loads one module with its options from modprobe.d and the kernel command line. Does not run its
// install command. 0, or a negated errno.
int insert(kmod_module* module, const std::string& options) {
  if (is_loaded(module)) return 0;
  const char* configured = kmod_module_get_options(module);
  const std::string all = std::string(configured ? configured : "") + " " + options;
  const int inserted = kmod_module_insert_module(module, 0, all.c_str());
  return inserted == -EEXIST ? 0 : inserted;  // another process was faster
}

// Does the module drive PCI devices, other than for a guest? Its aliases say so.
bool is_host_driver(const kmod_module* module) {
  if (host::is_claiming_driver(kmod_module_get_name(module))) return false;
  kmod_list* found = nullptr;
  (void)kmod_module_get_info(module, &found);
  bool is_driver = false;
  for (kmod_list* entry = found; entry; entry = kmod_list_next(found, entry))
    is_driver |= std::string_view(kmod_module_info_get_key(entry)) == "alias" &&
                 std::string_view(kmod_module_info_get_value(entry)).starts_with("pci:");
  kmod_module_info_free_list(found);
  return is_driver;
}

void insert_softdep(kmod_module* module) {
  if (is_loaded(module)) return;  // its dependencies are, too; reading its aliases takes time
  const std::vector<Module> dependencies = dependencies_of(module);
  if (is_host_driver(module) ||
      std::any_of(dependencies.begin(), dependencies.end(),
                  [](const Module& dependency) { return is_host_driver(dependency.get()); }))
    return;
  for (const Module& dependency : dependencies) (void)insert(dependency.get(), "");
  (void)insert(module, "");
}

// insert(), between the module's softdeps.
int insert_with_softdeps(kmod_module* module, const std::string& options) {
  kmod_list *pre = nullptr, *post = nullptr;
  (void)kmod_module_get_softdeps(module, &pre, &post);
  const List before(pre), after(post);
  for (const Module& softdep : modules_of(before)) insert_softdep(softdep.get());
  const int inserted = insert(module, options);
  if (inserted < 0) return inserted;
  for (const Module& softdep : modules_of(after)) insert_softdep(softdep.get());
  return 0;
}

}  // namespace

std::vector<Module> modules_of(const List& list) {
  std::vector<Module> modules;
  for (kmod_list* entry = list.get(); entry; entry = kmod_list_next(list.get(), entry))
    modules.emplace_back(kmod_module_get_module(entry));
  return modules;
}

int insert_with_dependencies(kmod_module* module, const std::string& options) {
  if (is_loaded(module)) return 0;
  for (const Module& dependency : dependencies_of(module))
    if (const int inserted = insert_with_softdeps(dependency.get(), ""); inserted < 0)
      return inserted;
  return insert_with_softdeps(module, options);
}

void insert_softdep(kmod_ctx* context, const std::string& name) {
  kmod_module* module = nullptr;
  if (kmod_module_new_from_name(context, name.c_str(), &module) == 0)
    insert_softdep(Module(module).get());
}

int replace_install_command(kmod_module* module, const char* command, void*) {
  const std::string line = std::string("install module ") + command;
  const auto lines = host::parse_modprobe_lines(line, "");
  return !lines.empty() && host::loads_nothing(lines.front()) ? 0 : insert(module, "");
}

}  // namespace early
