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

constexpr int kMaxLinks = 40;  // MAXSYMLINKS, include/linux/namei.h

bool is_link(int fd) {
  struct stat about = {};
  return ::fstat(fd, &about) == 0 && S_ISLNK(about.st_mode);
}

class Walk {
 public:
  Walk(int root, const std::string& path) : root_(root) { go(path); }

  Fd open(int flags, unsigned mode) {
    while (!ahead_.empty()) {
      const std::string name = std::move(ahead_.back());
      ahead_.pop_back();
      if (name == "..") {
        if (!behind_.empty()) behind_.pop_back();
        continue;
      }
      const bool last = ahead_.empty();
      Fd next(::openat(here(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
      const bool follow = next.valid() && is_link(next.get()) && !(last && (flags & O_NOFOLLOW));
      if (follow && !follow_link(next.get())) return {};
      if (follow) continue;
      // O_NOFOLLOW: the file may have been replaced by a link since the check above.
      if (last) return Fd(::openat(here(), name.c_str(), flags | O_NOFOLLOW | O_CLOEXEC, mode));
      if (!next.valid()) return next;
      behind_.push_back(std::move(next));
    }
    return Fd(::openat(here(), ".", flags | O_CLOEXEC, mode));
  }

 private:
  int here() const { return behind_.empty() ? root_ : behind_.back().get(); }

  void go(const std::string& path) {
    if (path.starts_with('/')) behind_.clear();
    const auto names = split(path, "/");
    for (auto name = names.rbegin(); name != names.rend(); ++name)
      if (*name != ".") ahead_.emplace_back(*name);
  }

  bool follow_link(int link) {
    char target[PATH_MAX];
    const ssize_t length = ::readlinkat(link, "", target, sizeof(target));
    if (length < 0) return false;
    if (++links_ > kMaxLinks) return errno = ELOOP, false;
    go(std::string(target, static_cast<size_t>(length)));
    return true;
  }

  int root_;
  int links_ = 0;
  std::vector<Fd> behind_;          // the open directories from the root to here
  std::vector<std::string> ahead_;  // the names still to open, the next one last
};

}  // namespace

Fd open_by_components(int root, const std::string& path, int flags, unsigned mode) {
  return Walk(root, path).open(flags, mode);
}

}  // namespace host
