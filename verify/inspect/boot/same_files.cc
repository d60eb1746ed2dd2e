// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/boot/same_files.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>

namespace verify {
namespace {

using FileId = std::pair<dev_t, ino_t>;

// nullopt: the file does not exist.
std::optional<FileId> id_of(const host::Root& root, const std::string& path) {
  const auto opened = root.open_file(path, O_PATH);
  struct stat status = {};
  if (!opened || ::fstat(opened->get(), &status) != 0) return std::nullopt;
  return FileId(status.st_dev, status.st_ino);
}

}  // namespace

void drop_duplicates(const host::Root& root, std::vector<std::string>& paths) {
  std::set<FileId> known;
  std::erase_if(paths, [&](const std::string& path) {
    const auto id = id_of(root, path);
    return id && !known.insert(*id).second;
  });
}

bool is_same_file_as_one_of(const host::Root& root, const std::string& path,
                            const std::vector<std::string>& others) {
  const auto id = id_of(root, path);
  return id && std::any_of(others.begin(), others.end(),
                           [&](const std::string& other) { return id_of(root, other) == id; });
}

}  // namespace verify
