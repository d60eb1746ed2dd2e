// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/modules.h"

#include <cerrno>
#include <string_view>

#include "config/handling.h"
#include "early/module_insertion.h"
#include "early/run_with_timeout.h"
#include "host/pci_function.h"
#include "host/text.h"

namespace early {
namespace {

Context open_libkmod() {
  Context context(kmod_new(nullptr, nullptr));
  // libkmod prints nothing: the callers report errors.
  if (context)
    kmod_set_log_fn(
        context.get(), [](auto...) {}, nullptr);
  return context;
}

// The kernel's softdep of vfio (drivers/vfio/vfio_main.c). A softdep line for vfio in modprobe.d
// hides it.
constexpr const char* kIommuDriver = "vfio_iommu_type1";

// The gate waits for the lookup in modules.alias.bin, which takes about a millisecond.
constexpr int kVariantMilliseconds = 2000;

// A graphics driver may take this long on a machine with many cards.
constexpr int kHostModulesMilliseconds = 60'000;

void load_matching(const std::string& modalias) {
  const Context context = open_libkmod();
  if (!context) return;
  kmod_list* found = nullptr;
  (void)kmod_module_new_from_lookup(context.get(), modalias.c_str(), &found);
  const List list(found);
  for (const Module& module : modules_of(list))
    (void)kmod_module_probe_insert_module(module.get(), KMOD_PROBE_APPLY_BLACKLIST_ALIAS_ONLY,
                                          nullptr, replace_install_command, nullptr, nullptr);
}

// `modalias`: a modalias without "pci:".
std::string variant_for(const host::Root& root, const std::string& modalias) {
  const Context context = open_libkmod();
  if (!context) return config::kDefaultDriver;

  kmod_list* found = nullptr;
  const std::string alias = "vfio_pci:" + modalias;
  (void)kmod_module_new_from_lookup(context.get(), alias.c_str(), &found);
  const List list(found);
  for (const Module& module : modules_of(list)) {
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
  const int loaded = insert_with_dependencies(module.get(), options);
  if (loaded < 0) return host::Error{-loaded, step};
  if (host::is_vfio_driver(kmod_module_get_name(module.get())))
    insert_softdep(context.get(), kIommuDriver);
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
