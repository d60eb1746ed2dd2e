// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/boot_loader.h"

#include <algorithm>
#include <initializer_list>
#include <string>

#include "host/command_line.h"

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

bool any_exists(const Root& root, std::initializer_list<const char*> paths) {
  return std::any_of(paths.begin(), paths.end(),
                     [&](const char* path) { return root.exists(path); });
}

// GRUB may still be installed on a machine that rEFInd boots. GRUB passes BOOT_IMAGE= to the
// kernels that it starts; rEFInd does not.
bool is_refind(const Root& root) {
  if (!any_exists(root, {"/boot/refind_linux.conf", "/efi/EFI/refind/refind.conf",
                         "/boot/EFI/refind/refind.conf", "/boot/efi/EFI/refind/refind.conf"}))
    return false;
  return !root.exists("/etc/default/grub") ||
         !CommandLine::parse(root.read("/proc/cmdline").value_or("")).value("BOOT_IMAGE");
}

}  // namespace

BootLoader find_boot_loader(const Root& root) {
  if (!read_variable(root, kStubInfo).empty()) return BootLoader::kUnifiedImage;
  std::string loader = read_variable(root, kLoaderInfo);  // UTF-16
  std::erase(loader, '\0');
  if (loader.find("systemd-boot") != loader.npos) return BootLoader::kSystemdBoot;
  if (loader.find("rEFInd") != loader.npos || is_refind(root)) return BootLoader::kRefind;
  if (root.exists("/etc/default/grub")) return BootLoader::kGrub;
  if (any_exists(root, {"/efi/loader/entries", "/boot/loader/entries", "/efi/loader/loader.conf",
                        "/boot/loader/loader.conf", "/boot/efi/loader/loader.conf"}))
    return BootLoader::kSystemdBoot;
  return BootLoader::kOther;
}

bool has_secure_boot(const Root& root) {
  return read_variable(root, kSecureBoot).ends_with('\1');
}

}  // namespace host
