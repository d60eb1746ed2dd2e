// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/boot/same_files.h"

#include <set>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>

namespace verify {

void drop_duplicates(const host::Root& root, std::vector<std::string>& paths) {
  std::set<std::pair<dev_t, ino_t>> known;
  std::erase_if(paths, [&](const std::string& path) {
    const auto opened = root.open_file(path, O_PATH);
    struct stat status = {};
    return opened && ::fstat(opened->get(), &status) == 0 &&
           !known.emplace(status.st_dev, status.st_ino).second;
  });
}

}  // namespace verify
