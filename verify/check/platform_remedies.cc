// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/check/platform_remedies.h"

#include <fmt/format.h>

namespace verify {
namespace {

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
  if (platform.is_like({"debian", "ubuntu"})) return kInitramfsTools;
  if (platform.is_like({"fedora", "rhel", "suse", "opensuse"})) return kDracut;
  if (platform.is_like({"arch"})) return kMkinitcpio;
  return {};
}

// The command that generates boot entries or unified kernel images from /etc/kernel/cmdline.
std::string_view entry_command(const Platform& platform) {
  if (platform.image_tool == ImageTool::kMkinitcpio) return "mkinitcpio -P";
  if (platform.is_like({"debian", "ubuntu"}))  // the kernel is not in the directory of its modules
    return "kernel-install add \"$(uname -r)\" \"/boot/vmlinuz-$(uname -r)\"";
  return "kernel-install add \"$(uname -r)\" \"/lib/modules/$(uname -r)/vmlinuz\"";
}

// If no installed tool builds unified kernel images, the remedy uses ukify.
Remedy edit_unified_image(const Platform& platform, std::string_view what) {
  std::string words = fmt::format(
      "{} /etc/kernel/cmdline, from which the unified kernel image is built (if the file is missing, start with the contents of /proc/cmdline)",
      what);
  if (platform.image_tool != ImageTool::kMkinitcpio && !platform.kernel_install)
    return words + ", rebuild the image with ukify --cmdline=@/etc/kernel/cmdline, and reboot";
  return {words + ", then run this command and reboot:", {std::string(entry_command(platform))}};
}

// The remedy that changes the kernel command line: the file to edit, and the command that applies
// the change.
Remedy edit(const Platform& platform, std::string_view what) {
  const auto edit_and_run = [&](const char* file, std::string_view command) {
    return Remedy(fmt::format("{} {}, then run this command and reboot:", what, file),
                  {std::string(command)});
  };
  const auto grub = [&](const char* command) {
    return edit_and_run("GRUB_CMDLINE_LINUX in /etc/default/grub", command);
  };
  switch (platform.command_line_tool) {
    case CommandLineTool::kUpdateGrub:
      return grub("update-grub");
    case CommandLineTool::kGrubConfig:
      return grub("grub-mkconfig -o /boot/grub/grub.cfg");
    case CommandLineTool::kGrub2Config:
      return grub("grub2-mkconfig -o /boot/grub2/grub.cfg");
    case CommandLineTool::kKernelCmdline:
      return edit_and_run("/etc/kernel/cmdline", entry_command(platform));
    case CommandLineTool::kUnifiedImage:
      return edit_unified_image(platform, what);
    case CommandLineTool::kRefind:
      return fmt::format(
          "{} the quoted options in /boot/refind_linux.conf (or 'options' of the entry in refind.conf), then reboot",
          what);
    case CommandLineTool::kSystemdBoot:
      return fmt::format(
          "{} the 'options' line of the entries in loader/entries/ on the boot partition, then reboot",
          what);
    default:
      return fmt::format(
          "{} the kernel command line in your boot loader's configuration, then reboot", what);
  }
}

}  // namespace

Remedy add_parameter(const Platform& platform, std::string_view parameter) {
  if (platform.command_line_tool == CommandLineTool::kGrubby)
    return {"run this command and reboot:",
            {fmt::format("grubby --update-kernel=ALL --args=\"{}\"", parameter)}};
  return edit(platform, fmt::format("add {} to", parameter));
}

Remedy remove_parameter(const Platform& platform, std::string_view parameter) {
  if (platform.command_line_tool == CommandLineTool::kGrubby)
    return {"run this command and reboot:",
            {fmt::format("grubby --update-kernel=ALL --remove-args=\"{}\"", parameter)}};
  return edit(platform, fmt::format("remove {} from", parameter));
}

Remedy rebuild_image(const Platform& platform) {
  const std::string_view tool = image_command(platform);
  if (tool.empty()) return "rebuild the initramfs and reboot";
  return {"rebuild the initramfs with this command and reboot:", {std::string(tool)}};
}

Remedy install(const Platform& platform, const PackageNames& names) {
  const auto with = [](const char* tool, const char* name) {
    return Remedy("install it, if you want to run guests on this machine:",
                  {fmt::format("{} {}", tool, name)});
  };
  if (platform.is_like({"debian", "ubuntu"})) return with("apt install", names.debian);
  if (platform.is_like({"fedora", "rhel"})) return with("dnf install", names.fedora);
  if (platform.is_like({"suse", "opensuse"})) return with("zypper install", names.suse);
  if (platform.is_like({"arch"})) return with("pacman -S", names.arch);
  return fmt::format(
      "install it, if you want to run guests on this machine; the package in Debian is {}",
      names.debian);
}

}  // namespace verify
