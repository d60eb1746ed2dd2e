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

// Only such a word may become a part of a command.
bool is_plain_name(std::string_view word) {
  constexpr std::string_view kOfName =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.+@";
  return !word.empty() && word.find_first_not_of(kOfName) == word.npos;
}

Remedy put_first(const host::MkinitcpioHooks& hooks, const std::string& where) {
  const std::string words = "put vfio-early first in HOOKS in " + where;
  const bool are_names = std::all_of(hooks.names.begin(), hooks.names.end(), is_plain_name);
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

// Without the setting, mkinitcpio uses the same file and the drop-ins.
Remedy remove_config_setting(const host::MkinitcpioPreset& preset) {
  const std::string words =
      fmt::format("remove {} from {}: with this setting mkinitcpio ignores HOOKS in {}",
                  preset.config_setting, preset.file, host::kMkinitcpioDropIns);
  if (!is_plain_name(preset.config_setting) || !is_plain_name(host::file_name(preset.file)))
    return words;
  return {words, {fmt::format("sed -i '/^{}=/d' {}", preset.config_setting, preset.file)}};
}

Remedy include_in(const host::MkinitcpioPreset& preset, const host::Mkinitcpio& configuration,
                  const Remedy& usual) {
  if (!preset.skipped_by.empty())
    return fmt::format("remove vfio-early from {} in {}", preset.skipped_by, preset.file);
  if (preset.hooks.known && preset.hooks.start_vfio_early()) return {};
  if (preset.config_setting.empty()) return include_in_all(configuration.hooks, usual);
  if (preset.config == host::kMkinitcpioFile && preset.config_setting.ends_with("_config") &&
      configuration.hooks.start_vfio_early())
    return remove_config_setting(preset);
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
