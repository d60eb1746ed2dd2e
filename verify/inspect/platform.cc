// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/platform.h"

#include <algorithm>
#include <charconv>

#include "host/boot_loader.h"
#include "host/text.h"

namespace verify {
namespace {

// A value of os-release(5), without its quotes; "": not set.
std::string value_in(std::string_view os_release, std::string_view key) {
  for (std::string_view line : host::split(os_release, "\n")) {
    line = host::trim(line);
    if (!line.starts_with(key) || line.substr(key.size(), 1) != "=") continue;
    std::string_view value = line.substr(key.size() + 1);
    if (value.size() >= 2 && (value.front() == '"' || value.front() == '\''))
      value = value.substr(1, value.size() - 2);
    return std::string(value);
  }
  return {};
}

bool any_exists(const host::Root& root, std::initializer_list<const char*> paths) {
  return std::any_of(paths.begin(), paths.end(),
                     [&](const char* path) { return root.exists(path); });
}

CommandLineTool grub_tool(const Platform& platform) {
  if (platform.is_like({"debian", "ubuntu"})) return CommandLineTool::kUpdateGrub;
  if (platform.is_like({"fedora", "rhel"})) return CommandLineTool::kGrubby;
  if (platform.is_like({"suse", "opensuse"})) return CommandLineTool::kGrub2Config;
  return CommandLineTool::kGrubConfig;
}

CommandLineTool find_command_line_tool(const host::Root& root, const Platform& platform) {
  const bool kernel_cmdline = root.exists("/etc/kernel/cmdline");
  const host::BootLoader loader = host::find_boot_loader(root);
  if (loader == host::BootLoader::kUnifiedImage) return CommandLineTool::kUnifiedImage;
  if (any_exists(root, {"/usr/sbin/grubby", "/sbin/grubby", "/usr/bin/grubby"}))
    return CommandLineTool::kGrubby;
  switch (loader) {
    case host::BootLoader::kGrub:
      return grub_tool(platform);
    case host::BootLoader::kRefind:
      return CommandLineTool::kRefind;
    case host::BootLoader::kSystemdBoot:
      return kernel_cmdline ? CommandLineTool::kKernelCmdline : CommandLineTool::kSystemdBoot;
    default:
      return kernel_cmdline ? CommandLineTool::kKernelCmdline : CommandLineTool::kUnknown;
  }
}

// update-initramfs first: dracut-core may also be installed, only for its tools.
ImageTool find_image_tool(const host::Root& root) {
  if (root.exists("/usr/sbin/update-initramfs")) return ImageTool::kUpdateInitramfs;
  if (root.exists("/usr/bin/mkinitcpio")) return ImageTool::kMkinitcpio;
  if (any_exists(root, {"/usr/bin/dracut", "/usr/sbin/dracut"})) return ImageTool::kDracut;
  return ImageTool::kUnknown;
}

// "flags\t\t: fpu vme …", "vendor_id\t: GenuineIntel".
void read_processor(const host::Root& root, Platform& platform) {
  // The file has a paragraph for each processor, so it is long on a large machine. The first
  // paragraph is enough.
  std::string cpus = root.read("/proc/cpuinfo", 64 << 20).value_or("");
  cpus.resize(std::min(cpus.find("\n\n"), cpus.size()));
  for (const std::string_view line : host::split(cpus, "\n")) {
    if (line.find(':') == line.npos) continue;
    const std::string_view value = host::trim(line.substr(line.find(':') + 1));
    if (line.starts_with("vendor_id")) platform.cpu_vendor = value;
    if (!line.starts_with("flags")) continue;
    for (const std::string_view flag : host::split(value)) {
      platform.virtualization |= flag == "vmx" || flag == "svm";
      platform.in_guest |= flag == "hypervisor";
    }
  }
}

// The low four bits of bootloader_type are the version, the others the id of the boot loader
// (type_of_loader in Documentation/arch/x86/boot.rst). 0xD is kexec, by either of its two system
// calls (arch/x86/kernel/kexec-bzimage64.c sets it, too).
bool is_from_kexec(const host::Root& root) {
  const std::string type = root.read_line("/proc/sys/kernel/bootloader_type");
  unsigned number = 0;
  const auto parsed = std::from_chars(type.data(), type.data() + type.size(), number);
  return parsed.ec == std::errc() && number >> 4 == 0xd;
}

}  // namespace

bool Platform::is_like(std::initializer_list<std::string_view> names) const {
  return std::any_of(id_like.begin(), id_like.end(), [&](const std::string& id) {
    return std::find(names.begin(), names.end(), id) != names.end();
  });
}

Platform read_platform(const host::Root& root) {
  std::string os_release = root.read("/etc/os-release").value_or("");
  if (os_release.empty()) os_release = root.read("/usr/lib/os-release").value_or("");

  Platform platform;
  platform.name = value_in(os_release, "PRETTY_NAME");
  const std::string ids = value_in(os_release, "ID") + " " + value_in(os_release, "ID_LIKE");
  for (const std::string_view id : host::split(ids)) platform.id_like.emplace_back(id);
  read_processor(root, platform);
  platform.kexec = is_from_kexec(root);
  platform.command_line_tool = find_command_line_tool(root, platform);
  platform.image_tool = find_image_tool(root);
  platform.kernel_install = any_exists(root, {"/usr/bin/kernel-install", "/bin/kernel-install"});
  return platform;
}

}  // namespace verify
