// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/forked.h"

#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/fd.h"

namespace host {

Result<void> copy_from_child(int milliseconds, const std::string& step,
                             const std::function<void()>& operation, void* answer, size_t size) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) < 0) return Error{errno, step};
  const Fd out(ends[0]);
  Fd in(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) return Error{errno, step};
  const auto whole = [size](ssize_t bytes) { return bytes == static_cast<ssize_t>(size); };
  if (child == 0) {
    ::setsid();  // so that the processes it starts are killed with it
    operation();
    ::_exit(whole(::write(in.get(), answer, size)) ? 0 : 1);
  }
  in = Fd();  // else there is no end of file if the child dies

  pollfd ready = {.fd = out.get(), .events = POLLIN, .revents = 0};
  const bool in_time = ::poll(&ready, 1, milliseconds) == 1;
  const bool answered = in_time && whole(::read(out.get(), answer, size));
  ::kill(child, SIGKILL);  // it may not have called setsid() yet
  ::kill(-child, SIGKILL);
  // A child that answered ends now; one that did not may never end.
  (void)::waitpid(child, nullptr, answered ? 0 : WNOHANG);
  if (!in_time) return Error{ETIMEDOUT, step};
  if (!answered) return Error{EIO, step};
  return {};
}

}  // namespace host
