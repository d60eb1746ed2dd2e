// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a test boots from: the images that the build-… scripts keep.
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

// "…/lib/modules/6.12.1-amd64". Skips the test where the kernel is not there, as all do that take
// one.
std::filesystem::path modules_of(const std::string& kernel);

// Since 7.3 Linux looks for a southbridge where the IVRS table has the I/O APIC (check_sb_ioapic in
// drivers/iommu/amd/iommu.c). QEMU's q35 has none there, and so no interrupt remapping by AMD's
// IOMMU.
bool remaps_interrupts_of_amd(const std::string& kernel);

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

}  // namespace lab
