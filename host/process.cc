// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/process.h"

#include <cerrno>
#include <csignal>
#include <thread>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace host {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds kPause{20};

// In the child: never returns.
[[noreturn]] void become(char* const* argv, const char* out, const char* err) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int in_fd = ::open("/dev/null", O_RDONLY);
  const int out_fd = ::open(out, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  const int err_fd = ::open(err, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (in_fd < 0 || out_fd < 0 || err_fd < 0) ::_exit(126);
  ::dup2(in_fd, 0);
  ::dup2(out_fd, 1);
  ::dup2(err_fd, 2);
  ::execvp(argv[0], argv);
  ::_exit(127);
}

int status_of(int wait_status) {
  return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
}

}  // namespace

Result<Ending> run(const Command& command, const std::string& out, const std::string& err,
                   std::chrono::milliseconds limit) {
  const auto began = steady_clock::now();
  std::vector<char*> argv;
  for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  const pid_t child = ::fork();
  if (child < 0) return Error{errno, "fork for " + command.front()};
  if (child == 0) become(argv.data(), out.c_str(), err.c_str());
  ::setpgid(child, child);  // whichever of the two comes first

  Ending ending;
  int wait_status = 0;
  for (;;) {
    const pid_t found = ::waitpid(child, &wait_status, WNOHANG);
    if (found == child) {
      ending.in_time = true;
      break;
    }
    if (steady_clock::now() - began > limit) {
      ::kill(-child, SIGKILL);
      ::waitpid(child, &wait_status, 0);
      break;
    }
    std::this_thread::sleep_for(kPause);
  }
  ending.status = status_of(wait_status);
  ending.took = std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - began);
  return ending;
}

std::string quoted(const Command& command) {
  std::string line;
  for (const std::string& word : command) {
    std::string safe;
    for (const char c : word) safe += c == '\'' ? std::string("'\\''") : std::string(1, c);
    line += (line.empty() ? "'" : " '") + safe + "'";
  }
  return line + "\n";
}

}  // namespace host
