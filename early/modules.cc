// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/modules.h"

#include <cerrno>
#include <memory>

#include <libkmod.h>

namespace early {
namespace {

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

}  // namespace

host::Result<void> load_module(const host::Root& root, const std::string& name) {
  const std::string step = "load module " + name;
  if (!root.live()) return host::Error{EPERM, step + " for a machine that is not running"};
  const Context context(kmod_new(nullptr, nullptr));
  if (!context) return host::Error{ENOMEM, step};
  kmod_set_log_fn(
      context.get(), [](auto...) {}, nullptr);  // the library does not print; we do

  kmod_list* found = nullptr;
  const int looked_up = kmod_module_new_from_lookup(context.get(), name.c_str(), &found);
  const List modules(found);
  if (looked_up < 0) return host::Error{-looked_up, step};
  if (!modules) return host::Error{ENOENT, step};

  const Module module(kmod_module_get_module(modules.get()));
  const int loaded =
      kmod_module_probe_insert_module(module.get(), 0, nullptr, nullptr, nullptr, nullptr);
  if (loaded < 0) return host::Error{-loaded, step};
  return {};
}

}  // namespace early
