// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/boot/installed_images.h"

#include <algorithm>
#include <cctype>
#include <iterator>

#include "host/text.h"
#include "verify/inspect/boot/entries.h"
#include "verify/inspect/boot/same_files.h"
#include "verify/inspect/boot/unified_image.h"

namespace verify {
namespace {

using Names = std::vector<std::string>;

bool is_release(std::string_view text) {
  return !text.empty() && std::isdigit(static_cast<unsigned char>(text[0])) &&
         text.find('.') != text.npos;
}

bool has_part(std::string_view text, std::initializer_list<std::string_view> parts) {
  return std::any_of(parts.begin(), parts.end(),
                     [&](std::string_view part) { return text.find(part) != text.npos; });
}

bool ends_with_one_of(std::string_view text, std::initializer_list<std::string_view> endings) {
  return std::any_of(endings.begin(), endings.end(),
                     [&](std::string_view ending) { return text.ends_with(ending); });
}

// "initrd.img-6.12.0", "initramfs-linux-lts.img", "initrd"; "HASH-initrd-linux-6.12.0-initrd.efi"
// of NixOS. No backup that a package or a user has made, and no image for another purpose.
bool is_initramfs_name(std::string_view name) {
  return (name.starts_with("initr") || has_part(name, {"-initrd"})) &&
         !has_part(name, {"rescue", "kdump"}) &&
         !ends_with_one_of(name, {"~", ".bak", ".old", ".old-dkms", ".new", ".tmp", ".sig", ".txt",
                                  ".dpkg-bak", ".dpkg-new", ".dpkg-tmp"});
}

bool is_unified_name(std::string_view name) {
  return host::lower(name).ends_with(".efi") && !has_part(name, {"rescue"});
}

// Directories with images, and the directories in them where each kernel has its own.
class Finder {
 public:
  explicit Finder(BootFiles& files) : boot_files_(files) {}

  Names find() {
    for (const std::string partition : kBootPartitions) {
      add_from(partition);
      add_unified(partition + "/EFI/Linux");
      for (const char* directory : {"/EFI/nixos", "/kernels"}) add_from(partition + directory);
      for (const std::string& vendor : names_in(partition + "/EFI"))
        add_from(partition + "/EFI/" + vendor);
      Names parents = {"/EFI/proxmox", "/ostree"};
      for (const char* file : {"/etc/machine-id", "/etc/kernel/entry-token"})
        if (const std::string token = boot_files_.root().read_line(file); !token.empty())
          parents.push_back("/" + token);
      for (const std::string& parent : parents)
        for (const std::string& name : names_in(partition + parent))
          add_from(partition + parent + "/" + name);
    }
    return std::move(files_);
  }

 private:
  Names names_in(const std::string& directory) { return boot_files_.names_in(directory); }
  void add_from(const std::string& directory) {
    for (const std::string& name : names_in(directory))
      if (is_initramfs_name(name)) files_.push_back(directory + "/" + name);
  }
  void add_unified(const std::string& directory) {
    for (const std::string& name : names_in(directory))
      if (is_unified_name(name)) files_.push_back(directory + "/" + name);
  }

  BootFiles& boot_files_;
  Names files_;
};

// The release whose package is PACKAGE, for Arch's "initramfs-PACKAGE.img" and "arch-PACKAGE.efi".
std::string release_of_package(const host::Root& root, std::string_view name) {
  for (const std::string& release : root.list("/lib/modules").value_or({}))
    if (const std::string package = root.read_line("/lib/modules/" + release + "/pkgbase");
        !package.empty())
      for (const std::string_view fallback : {"", "-fallback"})
        for (const std::string_view ending : {".img", ".efi"})
          if (name.ends_with("-" + package + std::string(fallback) + std::string(ending)))
            return release;
  return {};
}

std::string release_of(const host::Root& root, const std::string& file) {
  if (std::string release = image_release_in(file); !release.empty()) return release;
  if (file.ends_with(".efi"))
    if (const std::string_view uname = host::trim(read_section(root, file, ".uname"));
        !uname.empty())
      return std::string(uname);
  return release_of_package(root, host::file_name(file));
}

// Is it left from a kernel that was removed? Nothing can start it then.
bool is_left_over(const host::Root& root, const InstalledImage& image, const Names& in_menus) {
  if (image.release.empty() || image.file.ends_with(".efi")) return false;
  for (const std::string& listed : in_menus)
    if (matches_image(listed, image.file)) return false;
  const std::string directory = image.file.substr(0, image.file.rfind('/'));
  const std::string& release = image.release;
  Names kernels = {"/lib/modules/" + release, directory + "/vmlinuz-" + release,
                   directory + "/kernel-" + release};
  if (host::file_name(directory) == release)
    for (const char* name : {"/linux", "/vmlinuz"}) kernels.push_back(directory + name);
  return std::none_of(kernels.begin(), kernels.end(),
                      [&](const std::string& kernel) { return root.exists(kernel); });
}

Names images_in_menus(const BootConfiguration& boot) {
  Names names;
  for (const BootMenu& menu : boot.menus())
    for (const BootEntry& entry : menu.entries)
      names.insert(names.end(), entry.images.begin(), entry.images.end());
  return names;
}

// Links are last, so that drop_duplicates() keeps the file.
void sort_links_last(const host::Root& root, Names& files) {
  std::sort(files.begin(), files.end());
  std::stable_partition(files.begin(), files.end(),
                        [&](const std::string& file) { return root.link_target(file).empty(); });
}

}  // namespace

std::string image_release_in(std::string_view path) {
  std::string_view name = host::file_name(path);
  for (const std::string_view prefix : {"initrd.img-", "initramfs-", "initrd-"})
    if (name.starts_with(prefix)) {
      name.remove_prefix(prefix.size());
      for (const std::string_view ending : {".img", "-fallback"})
        if (name.ends_with(ending)) name.remove_suffix(ending.size());
      return is_release(name) ? std::string(name) : std::string();
    }
  path.remove_suffix(std::min(name.size() + 1, path.size()));
  const std::string_view directory = host::file_name(path);
  return name.starts_with("initr") && is_release(directory) ? std::string(directory)
                                                            : std::string();
}

InstalledImages installed_images(const BootConfiguration& boot,
                                 const host::Mkinitcpio& mkinitcpio) {
  const host::Root& root = boot.root();
  BootFiles directories(root);
  Names files = Finder(directories).find();
  for (const host::MkinitcpioPreset& preset : mkinitcpio.presets)
    files.insert(files.end(), preset.images.begin(), preset.images.end());
  std::erase_if(files, [&](const std::string& file) { return !root.exists(file); });
  sort_links_last(root, files);
  files.erase(std::unique(files.begin(), files.end()), files.end());
  drop_duplicates(root, files);
  std::sort(files.begin(), files.end());

  const Names in_menus = images_in_menus(boot);
  InstalledImages found;
  for (const std::string& file : files) {
    InstalledImage image{file, release_of(root, file)};
    if (!is_left_over(root, image, in_menus)) found.images.push_back(std::move(image));
  }
  found.unread = directories.unread();
  if (!found.unread) found.unread = boot.unread();
  return found;
}

}  // namespace verify
