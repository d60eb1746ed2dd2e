// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/run_with_timeout.h"

#include <cerrno>
#include <climits>
#include <csignal>

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "early/deadline.h"
#include "host/child.h"
#include "host/fd.h"

namespace early {
namespace {

// What the child sends, in one write: at most PIPE_BUF bytes, so it arrives whole (pipe(7)).
struct Message {
  bool succeeded = false;
  int code = 0;
  char text[1024] = {};  // the answer, or the step that failed
};
static_assert(sizeof(Message) <= PIPE_BUF);

Message message_of(const host::Result<std::string>& answer) {
  Message message;
  message.succeeded = answer.has_value();
  if (!answer) message.code = answer.error().code;
  const std::string& text = answer ? *answer : answer.error().step;
  text.copy(message.text, sizeof message.text - 1);
  return message;
}

}  // namespace

host::Result<std::string> run_with_timeout(
    int milliseconds, const std::string& step,
    const std::function<host::Result<std::string>()>& operation) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) < 0) return host::Error{errno, step};
  const host::Fd out(ends[0]);
  host::Fd in(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) return host::Error{errno, step};
  if (child == 0) {
    ::setsid();  // so that the processes it starts are killed with it
    host::set_fixed_environment();
    const Message message = message_of(operation());
    ::_exit(::write(in.get(), &message, sizeof message) == sizeof message ? 0 : 1);
  }
  in = host::Fd();  // else there is no end of file if the child dies

  pollfd answer = {.fd = out.get(), .events = POLLIN, .revents = 0};
  const bool in_time = ::poll(&answer, 1, wait_limit(milliseconds)) == 1;
  Message message;
  const bool whole = in_time && ::read(out.get(), &message, sizeof message) == sizeof message;
  ::kill(child, SIGKILL);  // it may not have called setsid() yet
  ::kill(-child, SIGKILL);
  // A child that answered ends now; one that did not may never end.
  (void)::waitpid(child, nullptr, whole ? 0 : WNOHANG);
  if (!in_time) return host::Error{ETIMEDOUT, step};
  if (!whole) return host::Error{EIO, step};
  message.text[sizeof message.text - 1] = '\0';
  if (!message.succeeded) return host::Error{message.code, message.text};
  return std::string(message.text);
}

}  // namespace early
