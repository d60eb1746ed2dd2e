// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/boot/kernel_file.h"

#include <cctype>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/text.h"

namespace verify {

std::string read_part(const host::Root& root, const std::string& path, uint64_t offset,
                      size_t size) {
  // O_NONBLOCK: a captured tree may contain a FIFO there.
  const auto file = root.open_file(path, O_RDONLY | O_NONBLOCK);
  struct stat status = {};
  if (!file || ::fstat(file->get(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
  std::string part(size, '\0');
  size_t length = 0;
  while (length < size) {
    const ssize_t count = ::pread(file->get(), part.data() + length, size - length,
                                  static_cast<off_t>(offset + length));
    if (count <= 0) break;
    length += static_cast<size_t>(count);
  }
  part.resize(length);
  return part;
}

// Documentation/arch/x86/boot.rst, "The Real-Mode Kernel Header": the fields `header` and
// `kernel_version`.
std::string kernel_release_of(std::string_view head) {
  constexpr size_t kMagic = 0x202, kVersion = 0x20e, kBase = 0x200;
  if (head.size() < kVersion + 2 || head.substr(kMagic, 4) != "HdrS") return {};
  const auto byte = [&](size_t at) { return static_cast<unsigned char>(head[at]); };
  const size_t version_offset =
      kBase + (byte(kVersion) | static_cast<size_t>(byte(kVersion + 1)) << 8);
  if (version_offset == kBase || version_offset >= head.size()) return {};
  const std::string_view version =
      head.substr(version_offset, head.find('\0', version_offset) - version_offset);
  return std::string(version.substr(0, version.find(' ')));
}

std::string kernel_release_in(std::string_view path) {
  const auto is_release = [](std::string_view text) {
    return !text.empty() && std::isdigit(static_cast<unsigned char>(text[0])) &&
           text.find('.') != text.npos;
  };
  std::string release;
  for (const std::string_view name : host::split(path, "/\\")) {
    if (is_release(name)) release = name;
    for (const std::string_view prefix : {"vmlinuz-", "vmlinux-", "bzImage-", "kernel-", "linux-"})
      if (name.starts_with(prefix) && is_release(name.substr(prefix.size())))
        release = name.substr(prefix.size());
  }
  return release;
}

}  // namespace verify
