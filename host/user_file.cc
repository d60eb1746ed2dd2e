// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/user_file.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/root.h"

namespace host {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

std::string absolute_path(const std::string& file) {
  char directory[PATH_MAX];
  if (file.starts_with('/') || !::getcwd(directory, sizeof(directory))) return file;
  return std::string(directory) + "/" + file;
}

constexpr int kPipeMilliseconds = 10'000;

int milliseconds_until(steady_clock::time_point deadline) {
  const auto left = duration_cast<milliseconds>(deadline - steady_clock::now());
  return static_cast<int>(std::max<milliseconds::rep>(left.count(), 0));
}

// Waits until it can be read; false: the deadline has passed.
bool wait_for(const Fd& opened, steady_clock::time_point deadline) {
  pollfd ready = {.fd = opened.get(), .events = POLLIN, .revents = 0};
  return ::poll(&ready, 1, milliseconds_until(deadline)) > 0;
}

Result<std::string> read_in_time(const Fd& opened, const std::string& file, size_t limit) {
  const auto deadline = steady_clock::now() + milliseconds(kPipeMilliseconds);
  std::string text;
  for (;;) {
    char buffer[4096];
    const ssize_t count = ::read(opened.get(), buffer, sizeof(buffer));
    if (count == 0) return text;
    if (count < 0 && errno != EAGAIN) return Error{errno, "read " + file};
    if (count > 0) text.append(buffer, static_cast<size_t>(count));
    if (text.size() > limit) return Error{EFBIG, "read " + file};
    if (!wait_for(opened, deadline)) return Error{ETIMEDOUT, "read " + file};
  }
}

}  // namespace

Result<std::string> read_user_file(const std::string& file, size_t limit) {
  if (file.empty()) return Error{ENOENT, "read a file without a name"};
  const auto root = Root::open();
  if (!root) return root.error();
  return root->read(absolute_path(file), limit);
}

// Without a Root: /dev/stdin leads to a link in /proc that a Root does not follow.
Result<std::string> read_user_file_or_pipe(const std::string& file, size_t limit) {
  const Fd opened(::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  struct stat about = {};
  if (!opened.valid() || ::fstat(opened.get(), &about) < 0) return Error{errno, "open " + file};
  if (!S_ISREG(about.st_mode) && !S_ISFIFO(about.st_mode))
    return Error{EINVAL, "read " + file + ", which is neither a regular file nor a pipe"};
  return read_in_time(opened, file, limit);
}

Result<void> replace_user_file(const std::string& file, const std::string& text, unsigned mode) {
  if (file.empty()) return Error{ENOENT, "write a file without a name"};
  const auto root = Root::open();
  if (!root) return root.error();
  const std::string path = absolute_path(file);
  struct stat about = {};
  const auto old = root->open_file(path, O_PATH);
  // /dev/stdout leads to a link in /proc that a Root does not follow. Renamed over it, the file
  // would take its place for all programs.
  if (!old && !root->link_target(path).empty())
    return Error{EINVAL, "write " + file + ", a link that leads to no regular file"};
  if (old && (::fstat(old->get(), &about) < 0 || !S_ISREG(about.st_mode)))
    return Error{EINVAL, "write " + file + ", which is not a regular file"};
  return root->replace(path, text, mode);
}

}  // namespace host
