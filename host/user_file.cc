// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/user_file.h"

#include <cerrno>
#include <climits>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/root.h"

namespace host {
namespace {

std::string from_here(const std::string& file) {
  char directory[PATH_MAX];
  if (file.starts_with('/') || !::getcwd(directory, sizeof(directory))) return file;
  return std::string(directory) + "/" + file;
}

}  // namespace

Result<std::string> read_user_file(const std::string& file, size_t limit) {
  if (file.empty()) return Error{ENOENT, "read a file without a name"};
  const auto root = Root::open();
  if (!root) return root.error();
  return root->read(from_here(file), limit);
}

Result<void> replace_user_file(const std::string& file, const std::string& text, unsigned mode) {
  if (file.empty()) return Error{ENOENT, "write a file without a name"};
  const auto root = Root::open();
  if (!root) return root.error();
  const std::string path = from_here(file);
  struct stat about = {};
  const auto old = root->open_file(path, O_PATH);
  if (old && (::fstat(old->get(), &about) < 0 || !S_ISREG(about.st_mode)))
    return Error{EINVAL, "write " + file + ", which is no regular file"};
  return root->replace(path, text, mode);
}

}  // namespace host
