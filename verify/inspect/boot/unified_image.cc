// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/boot/unified_image.h"

#include <algorithm>
#include <cstdint>

#include "verify/inspect/boot/kernel_file.h"

namespace verify {
namespace {

// Offsets and sizes of Microsoft's PE format, sections "COFF File Header" and "Section Table".
constexpr size_t kHeaderPointerAt = 0x3c;
constexpr size_t kFileHeader = 24, kSectionHeader = 40;
constexpr size_t kHeaders = size_t{64} << 10, kMaxText = size_t{64} << 10;

// Little-endian. Bytes beyond the end of the file are 0.
uint32_t number(std::string_view file, size_t at, size_t bytes) {
  uint32_t value = 0;
  for (size_t i = 0; i < bytes && at + i < file.size(); ++i)
    value |= static_cast<uint32_t>(static_cast<unsigned char>(file[at + i])) << (8 * i);
  return value;
}

struct Section {
  size_t offset, size;
};

std::optional<Section> find_section(std::string_view file, std::string_view name) {
  const size_t header = number(file, kHeaderPointerAt, 4);
  const size_t sections = number(file, header + 6, 2);
  const size_t table = header + kFileHeader + number(file, header + 20, 2);
  for (size_t i = 0; i < sections; ++i) {
    const size_t at = table + i * kSectionHeader;
    if (at + kSectionHeader > file.size()) return std::nullopt;
    const std::string_view found = file.substr(at, 8);
    if (found.substr(0, found.find('\0')) != name) continue;
    const size_t used = number(file, at + 8, 4), stored = number(file, at + 16, 4);
    return Section{number(file, at + 20, 4), std::min(used, stored)};
  }
  return std::nullopt;
}

}  // namespace

bool is_unified_image(std::string_view file) {
  return file.starts_with("MZ") && section_of(file, ".initrd").has_value();
}

std::optional<std::string_view> section_of(std::string_view file, std::string_view name) {
  const auto section = find_section(file, name);
  if (!section || section->offset > file.size() || section->size > file.size() - section->offset)
    return std::nullopt;
  return file.substr(section->offset, section->size);
}

std::string read_section(const host::Root& root, const std::string& path, std::string_view name) {
  const auto section = find_section(read_part(root, path, 0, kHeaders), name);
  if (!section || section->size > kMaxText) return {};
  std::string text = read_part(root, path, section->offset, section->size);
  return text.substr(0, text.find('\0'));
}

}  // namespace verify
