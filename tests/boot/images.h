// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a story boots from: the images that the build-… scripts keep, and the archive that a story
// puts over the initramfs.
#pragma once

#include <filesystem>
#include <string>

#include "tests/boot/lab.h"

namespace lab {

struct Images {
  std::filesystem::path vmlinux;  // started through its PVH entry point
  std::filesystem::path bzimage;  // the same, packed, with its EFI stub and its own setup code
  std::filesystem::path initramfs;
  std::filesystem::path root;
  std::filesystem::path supplement;  // empty: there is none
  std::filesystem::path modules;     // the kernel's own
};

// The directory of the lab in the build tree.
std::filesystem::path lab_directory();

// Did ci/setup fetch it, or ci/kernel build it?
bool has_kernel(const std::string& kernel);

// "…/lib/modules/6.12.1-amd64". Throws where ci/setup has not been.
std::filesystem::path modules_of(const std::string& kernel);

// Why no story of this generator can be told here: "" where it can. mkinitcpio has to be installed,
// or VFIO_EARLY_MKINITCPIO to name a directory that `meson install` filled.
std::string not_told(Generator generator);

// The image alone. Throws what the generator complained about; its messages go to `log` too.
std::filesystem::path build_initramfs(const std::string& kernel, const Initramfs& initramfs,
                                      const std::filesystem::path& log);

// All of them. Throws what the scripts complained about; their messages go to images.log in
// `place`, the directory of a boot.
Images build_images(const std::string& kernel, const Initramfs& initramfs,
                    const std::filesystem::path& place);

// The story's files as a cpio archive, padded to whole sectors.
std::string overlay_archive(const Initramfs& initramfs);

}  // namespace lab
