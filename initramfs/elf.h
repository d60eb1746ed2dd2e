// SPDX-License-Identifier: GPL-2.0-or-later
//
// The properties of an ELF file that the kernel checks before it runs a program or loads a module
// (elf(5)).
#pragma once

#include <cstddef>
#include <string_view>

namespace initramfs {

enum class ElfKind { kProgram, kModule };

// `head`: at least an ELF header.
bool is_elf_of_this_processor(std::string_view head, ElfKind kind);

// Is the end of a file of `size` bytes missing? `head`: its start, at least an ELF header. Linkers
// write the section header table last.
bool is_truncated(std::string_view head, size_t size);

}  // namespace initramfs
