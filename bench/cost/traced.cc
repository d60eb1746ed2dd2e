// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/cost/traced.h"

#include <csignal>
#include <cstdio>

#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/cost/counted.h"

namespace bench {
namespace {

constexpr long kOptions = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                          PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
constexpr int kSystemCall = SIGTRAP | 0x80;  // of PTRACE_O_TRACESYSGOOD

[[noreturn]] void exec_traced(const char* const* arguments) {
  const int nowhere = ::open("/dev/null", O_WRONLY);
  ::dup2(nowhere, STDOUT_FILENO);
  ::close(nowhere);
  char path[] = "PATH=/bin:/sbin";
  char* environment[] = {path, nullptr};
  ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
  ::raise(SIGSTOP);
  ::execve(arguments[0], const_cast<char**>(arguments), environment);
  ::_exit(127);
}

// True for the stop at the entry of a system call, false for the one at its exit.
bool is_entry(pid_t process) {
  __ptrace_syscall_info info = {};
  return ::ptrace(PTRACE_GET_SYSCALL_INFO, process, sizeof(info), &info) > 0 &&
         info.op == PTRACE_SYSCALL_INFO_ENTRY;
}

// Counts the stop, and returns the signal to deliver to the process.
int count(pid_t process, int status, Calls& calls) {
  const int signal = WSTOPSIG(status);
  if (signal == kSystemCall) {
    if (is_entry(process)) ++calls.system_calls;
    return 0;
  }
  if (status >> 8 == (SIGTRAP | (PTRACE_EVENT_EXEC << 8))) ++calls.executions;
  // A new process starts with a SIGSTOP that no process sent.
  return status >> 16 != 0 || signal == SIGSTOP || signal == SIGTRAP ? 0 : signal;
}

}  // namespace

Calls calls_of(const char* const* arguments) {
  const pid_t first = ::fork();
  if (first == 0) exec_traced(arguments);
  int status = 0, last = 1;
  if (first < 0 || ::waitpid(first, &status, 0) != first || !WIFSTOPPED(status) ||
      ::ptrace(PTRACE_SETOPTIONS, first, nullptr, kOptions) != 0)
    stop("bench: cannot trace a program");
  ::ptrace(PTRACE_SYSCALL, first, nullptr, nullptr);
  Calls calls;
  for (pid_t process = 0; (process = ::waitpid(-1, &status, __WALL)) > 0;) {
    if (WIFSTOPPED(status))
      ::ptrace(PTRACE_SYSCALL, process, nullptr,
               reinterpret_cast<void*>(static_cast<long>(count(process, status, calls))));
    else if (process == first)
      last = status;
  }
  if (last != 0) {
    std::printf("bench: %s failed while it was traced\n", arguments[0]);
    stop("bench: a program failed");
  }
  return calls;
}

}  // namespace bench
