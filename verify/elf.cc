// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/elf.h"

#include <cstring>

#include <elf.h>

namespace verify {

bool is_elf_of_this_processor(std::string_view head, ElfKind kind) {
#if defined(__x86_64__)
  constexpr Elf64_Half kMachine = EM_X86_64;
#elif defined(__aarch64__)
  constexpr Elf64_Half kMachine = EM_AARCH64;
#else
#error "which machine is this in an ELF header?"
#endif
  Elf64_Ehdr header;
  if (head.size() < sizeof(header)) return false;
  std::memcpy(&header, head.data(), sizeof(header));
  const bool right_type = kind == ElfKind::kModule
                              ? header.e_type == ET_REL
                              : header.e_type == ET_EXEC || header.e_type == ET_DYN;
  return std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 &&
         header.e_ident[EI_CLASS] == ELFCLASS64 && header.e_machine == kMachine && right_type;
}

}  // namespace verify
