// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/boot_loader.h"

#include <array>
#include <string>

#include "host/command_line.h"
#include "host/running_kernel.h"

namespace host {
namespace {

// https://systemd.io/BOOT_LOADER_INTERFACE. rEFInd and newer versions of GRUB set LoaderInfo, too.
constexpr const char* kEfiVariables = "/sys/firmware/efi/efivars/";
constexpr const char* kStubInfo = "StubInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f";
constexpr const char* kLoaderInfo = "LoaderInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f";
constexpr const char* kSecureBoot = "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";

std::string read_variable(const Root& root, const char* name) {
  return root.read_attribute(std::string(kEfiVariables) + name).value_or("");
}

constexpr struct {
  const char* words;  // in LoaderInfo
  BootLoader loader;
} kNames[] = {{"systemd-boot", BootLoader::kSystemdBoot},
              {"rEFInd", BootLoader::kRefind},
              {"Limine", BootLoader::kLimine},
              {"GRUB", BootLoader::kGrub}};

// The configuration files of a boot loader, by precedence.
constexpr struct {
  std::array<const char*, 6> files;
  BootLoader loader;
} kFiles[] = {
    {{"/boot/refind_linux.conf", "/efi/EFI/refind/refind.conf", "/boot/EFI/refind/refind.conf",
      "/boot/efi/EFI/refind/refind.conf"},
     BootLoader::kRefind},
    {{"/boot/limine.conf", "/boot/limine/limine.conf", "/boot/EFI/limine/limine.conf",
      "/efi/limine.conf", "/efi/EFI/limine/limine.conf", "/boot/efi/EFI/limine/limine.conf"},
     BootLoader::kLimine},
    {{"/efi/loader/entries", "/boot/loader/entries", "/efi/loader/loader.conf",
      "/boot/loader/loader.conf", "/boot/efi/loader/loader.conf"},
     BootLoader::kSystemdBoot},
};

BootLoader loader_of_files(const Root& root) {
  for (const auto& [files, loader] : kFiles)
    for (const char* file : files)
      if (file && root.exists(file)) return loader;
  return BootLoader::kOther;
}

// GRUB may still be installed on a machine that another boot loader starts, and Fedora's GRUB has
// entries in /boot/loader, too. GRUB passes BOOT_IMAGE= to the kernels that it starts,
// systemd-boot passes initrd=.
BootLoader loader_beside_grub(const Root& root) {
  const auto line = running_command_line(root);
  if (line.value("BOOT_IMAGE")) return BootLoader::kGrub;
  const BootLoader loader = loader_of_files(root);
  if (loader == BootLoader::kOther) return BootLoader::kGrub;
  return loader == BootLoader::kSystemdBoot && !line.value("initrd") ? BootLoader::kGrub : loader;
}

}  // namespace

BootLoader find_boot_loader(const Root& root) {
  if (root.exists("/etc/NIXOS")) return BootLoader::kNixos;
  if (!read_variable(root, kStubInfo).empty()) return BootLoader::kUnifiedImage;
  std::string name = read_variable(root, kLoaderInfo);  // UTF-16
  std::erase(name, '\0');
  for (const auto& [words, loader] : kNames)
    if (name.find(words) != name.npos) return loader;
  return root.exists("/etc/default/grub") ? loader_beside_grub(root) : loader_of_files(root);
}

bool has_secure_boot(const Root& root) {
  return read_variable(root, kSecureBoot).ends_with('\1');
}

}  // namespace host
