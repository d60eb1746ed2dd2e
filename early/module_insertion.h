// SPDX-License-Identifier: GPL-2.0-or-later
//
// Loads modules with libkmod, but runs no command of modprobe.d(5). libkmod's own function,
// kmod_module_probe_insert_module(), runs "install" commands, with KMOD_PROBE_IGNORE_COMMAND still
// those of dependencies. Such a command may take cards that nobody configured.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <libkmod.h>

namespace early {

struct UnrefContext {
  void operator()(kmod_ctx* context) const { kmod_unref(context); }
};
struct UnrefList {
  void operator()(kmod_list* list) const { kmod_module_unref_list(list); }
};
struct UnrefModule {
  void operator()(kmod_module* module) const { kmod_module_unref(module); }
};
using Context = std::unique_ptr<kmod_ctx, UnrefContext>;
using List = std::unique_ptr<kmod_list, UnrefList>;
using Module = std::unique_ptr<kmod_module, UnrefModule>;

std::vector<Module> modules_of(const List& list);

// Loads a module after its dependencies, each with its softdeps. `options` are added to those of
// modprobe.d and the kernel command line. 0, or a negated errno; 0 if it is loaded or built in.
int insert_with_dependencies(kmod_module* module, const std::string& options);

// Loads a softdep and its dependencies. They may be a part of VFIO (vfio_iommu_type1), or what a
// user wants to have loaded before vfio-pci (vendor_reset). If one of them is a driver of PCI
// devices, other than for a guest, none is loaded: it would bind these devices. Errors are ignored,
// as libkmod does.
void insert_softdep(kmod_ctx* context, const std::string& name);

// A callback for kmod_module_probe_insert_module(): loads the module instead of running its install
// command, or not at all if the command is /bin/false or the like.
int replace_install_command(kmod_module* module, const char* command, void*);

}  // namespace early
