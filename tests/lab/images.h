// SPDX-License-Identifier: GPL-2.0-or-later
//
// The images that a test boots from. The build-… scripts make and cache them.
#pragma once

#include <filesystem>
#include <string>

#include "tests/lab/lab.h"

namespace lab {

struct Images {
  std::filesystem::path vmlinux;  // started through its PVH entry point
  std::filesystem::path bzimage;  // the same, packed, with its EFI stub and its own setup code
  std::filesystem::path initramfs;
  std::filesystem::path root;
  std::filesystem::path supplement;  // empty: none
  std::filesystem::path modules;     // the kernel's own
};

// The directory of the lab in the build tree.
std::filesystem::path lab_directory();

// "…/lib/modules/6.12.1-amd64". Like all functions that take a kernel, skips the test if it is
// missing.
std::filesystem::path modules_of(const std::string& kernel);

// Since 7.3 Linux checks that the IVRS table lists the I/O APIC at a southbridge (check_sb_ioapic
// in drivers/iommu/amd/iommu.c). QEMU's q35 has none there, so AMD's IOMMU does not remap
// interrupts.
bool amd_remaps_interrupts(const std::string& kernel);

// The reason why images of this generator cannot be built here; "" if they can. mkinitcpio must be
// installed, or VFIO_EARLY_MKINITCPIO must name a directory filled by `meson install`.
std::string skip_reason(Generator generator);

// Builds only the initramfs. Throws the generator's error; its messages also go to `log`.
std::filesystem::path build_initramfs(const std::string& kernel, const Initramfs& initramfs,
                                      const std::filesystem::path& log);

// Builds all images. Throws the scripts' error; their messages also go to images.log in
// `boot_directory`, the directory of a boot.
Images build_images(const std::string& kernel, const Initramfs& initramfs,
                    const std::filesystem::path& boot_directory);

}  // namespace lab
