// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/ask_program.h"

#include <cerrno>
#include <chrono>
#include <csignal>

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/fd.h"

namespace verify {
namespace {

using std::chrono::steady_clock;

constexpr size_t kMaxAnswer = size_t{4} << 20;

// In the child. What it is told of the language must not change what it says.
[[noreturn]] void become(const std::vector<std::string>& words, int out) {
  ::setpgid(0, 0);
  const int nothing = ::open("/dev/null", O_RDWR);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(nothing, STDERR_FILENO);
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  char locale[] = "LC_ALL=C", path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
  char* environment[] = {locale, path, nullptr};
  ::execve(argv[0], argv.data(), environment);
  ::_exit(127);
}

// All until the end; false where the time runs out before.
bool read_until(int fd, steady_clock::time_point deadline, std::string& answer) {
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - steady_clock::now());
    pollfd readable{.fd = fd, .events = POLLIN, .revents = 0};
    if (left.count() <= 0) return false;
    const int ready = ::poll(&readable, 1, static_cast<int>(left.count()));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return false;
    char buffer[4096];
    const ssize_t got = ::read(fd, buffer, sizeof buffer);
    if (got <= 0) return true;
    if (answer.size() < kMaxAnswer) answer.append(buffer, static_cast<size_t>(got));
  }
}

// Who has closed its output may still be there.
bool ends_until(pid_t child, steady_clock::time_point deadline, int& status) {
  constexpr useconds_t kPause = 1000;
  while (::waitpid(child, &status, WNOHANG) != child) {
    if (steady_clock::now() > deadline) return false;
    ::usleep(kPause);
  }
  return true;
}

}  // namespace

host::Result<std::string> ask_program(const std::vector<std::string>& words, int milliseconds) {
  const std::string step = "run " + words.front();
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return host::Error{errno, step};
  const host::Fd ours(ends[0]);
  pid_t child = -1;
  {
    const host::Fd theirs(ends[1]);
    child = ::fork();
    if (child == 0) become(words, theirs.get());
  }
  if (child < 0) return host::Error{errno, step};
  const auto deadline = steady_clock::now() + std::chrono::milliseconds(milliseconds);
  std::string answer;
  int status = 0;
  const bool ended =
      read_until(ours.get(), deadline, answer) && ends_until(child, deadline, status);
  if (!ended) {
    ::kill(-child, SIGKILL);
    ::waitpid(child, nullptr, WNOHANG);  // who hangs in the kernel is not waited for
  }
  if (!ended) return host::Error{ETIMEDOUT, step};
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return host::Error{EIO, step};
  return answer;
}

}  // namespace verify
