// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/user_file.h"

#include <cerrno>
#include <filesystem>

#include "host/root.h"

namespace verify {
namespace {

// "" stays "", which names nothing; the variant without an error code would throw.
std::string from_here(const std::string& file) {
  std::error_code unknown;
  return std::filesystem::absolute(file, unknown);
}

}  // namespace

host::Result<std::string> read_user_file(const std::string& file, size_t limit) {
  if (file.empty()) return host::Error{ENOENT, "read a file without a name"};
  const auto root = host::Root::open();
  if (!root) return root.error();
  return root->read(from_here(file), limit);
}

host::Result<void> replace_user_file(const std::string& file, const std::string& text) {
  if (file.empty()) return host::Error{ENOENT, "write a file without a name"};
  std::error_code unknown;
  if (std::filesystem::exists(file, unknown) && !std::filesystem::is_regular_file(file, unknown))
    return host::Error{EINVAL, "write " + file + ", which is no regular file"};
  const auto root = host::Root::open();
  if (!root) return root.error();
  return root->replace(from_here(file), text);
}

}  // namespace verify
