// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/module_file.h"

#include <cstring>
#include <optional>

#include <elf.h>

#include "host/text.h"
#include "initramfs/elf.h"

namespace initramfs {
namespace {

template <typename Structure>
std::optional<Structure> read_at(std::string_view file, uint64_t at) {
  Structure structure;
  if (at > file.size() || file.size() - at < sizeof(structure)) return std::nullopt;
  std::memcpy(&structure, file.data() + at, sizeof(structure));
  return structure;
}

std::string_view part(std::string_view file, uint64_t at, uint64_t size) {
  return at > file.size() || size > file.size() - at ? std::string_view() : file.substr(at, size);
}

std::string_view until_nul(std::string_view text, uint64_t at) {
  if (at >= text.size()) return {};
  text.remove_prefix(at);
  return text.substr(0, text.find('\0'));
}

// Data of a module's sections.
struct Sections {
  std::string_view info;  // .modinfo
  bool whole = false;     // all sections are within the file
  bool symbols = false, module = false;
};

Sections read_sections(std::string_view file) {
  Sections found;
  const auto header = read_at<Elf64_Ehdr>(file, 0);
  if (!header || header->e_shentsize != sizeof(Elf64_Shdr) || header->e_shnum == 0) return found;
  const auto section = [&](size_t number) {
    return read_at<Elf64_Shdr>(file, header->e_shoff + number * sizeof(Elf64_Shdr));
  };
  if (header->e_shoff > file.size()) return found;
  const auto names = section(header->e_shstrndx);
  if (!names || header->e_shstrndx >= header->e_shnum) return found;
  const std::string_view all_names = part(file, names->sh_offset, names->sh_size);
  for (size_t number = 1; number < header->e_shnum; ++number) {
    const auto one = section(number);
    if (!one) return found;
    const bool stored = one->sh_type != SHT_NOBITS && one->sh_type != SHT_NULL;
    if (stored && one->sh_size > 0 && part(file, one->sh_offset, one->sh_size).empty())
      return found;
    found.symbols |= one->sh_type == SHT_SYMTAB;
    // find_sec() ignores other sections.
    if (!(one->sh_flags & SHF_ALLOC)) continue;
    const std::string_view name = until_nul(all_names, one->sh_name);
    found.module |= name == ".gnu.linkonce.this_module" && one->sh_size > 0;
    if (name == ".modinfo" && stored && found.info.empty())
      found.info = part(file, one->sh_offset, one->sh_size);
  }
  found.whole = true;
  return found;
}

// "6.12.0 SMP preempt" for "vermagic". Of several values the first one, as by get_modinfo().
std::optional<std::string_view> value_of(std::string_view info, std::string_view key) {
  for (const std::string_view entry : host::split(info, std::string_view("\0", 1)))
    if (entry.starts_with(key) && entry.substr(key.size()).starts_with('='))
      return entry.substr(key.size() + 1);
  return std::nullopt;
}

}  // namespace

std::string fault_of_module(std::string_view module, std::string_view name,
                            std::string_view release) {
  if (!is_elf_of_this_processor(module, ElfKind::kModule))
    return "is not a module for this processor";
  const Sections sections = read_sections(module);
  if (!sections.whole) return "is damaged or truncated";
  if (!sections.symbols || !sections.module)
    return "lacks the symbol table or the module structure";
  const auto magic = value_of(sections.info, "vermagic");
  if (!magic) return "does not name its kernel (vermagic)";
  if (magic->substr(0, magic->find(' ')) != release) return "is built for a different kernel";
  const auto own_name = value_of(sections.info, "name");
  if (!own_name || host::underscored(*own_name) != name) return "is a different module";
  return {};
}

}  // namespace initramfs
