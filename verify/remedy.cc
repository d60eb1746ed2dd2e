// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/remedy.h"

#include <algorithm>
#include <charconv>
#include <initializer_list>

#include <fmt/format.h>

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

bool is_kin(const Platform& platform, std::initializer_list<std::string_view> names) {
  return std::any_of(platform.kin.begin(), platform.kin.end(), [&](const std::string& id) {
    return std::find(names.begin(), names.end(), id) != names.end();
  });
}

bool any_exists(const host::Root& root, std::initializer_list<const char*> paths) {
  return std::any_of(paths.begin(), paths.end(),
                     [&](const char* path) { return root.exists(path); });
}

BootLoader grub_of(const Platform& platform) {
  if (is_kin(platform, {"debian", "ubuntu"})) return BootLoader::kUpdateGrub;
  if (is_kin(platform, {"fedora", "rhel"})) return BootLoader::kGrubby;
  if (is_kin(platform, {"suse", "opensuse"})) return BootLoader::kGrub2Config;
  return BootLoader::kGrubConfig;
}

BootLoader find_boot_loader(const host::Root& root, const Platform& platform) {
  const bool kernel_cmdline = root.exists("/etc/kernel/cmdline");
  const host::BootLoader loader = host::find_boot_loader(root);
  if (loader == host::BootLoader::kUnifiedImage) return BootLoader::kUnifiedImage;
  if (any_exists(root, {"/usr/sbin/grubby", "/sbin/grubby", "/usr/bin/grubby"}))
    return BootLoader::kGrubby;
  switch (loader) {
    case host::BootLoader::kGrub:
      return grub_of(platform);
    case host::BootLoader::kRefind:
      return BootLoader::kRefind;
    case host::BootLoader::kSystemdBoot:
      return kernel_cmdline ? BootLoader::kKernelCmdline : BootLoader::kSystemdBoot;
    default:
      return kernel_cmdline ? BootLoader::kKernelCmdline : BootLoader::kUnknown;
  }
}

// update-initramfs first: dracut-core may also be installed, only for its tools.
ImageTool find_image_tool(const host::Root& root) {
  if (root.exists("/usr/sbin/update-initramfs")) return ImageTool::kUpdateInitramfs;
  if (root.exists("/usr/bin/mkinitcpio")) return ImageTool::kMkinitcpio;
  if (any_exists(root, {"/usr/bin/dracut", "/usr/sbin/dracut"})) return ImageTool::kDracut;
  return ImageTool::kUnknown;
}

// The command that rebuilds the images of all installed kernels, since the next boot may start
// another kernel than the running or the newest one. "": the tool is unknown.
// packaging/rebuild-hint, the man pages and README.md have the same commands; a test compares them.
std::string_view image_command(const Platform& platform) {
  constexpr const char* kInitramfsTools = "update-initramfs -u -k all";
  constexpr const char* kDracut = "dracut --force --regenerate-all";
  constexpr const char* kMkinitcpio = "mkinitcpio -P";
  switch (platform.image_tool) {
    case ImageTool::kUpdateInitramfs:
      return kInitramfsTools;
    case ImageTool::kDracut:
      return kDracut;
    case ImageTool::kMkinitcpio:
      return kMkinitcpio;
    case ImageTool::kUnknown:
      break;
  }
  if (is_kin(platform, {"debian", "ubuntu"})) return kInitramfsTools;
  if (is_kin(platform, {"fedora", "rhel", "suse", "opensuse"})) return kDracut;
  if (is_kin(platform, {"arch"})) return kMkinitcpio;
  return {};
}

// The command that generates boot entries or unified kernel images from /etc/kernel/cmdline.
std::string_view entry_command(const Platform& platform) {
  if (platform.image_tool == ImageTool::kMkinitcpio) return "mkinitcpio -P";
  if (is_kin(platform, {"debian", "ubuntu"}))  // the kernel is not in the directory of its modules
    return "kernel-install add \"$(uname -r)\" \"/boot/vmlinuz-$(uname -r)\"";
  return "kernel-install add \"$(uname -r)\" \"/lib/modules/$(uname -r)/vmlinuz\"";
}

