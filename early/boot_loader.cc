// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/boot_loader.h"

#include <algorithm>
#include <iterator>

#include "host/text.h"

namespace early {
namespace {

constexpr const char* kNames[] = {"other", "grub",   "systemd-boot", "refind",
                                  "uki",   "limine", "nixos"};

std::string name_of(const std::string& file) {
  return std::string(host::file_name(file));
}

std::string for_grub(const std::string& file) {
  return "GRUB: copy the image to /boot, and set in /etc/default/grub:\n\n"
         "  GRUB_EARLY_INITRD_LINUX_CUSTOM=\"" +
         name_of(file) +
         "\"\n"
         "  GRUB_CMDLINE_LINUX=\"… rdinit=/vfio-early\"\n\n"
         "Then update the menu with update-grub, or with grub-mkconfig -o /boot/grub/grub.cfg.\n";
}

std::string for_systemd_boot(const std::string& file) {
  return "systemd-boot: copy the image to the boot partition. In the entry below loader/entries/,\n"
         "add a second initrd line after the first one, and rdinit= to the options:\n\n"
         "  initrd  /" +
         name_of(file) +
         "\n"
         "  options … rdinit=/vfio-early\n";
}

// rEFInd finds one initrd itself, but none if initrd= names any.
std::string for_refind(const std::string& file) {
  return "rEFInd: copy the image to the directory of the kernel. In refind_linux.conf there, name\n"
         "both images by their full paths on that file system, the main one (MAIN) first, and add\n"
         "rdinit=:\n\n"
         "  \"with vfio-early\" \"root=… initrd=\\boot\\MAIN initrd=\\boot\\" +
         name_of(file) + " rdinit=/vfio-early\"\n";
}

std::string for_unified_image(bool secure_boot, const std::string& file,
                              const std::string& release) {
  std::string text = "This machine boots a unified kernel image, which accepts no second initrd";
  if (secure_boot) text += ",\nand no rdinit= under Secure Boot";
  text +=
      ".\nBuild it again with both (ukify 254 or later; INITRD is the main initramfs):\n\n"
      "  ukify build --linux=/boot/vmlinuz-" +
      release + " --initrd=INITRD --initrd=" + file +
      " \\\n    --cmdline=\"$(cat /etc/kernel/cmdline) rdinit=/vfio-early\"";
  if (secure_boot)
    text += " \\\n    --secureboot-private-key=KEY --secureboot-certificate=CERTIFICATE";
  return text + " \\\n    --output=/efi/EFI/Linux/vfio-early-" + release + ".efi\n";
}

std::string for_limine(const std::string& file) {
  return "Limine: copy the image to the directory of the kernel. In the entry in limine.conf, or in\n"
         "what generates it, add a second module_path line after the first one, and rdinit= to the\n"
         "command line:\n\n"
         "  module_path: boot():/" +
         name_of(file) +
         "\n"
         "  cmdline: … rdinit=/vfio-early\n";
}

std::string for_nixos(const std::string& file) {
  return "NixOS: copy the image to the directory of your configuration, add these lines to it, and run\n"
         "nixos-rebuild boot:\n\n"
         "  boot.initrd.prepend = [ \"${./" +
         name_of(file) +
         "}\" ];\n"
         "  boot.kernelParams = [ \"rdinit=/vfio-early\" ];\n";
}

std::string for_other(const std::string& file) {
  return "List the image after the main initrd, and add rdinit=/vfio-early to the kernel command\n"
         "line:\n\n  initrd … " +
         file + "\n";
}

}  // namespace

std::span<const char* const> boot_loader_names() {
  return kNames;
}

std::optional<BootLoader> parse_boot_loader(const std::string& name) {
  const auto* found = std::find(std::begin(kNames), std::end(kNames), name);
  if (found == std::end(kNames)) return std::nullopt;
  return static_cast<BootLoader>(found - std::begin(kNames));
}

bool is_loaded_first(BootLoader loader) {
  return loader == BootLoader::kGrub;
}

std::string loading_instructions(BootLoader loader, bool secure_boot, const std::string& file,
                                 const std::string& release) {
  switch (loader) {
    case BootLoader::kGrub:
      return for_grub(file);
    case BootLoader::kSystemdBoot:
      return for_systemd_boot(file);
    case BootLoader::kRefind:
      return for_refind(file);
    case BootLoader::kUnifiedImage:
      return for_unified_image(secure_boot, file, release);
    case BootLoader::kLimine:
      return for_limine(file);
    case BootLoader::kNixos:
      return for_nixos(file);
    case BootLoader::kOther:
      break;
  }
  return for_other(file);
}

}  // namespace early
