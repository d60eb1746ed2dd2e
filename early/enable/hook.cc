// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/enable/hook.h"

#include <string>

#include "host/text.h"

namespace early::enable {
namespace {

using host::Error;
using host::MkinitcpioHooks;

constexpr const char* kDropIn = "vfio-early.conf";
constexpr const char* kLine = "HOOKS=(vfio-early \"${HOOKS[@]}\")\n";

bool is_later_drop_in(const std::string& file) {
  return file.starts_with(host::kMkinitcpioDropIns) &&
         host::is_read_before(kDropIn, host::file_name(file));
}

// Why the drop-in would not get vfio-early into the images; "": it would.
std::string obstacle(const host::Mkinitcpio& mkinitcpio) {
  const MkinitcpioHooks& hooks = mkinitcpio.hooks;
  for (const host::MkinitcpioPreset& preset : mkinitcpio.presets) {
    if (!preset.skipped_by.empty())
      return preset.skipped_by + " in " + preset.file + " leaves out the hook vfio-early";
    if (preset.hooks.known && preset.hooks.start_vfio_early()) continue;
    if (!preset.config_setting.empty())
      return preset.config_setting + " in " + preset.file + " selects " + preset.config +
             ", so mkinitcpio ignores drop-ins";
  }
  if (hooks.known && hooks.start_vfio_early()) return {};
  if (hooks.file.empty()) return "HOOKS is not set in " + std::string(host::kMkinitcpioFile);
  if (is_later_drop_in(hooks.file)) return hooks.file + " sets HOOKS after a drop-in of vfio-early";
  if (hooks.has("vfio-early")) return "vfio-early comes after udev in HOOKS in " + hooks.file;
  return {};
}

}  // namespace

host::Result<std::optional<FileChange>> add_hook(const host::Root& root,
                                                 const host::Platform& platform) {
  if (platform.image->image.tool != host::ImageTool::kMkinitcpio)
    return std::optional<FileChange>();
  const host::Mkinitcpio& mkinitcpio = platform.mkinitcpio;
  if (std::string why = obstacle(mkinitcpio); !why.empty()) return Error{0, std::move(why)};
  if (mkinitcpio.hooks.known && mkinitcpio.hooks.start_vfio_early())
    return std::optional<FileChange>();
  const std::string file = std::string(host::kMkinitcpioDropIns) + "/" + kDropIn;
  FileChange change{.card = "",
                    .file = file,
                    .before = {},
                    .after = kLine,
                    .words = "the hook vfio-early",
                    .added = "vfio-early"};
  if (auto text = root.read(file)) change.before = std::move(*text);
  return std::optional(std::move(change));
}

}  // namespace early::enable
