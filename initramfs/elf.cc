// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/elf.h"

#include <cstring>

#include <elf.h>

namespace initramfs {

bool is_elf_of_this_processor(std::string_view head, ElfKind kind) {
#if defined(__x86_64__)
  constexpr Elf64_Half kMachine = EM_X86_64;
#elif defined(__aarch64__)
  constexpr Elf64_Half kMachine = EM_AARCH64;
#else
#error "the ELF machine number of this processor is unknown"
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

bool is_truncated(std::string_view head, size_t size) {
  Elf64_Ehdr header;
  if (head.size() < sizeof(header)) return true;
  std::memcpy(&header, head.data(), sizeof(header));
  const auto fits = [&](Elf64_Off at, size_t count, size_t each) {
    return at <= size && count * each <= size - at;
  };
  return !fits(header.e_phoff, header.e_phnum, header.e_phentsize) ||
         !fits(header.e_shoff, header.e_shnum, header.e_shentsize);
}

}  // namespace initramfs
