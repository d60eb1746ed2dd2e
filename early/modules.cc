// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/modules.h"

#include <cerrno>
#include <memory>
#include <string_view>

#include <libkmod.h>

#include "config/handling.h"
#include "early/run_with_timeout.h"
#include "host/text.h"

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

Context open_libkmod() {
  Context context(kmod_new(nullptr, nullptr));
  // libkmod prints nothing: the callers report errors.
  if (context)
    kmod_set_log_fn(
        context.get(), [](auto...) {}, nullptr);
  return context;
}

// The gate waits for the lookup in modules.alias.bin, which takes about a millisecond.
constexpr int kVariantMilliseconds = 2000;

// A graphics driver may take this long on a machine with many cards.
constexpr int kHostModulesMilliseconds = 60'000;

void load_matching(const std::string& modalias) {
  const Context context = open_libkmod();
  if (!context) return;
  kmod_list* found = nullptr;
  (void)kmod_module_new_from_lookup(context.get(), modalias.c_str(), &found);
  const List modules(found);
  for (kmod_list* entry = found; entry; entry = kmod_list_next(found, entry)) {
    const Module module(kmod_module_get_module(entry));
    (void)kmod_module_probe_insert_module(module.get(), KMOD_PROBE_APPLY_BLACKLIST_ALIAS_ONLY,
                                          nullptr, nullptr, nullptr, nullptr);
  }
}

// `modalias`: a modalias without "pci:".
std::string variant_for(const host::Root& root, const std::string& modalias) {
  const Context context = open_libkmod();
  if (!context) return config::kDefaultDriver;

  kmod_list* found = nullptr;
  const std::string alias = "vfio_pci:" + modalias;
  (void)kmod_module_new_from_lookup(context.get(), alias.c_str(), &found);
  const List modules(found);
  for (kmod_list* entry = found; entry; entry = kmod_list_next(found, entry)) {
    const Module module(kmod_module_get_module(entry));
    const std::string name = kmod_module_get_name(module.get());
    if (name == host::underscored(config::kDefaultDriver)) continue;  // it matches every function
    const std::string driver = driver_of_module(root, name);
    return driver.empty() ? name : driver;
  }
  return config::kDefaultDriver;
}

}  // namespace

host::Result<void> load_module(const host::Root& root, const std::string& name,
                               const std::string& options) {
  const std::string step = "load module " + name;
  if (!root.live()) return host::Error{EPERM, step + " for a machine that is not running"};
  const Context context = open_libkmod();
  if (!context) return host::Error{ENOMEM, step};

  kmod_list* found = nullptr;
  const int looked_up = kmod_module_new_from_lookup(context.get(), name.c_str(), &found);
  const List modules(found);
  if (looked_up < 0) return host::Error{-looked_up, step};
  if (!modules) return host::Error{ENOENT, step};

  const Module module(kmod_module_get_module(modules.get()));
  const int loaded = kmod_module_probe_insert_module(
      module.get(), 0, options.empty() ? nullptr : options.c_str(), nullptr, nullptr, nullptr);
  if (loaded < 0) return host::Error{-loaded, step};
  return {};
}

host::Result<void> load_module_within(int milliseconds, const host::Root& root,
                                      const std::string& name, const std::string& options) {
  const auto loaded =
      run_with_timeout(milliseconds, "load module " + name, [&]() -> host::Result<std::string> {
        if (const auto done = load_module(root, name, options); !done) return done.error();
        return std::string();
      });
  if (!loaded) return loaded.error();
  return {};
}

void load_host_modules(const host::Root& root, const std::string& modalias) {
  if (!root.live() || modalias.empty()) return;
  (void)run_with_timeout(kHostModulesMilliseconds, "load modules for " + modalias,
                         [&]() -> host::Result<std::string> {
                           load_matching(modalias);
                           return std::string();
                         });
}

std::string driver_of_module(const host::Root& root, const std::string& module) {
  constexpr std::string_view kBus = "pci:";
  for (const std::string& name :
       root.list("/sys/module/" + host::underscored(module) + "/drivers").value_or({}))
    if (name.starts_with(kBus)) return name.substr(kBus.size());
  return {};
}

std::string variant_driver(const host::Root& root, const host::PciAddress& address) {
  constexpr std::string_view kBus = "pci:";
  const std::string modalias = root.read_line(address.sysfs() + "/modalias");
  if (!root.live() || !modalias.starts_with(kBus)) return config::kDefaultDriver;
  return run_with_timeout(kVariantMilliseconds, "find a variant driver",
                          [&]() -> host::Result<std::string> {
                            return variant_for(root, modalias.substr(kBus.size()));
                          })
      .value_or(config::kDefaultDriver);
}

}  // namespace early
