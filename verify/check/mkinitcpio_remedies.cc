// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/check/mkinitcpio_remedies.h"

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "host/text.h"

namespace verify {
namespace {

constexpr const char* kHook = "vfio-early";
constexpr const char* kDropIn = "vfio-early.conf";

// The line of HOOKS with vfio-early first, which is right for busybox's init and for systemd.
std::string line_of(const host::MkinitcpioHooks& hooks) {
  std::vector<std::string> names = hooks.names;
  std::erase(names, kHook);
  return fmt::format("HOOKS=(vfio-early {})", host::join(names, " "));
}

Remedy put_first(const host::MkinitcpioHooks& hooks, const std::string& where) {
  const std::string words = "put vfio-early first in HOOKS in " + where;
  // A word that is not the name of a hook must not become a part of a command.
  constexpr std::string_view kOfName =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.+@";
  const bool are_names = std::all_of(hooks.names.begin(), hooks.names.end(), [&](const auto& name) {
    return name.find_first_not_of(kOfName) == name.npos;
  });
  if (!hooks.known || hooks.names.empty() || !are_names) return words;
  return {words + ":", {line_of(hooks)}};
}

// A drop-in that is read after ours and sets HOOKS.
bool is_later_drop_in(const std::string& file) {
  return file.starts_with(host::kMkinitcpioDropIns) &&
         host::is_read_before(kDropIn, host::file_name(file));
}

// For mkinitcpio.conf with its drop-ins.
Remedy include_in_all(const host::MkinitcpioHooks& hooks, const Remedy& usual) {
  if (hooks.known && hooks.start_vfio_early()) return {};
  if (hooks.has(kHook) || is_later_drop_in(hooks.file)) return put_first(hooks, hooks.file);
  return usual;
}

Remedy include_in(const host::MkinitcpioPreset& preset, const host::Mkinitcpio& configuration,
                  const Remedy& usual) {
  if (!preset.skipped_by.empty())
    return fmt::format("remove vfio-early from {} in {}", preset.skipped_by, preset.file);
  if (preset.hooks.known && preset.hooks.start_vfio_early()) return {};
  if (preset.config_setting.empty()) return include_in_all(configuration.hooks, usual);
  // Without the setting, mkinitcpio uses the same file and the drop-ins.
  if (preset.config == host::kMkinitcpioFile && preset.config_setting.ends_with("_config") &&
      configuration.hooks.start_vfio_early())
    return {fmt::format("remove {} from {}: with this setting mkinitcpio ignores HOOKS in {}",
                        preset.config_setting, preset.file, host::kMkinitcpioDropIns),
            {fmt::format("sed -i '/^{}=/d' {}", preset.config_setting, preset.file)}};
  return put_first(
      preset.hooks,
      fmt::format("{}: {} in {} selects this file, and mkinitcpio ignores {}", preset.config,
                  preset.config_setting, preset.file, host::kMkinitcpioDropIns));
}

// Several presets may need the same step.
void add(const Remedy& next, Remedy& all) {
  const auto& known = all.steps();
  for (const Remedy::Step& step : next.steps())
    if (std::find(known.begin(), known.end(), step) != known.end()) return;
  all = std::move(all).then(next);
}

}  // namespace

Remedy include_hook(const host::Mkinitcpio& configuration, std::string_view file,
                    const Remedy& usual) {
  const auto presets = configuration.presets_of(file);
  if (presets.empty()) return include_in_all(configuration.hooks, usual);
  Remedy all;
  for (const host::MkinitcpioPreset& preset : presets)
    add(include_in(preset, configuration, usual), all);
  return all;
}

}  // namespace verify
