// SPDX-License-Identifier: GPL-2.0-or-later
//
// Input files for several targets, as a generator of an initramfs and an archiver write them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/fuzz/tree.h"

namespace fuzz {

using Files = std::map<std::string, std::string>;  // by path, "usr/bin/vfio-early"

// An EFI program with these sections.
std::string unified_image(const std::vector<std::pair<std::string, std::string>>& sections);

// The ELF header of a program, and a module.
std::string elf_program();
std::string elf_module(const std::string& name, const std::string& release);

// The compressions that compressed() supports.
inline constexpr const char* kCompressions[] = {"none", "gzip",  "xz",  "zstd",
                                                "lz4",  "bzip2", "lzma"};
std::string compressed(const std::string& bytes, const std::string& compression);

// `tree` as `vfio-verify capture FILE` packs it.
std::string capture_archive(const Tree& tree, const std::string& file);

// A machine with a card on vfio-pci, its audio function, the root port above them, and a disk.
Tree machine_tree();

}  // namespace fuzz
