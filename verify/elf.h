// SPDX-License-Identifier: GPL-2.0-or-later
//
// As far as a kernel looks before it runs a program or takes a module: elf(5).
#pragma once

#include <cstddef>
#include <string_view>

namespace verify {

enum class ElfKind { kProgram, kModule };

// `head`: an ELF header at least.
bool is_elf_of_this_processor(std::string_view head, ElfKind kind);

// Is a file of `size` bytes that begins with `head`, an ELF header at least, without its end?
// Linkers write the table of sections last.
bool is_cut_off(std::string_view head, size_t size);

}  // namespace verify
