// SPDX-License-Identifier: GPL-2.0-or-later
//
// The initramfs and unified kernel images that this machine may boot, of all installed kernels.
// They are found by their names in the directories of boot loaders, and in the presets of
// mkinitcpio. Rescue and kdump images, supplementary images and microcode are left out.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/platform/mkinitcpio.h"
#include "verify/inspect/boot/configuration.h"
#include "verify/inspect/boot/files.h"

namespace verify {

struct InstalledImage {
  std::string file;     // "/boot/initrd.img-6.12.0-amd64"
  std::string release;  // of its kernel, according to the file's name or section; "": unknown
};

struct InstalledImages {
  std::vector<InstalledImage> images;  // sorted; a file with several paths is in it once
  std::optional<Unread> unread;        // why there may be more
};

InstalledImages installed_images(const BootConfiguration& boot, const host::Mkinitcpio& mkinitcpio);

// "6.12.0" for "/boot/initrd.img-6.12.0", "/boot/initramfs-6.12.0.img" and
// "/efi/TOKEN/6.12.0/initrd".
std::string image_release_in(std::string_view path);

}  // namespace verify
