// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/walk.h"

#include <cerrno>
#include <climits>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>

#include "host/text.h"

namespace host {
namespace {

bool is_link(int fd) {
  struct stat about = {};
  return ::fstat(fd, &about) == 0 && S_ISLNK(about.st_mode);
}

class Walk {
 public:
  Walk(int root, const std::string& path) : root_(root) { push_path(path); }

  Fd open(int flags, unsigned mode) {
    while (!pending_names_.empty()) {
      const std::string name = std::move(pending_names_.back());
      pending_names_.pop_back();
      if (name == "..") {
        if (!open_directories_.empty()) open_directories_.pop_back();
        continue;
      }
      const bool last = pending_names_.empty();
      Fd next(::openat(current_directory(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
      const bool follow = next.valid() && is_link(next.get()) && !(last && (flags & O_NOFOLLOW));
      if (follow && !follow_link(next.get())) return {};
      if (follow) continue;
      // O_NOFOLLOW: the file may have been replaced by a link since the check above.
      if (last)
        return Fd(
            ::openat(current_directory(), name.c_str(), flags | O_NOFOLLOW | O_CLOEXEC, mode));
      if (!next.valid()) return next;
      open_directories_.push_back(std::move(next));
    }
    return Fd(::openat(current_directory(), ".", flags | O_CLOEXEC, mode));
  }

 private:
  int current_directory() const {
    return open_directories_.empty() ? root_ : open_directories_.back().get();
  }

  void push_path(const std::string& path) {
    if (path.starts_with('/')) open_directories_.clear();
    const auto names = split(path, "/");
    for (auto name = names.rbegin(); name != names.rend(); ++name)
      if (*name != ".") pending_names_.emplace_back(*name);
  }

  bool follow_link(int link) {
    char target[PATH_MAX];
    const ssize_t length = ::readlinkat(link, "", target, sizeof(target));
    if (length < 0) return false;
    if (++links_ > kMaxLinks) return errno = ELOOP, false;
    push_path(std::string(target, static_cast<size_t>(length)));
    return true;
  }

  int root_;
  int links_ = 0;
  std::vector<Fd> open_directories_;        // the open directories from the root to here
  std::vector<std::string> pending_names_;  // the names still to open, the next one last
};

}  // namespace

Fd open_by_components(int root, const std::string& path, int flags, unsigned mode) {
  return Walk(root, path).open(flags, mode);
}

}  // namespace host