// If no installed tool builds unified kernel images, the remedy uses ukify.
std::string edit_unified_image(const Platform& platform, std::string_view what) {
  std::string words = fmt::format(
      "{} /etc/kernel/cmdline, from which the unified kernel image is built "
      "(if the file is missing, start with the contents of /proc/cmdline)",
      what);
  if (platform.image_tool != ImageTool::kMkinitcpio && !platform.kernel_install)
    return words + ", rebuild the image with ukify --cmdline=@/etc/kernel/cmdline, and reboot";
  return words + ", then run this command and reboot:" + command(entry_command(platform));
}

// The remedy that changes the kernel command line: the file to edit, and the command that applies
// the change.
std::string edit(const Platform& platform, std::string_view what) {
  const auto grub = [&](std::string_view generate) {
    return fmt::format(
        "{} GRUB_CMDLINE_LINUX in /etc/default/grub, then run this command and reboot:{}", what,
        command(generate));
  };
  switch (platform.boot_loader) {
    case BootLoader::kUpdateGrub:
      return grub("update-grub");
    case BootLoader::kGrubConfig:
      return grub("grub-mkconfig -o /boot/grub/grub.cfg");
    case BootLoader::kGrub2Config:
      return grub("grub2-mkconfig -o /boot/grub2/grub.cfg");
    case BootLoader::kKernelCmdline:
      return fmt::format("{} /etc/kernel/cmdline, then run this command and reboot:{}", what,
                         command(entry_command(platform)));
    case BootLoader::kUnifiedImage:
      return edit_unified_image(platform, what);
    case BootLoader::kRefind:
      return fmt::format(
          "{} the quoted options in /boot/refind_linux.conf "
          "(or 'options' of the entry in refind.conf), then reboot",
          what);
    case BootLoader::kSystemdBoot:
      return fmt::format(
          "{} the 'options' line of the entries in loader/entries/ on the boot partition, "
          "then reboot",
          what);
    default:
      return fmt::format(
          "{} the kernel command line in your boot loader's configuration, then reboot", what);
  }
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

Platform read_platform(const host::Root& root) {
  std::string os_release = root.read("/etc/os-release").value_or("");
  if (os_release.empty()) os_release = root.read("/usr/lib/os-release").value_or("");

  Platform platform;
  platform.name = value_in(os_release, "PRETTY_NAME");
  const std::string ids = value_in(os_release, "ID") + " " + value_in(os_release, "ID_LIKE");
  for (const std::string_view id : host::split(ids)) platform.kin.emplace_back(id);
  read_processor(root, platform);
  platform.kexec = is_from_kexec(root);
  platform.boot_loader = find_boot_loader(root, platform);
  platform.image_tool = find_image_tool(root);
  platform.kernel_install = any_exists(root, {"/usr/bin/kernel-install", "/bin/kernel-install"});
  return platform;
}

std::string add_parameter(const Platform& platform, std::string_view parameter) {
  if (platform.boot_loader == BootLoader::kGrubby)
    return "run this command and reboot:" +
           command(fmt::format("grubby --update-kernel=ALL --args=\"{}\"", parameter));
  return edit(platform, fmt::format("add {} to", parameter));
}

std::string remove_parameter(const Platform& platform, std::string_view parameter) {
  if (platform.boot_loader == BootLoader::kGrubby)
    return "run this command and reboot:" +
           command(fmt::format("grubby --update-kernel=ALL --remove-args=\"{}\"", parameter));
  return edit(platform, fmt::format("remove {} from", parameter));
}

std::string rebuild_image(const Platform& platform) {
  const std::string_view tool = image_command(platform);
  if (tool.empty()) return "rebuild the initramfs and reboot";
  return "rebuild the initramfs with this command and reboot:" + command(tool);
}

std::string install(const Platform& platform, const PackageNames& names) {
  const auto with = [](const char* tool, const char* name) {
    return "install it, if you want to run guests on this machine:" +
           command(fmt::format("{} {}", tool, name));
  };
  if (is_kin(platform, {"debian", "ubuntu"})) return with("apt install", names.debian);
  if (is_kin(platform, {"fedora", "rhel"})) return with("dnf install", names.fedora);
  if (is_kin(platform, {"suse", "opensuse"})) return with("zypper install", names.suse);
  if (is_kin(platform, {"arch"})) return with("pacman -S", names.arch);
  return fmt::format(
      "install it, if you want to run guests on this machine; the package in Debian is {}",
      names.debian);
}

std::string command(std::string_view line) {
  return fmt::format("\n  {}", line);
}

}  // namespace verify
