// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/deadline.h"

#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/fd.h"

namespace early {
namespace {

constexpr int kWriteSeconds = 5;

// What the child left in the pipe: an errno, 0 for success.
int read_code(int fd, int seconds) {
  pollfd waiting = {.fd = fd, .events = POLLIN, .revents = 0};
  int ready = 0;
  do {
    ready = ::poll(&waiting, 1, seconds * 1000);
  } while (ready < 0 && errno == EINTR);
  if (ready == 0) return ETIMEDOUT;
  int code = 0;
  return ::read(fd, &code, sizeof(code)) == sizeof(code) ? code : ECHILD;
}

}  // namespace

host::Result<void> within(int seconds, const std::string& step,
                          const std::function<host::Result<void>()>& work) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) < 0) return work();
  const host::Fd out(ends[0]);
  host::Fd in(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) return work();  // a boot that can't fork has other worries than a lock
  if (child == 0) {
    const auto done = work();
    const int code = done ? 0 : done.error().code == 0 ? EIO : done.error().code;
    ::_exit(::write(in.get(), &code, sizeof(code)) == sizeof(code) ? 0 : 1);
  }
  in = host::Fd();
  const int code = read_code(out.get(), seconds);
  if (code == ETIMEDOUT) ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, code == ETIMEDOUT ? WNOHANG : 0);
  if (code != 0) return host::Error{code, step};
  return {};
}

host::Result<void> timed_write(const host::Root& root, const std::string& path,
                               const std::string& text) {
  return within(kWriteSeconds, "write " + path, [&] { return root.write(path, text); });
}

}  // namespace early
