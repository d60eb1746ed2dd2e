// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/kept_files.h"

#include <algorithm>

#include "host/text.h"

namespace initramfs {
namespace {

std::string_view without(std::string_view path, std::string_view start) {
  if (path.starts_with(start)) path.remove_prefix(start.size());
  return path;
}

// True for vfio-pci, efivarfs, vmwgfx and their dependencies in known kernels.
bool is_needed_module(std::string_view name) {
  constexpr std::string_view kFamilies[] = {
      "vfio",    "irqbypass", "iommufd", "mdev", "efivarfs", "vmwgfx", "drm",   "ttm", "fb",
      "sysfill", "sysimg",    "syscopy", "cec",  "rc-core",  "i2c",    "video", "wmi"};
  return std::any_of(std::begin(kFamilies), std::end(kFamilies),
                     [&](std::string_view family) { return name.starts_with(family); });
}

}  // namespace

Kept kept(std::string_view path, size_t size) {
  constexpr size_t kSmall = size_t{64} << 10;
  const std::string_view name = host::file_name(path);
  if (name.find(".ko") != name.npos) return is_needed_module(name) ? Kept::kYes : Kept::kNo;
  for (const std::string_view list : {"modules.dep", "modules.builtin", "modules.builtin.modinfo"})
    if (name == list) return Kept::kYes;
  path = without(without(path, "vfio-early.d/"), "usr/");
  if (path.starts_with("lib/firmware/")) return Kept::kNo;
  for (const std::string_view start :
       {"etc/vfio-early.conf", "etc/cmdline.d/", "scripts/init-top/", "hooks/", "lib/dracut/hooks/",
        "var/lib/dracut/hooks/", "lib/systemd/system/vfio-early", "etc/systemd/system/vfio-early"})
    if (path.starts_with(start)) return Kept::kYes;
  if (path == "config") return Kept::kYes;
  return size <= kSmall ? Kept::kIfText : Kept::kNo;
}

}  // namespace initramfs
