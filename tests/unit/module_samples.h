// SPDX-License-Identifier: GPL-2.0-or-later
//
// Kernel modules for this processor, with the sections that the kernel looks for (elf(5)).
#pragma once

#include <cstring>
#include <string>
#include <vector>

#include <elf.h>

namespace samples {

struct ModuleSection {
  std::string name;
  Elf64_Word type = SHT_PROGBITS;
  Elf64_Xword flags = SHF_ALLOC;
  std::string content;
};

inline std::string elf_header(Elf64_Half type) {
  Elf64_Ehdr header = {};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_type = type;
#ifdef __aarch64__
  header.e_machine = EM_AARCH64;
#else
  header.e_machine = EM_X86_64;
#endif
  return {reinterpret_cast<const char*>(&header), sizeof(header)};
}

inline std::string elf_relocatable(std::vector<ModuleSection> sections) {
  std::string names(1, '\0'), content = elf_header(ET_REL);
  std::vector<Elf64_Shdr> table(1);
  sections.push_back({".shstrtab", SHT_STRTAB, 0, ""});
  for (ModuleSection& section : sections) {
    Elf64_Shdr one = {};
    one.sh_name = static_cast<Elf64_Word>(names.size());
    names += section.name + '\0';
    if (section.type == SHT_STRTAB) section.content = names;
    one.sh_type = section.type;
    one.sh_flags = section.flags;
    one.sh_offset = content.size();
    one.sh_size = section.content.size();
    content += section.content;
    table.push_back(one);
  }
  auto* const header = reinterpret_cast<Elf64_Ehdr*>(content.data());
  header->e_shoff = content.size();
  header->e_shentsize = sizeof(Elf64_Shdr);
  header->e_shnum = static_cast<Elf64_Half>(table.size());
  header->e_shstrndx = static_cast<Elf64_Half>(table.size() - 1);
  return content.append(reinterpret_cast<const char*>(table.data()),
                        table.size() * sizeof(Elf64_Shdr));
}

// `info` is the text of .modinfo: entries, each followed by a NUL.
inline std::string kernel_module(const std::string& info) {
  return elf_relocatable({{.name = ".modinfo", .content = info},
                          {.name = ".gnu.linkonce.this_module", .content = std::string(64, '\0')},
                          {.name = ".symtab",
                           .type = SHT_SYMTAB,
                           .flags = 0,
                           .content = std::string(sizeof(Elf64_Sym), '\0')}});
}

inline std::string kernel_module(const std::string& name, const std::string& release) {
  return kernel_module("license=GPL" + std::string(1, '\0') + "name=" + name + '\0' +
                       "vermagic=" + release + " SMP preempt" + '\0');
}

}  // namespace samples
