// SPDX-License-Identifier: GPL-2.0-or-later
//
// usage: fault_injector LOG kill|delay:SECONDS|fail:ERRNO|hang STEP PROGRAM [ARGUMENT…]
//
// Runs PROGRAM and all its children under ptrace. At the STEP-th system call (from 1, counted over
// all processes, in the order of the calls) it kills them all before the call is made, delays the
// call, makes it fail instead, or never lets it return. STEP @313 is the first system call with
// that number. Exits as PROGRAM does; after a kill, by SIGKILL. Writes a line about it to LOG
// (/dev/kmsg in a guest). STEP 0 does nothing: use it to count the steps.
//
// x86-64 only, like the guests. See ptrace(2).
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <set>
#include <string>

#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

constexpr int kUsage = 64;
constexpr int kOptions = PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL | PTRACE_O_TRACEFORK |
                         PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC;

struct FaultAction {
  enum { kKill, kDelay, kFail, kHang } kind = kKill;
  int number = 0;  // seconds, or an errno
  long step = 0;   // either this …
  long call = -1;  // … or this
};

bool parse(const char* text, FaultAction& action) {
  const char* colon = std::strchr(text, ':');
  action.number = colon ? std::atoi(colon + 1) : 0;
  const std::string name(text, colon ? static_cast<size_t>(colon - text) : std::strlen(text));
  action.kind = name == "kill"    ? FaultAction::kKill
                : name == "delay" ? FaultAction::kDelay
                : name == "fail"  ? FaultAction::kFail
                                  : FaultAction::kHang;
  if (name == "kill" || name == "hang") return !colon;
  return (name == "delay" || name == "fail") && action.number > 0;
}

double now() {
  timespec time = {};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

class FaultInjector {
 public:
  FaultInjector(const FaultAction& action, const char* log)
      : action_(action), log_(::open(log, O_WRONLY | O_APPEND | O_CLOEXEC)) {}

  // The exit status, or the negated signal that ended the program.
  int trace(pid_t program) {
    int status = 0;
    for (int wait_status = 0; !tracees_.empty() || program_ == 0;) {
      const pid_t pid = ::waitpid(-1, &wait_status, __WALL | (delayed_ != 0 ? WNOHANG : 0));
      if (pid < 0) break;
      if (pid == 0) {
        wait_for_delay();
      } else if (!WIFSTOPPED(wait_status)) {
        tracees_.erase(pid);
        if (pid == program)
          status = WIFSIGNALED(wait_status) ? -WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
      } else {
        program_ = program;
        stopped(pid, wait_status);
      }
    }
    if (!injected_) write_log("the program ended after " + std::to_string(steps_) + " steps");
    return killed_ ? -SIGKILL : status;
  }

 private:
  void stopped(pid_t pid, int wait_status) {
    if (tracees_.insert(pid).second) {  // starts with a SIGSTOP that is not delivered
      ::ptrace(PTRACE_SETOPTIONS, pid, 0, kOptions);
      return resume(pid, 0);
    }
    const int signal = WSTOPSIG(wait_status);
    if (wait_status >> 8 == (SIGTRAP | PTRACE_EVENT_EXEC << 8)) counting_ = true;
    if (signal == (SIGTRAP | 0x80)) return system_call(pid);
    resume(pid, wait_status >> 16 != 0 ? 0 : signal);  // a ptrace event, or a signal to deliver
  }

  void system_call(pid_t pid) {
    __ptrace_syscall_info call = {};
    ::ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(call), &call);
    if (call.op == PTRACE_SYSCALL_INFO_EXIT && pid == failing_) {
      ::ptrace(PTRACE_POKEUSER, pid, offsetof(user_regs_struct, rax), -long{action_.number});
      failing_ = 0;
    }
    if (call.op != PTRACE_SYSCALL_INFO_ENTRY || !counting_) return resume(pid, 0);
    ++steps_;
    if (injected_ || (steps_ != action_.step && static_cast<long>(call.entry.nr) != action_.call))
      return resume(pid, 0);
    injected_ = true;
    inject(pid,
           " system call " + std::to_string(call.entry.nr) + ", step " + std::to_string(steps_));
  }

  void inject(pid_t pid, const std::string& where) {
    if (action_.kind == FaultAction::kKill) {
      write_log("killed at" + where);
      killed_ = true;
      for (const pid_t tracee : tracees_) ::kill(tracee, SIGKILL);
    } else if (action_.kind == FaultAction::kDelay) {
      write_log("delayed" + where);
      delayed_ = pid;
      delay_end_ = now() + action_.number;
    } else if (action_.kind == FaultAction::kHang) {
      write_log("hung at" + where);  // stays stopped until it is killed
    } else {
      write_log("failed" + where);
      failing_ = pid;  // -1 is not a system call; the errno is set at its return
      ::ptrace(PTRACE_POKEUSER, pid, offsetof(user_regs_struct, orig_rax), -1L);
      resume(pid, 0);
    }
  }

  // The other processes continue while one is delayed, so this must not block.
  void wait_for_delay() {
    const timespec pause = {.tv_sec = 0, .tv_nsec = 2'000'000};
    ::nanosleep(&pause, nullptr);
    if (now() < delay_end_) return;
    resume(delayed_, 0);
    delayed_ = 0;
  }

  static void resume(pid_t pid, int signal) {
    ::ptrace(PTRACE_SYSCALL, pid, 0, static_cast<long>(signal));
  }

  void write_log(const std::string& kind) const {
    const std::string line = "fault_injector: " + kind + "\n";
    if (::write(log_, line.data(), line.size()) < 0) std::fputs(line.c_str(), stderr);
  }

  const FaultAction action_;
  const int log_;
  std::set<pid_t> tracees_;
  pid_t program_ = 0;
  long steps_ = 0;
  bool counting_ = false;  // starts with the program's first instruction
  bool injected_ = false;
  bool killed_ = false;
  pid_t failing_ = 0;
  pid_t delayed_ = 0;
  double delay_end_ = 0;
};

[[noreturn]] void exec_traced(char** program) {
  ::ptrace(PTRACE_TRACEME, 0, 0, 0);
  ::raise(SIGSTOP);
  ::execv(program[0], program);
  ::_exit(127);
}

}  // namespace

int main(int argc, char** argv) {
  FaultAction action;
  if (argc < 5 || !parse(argv[2], action)) {
    std::fputs(
        "usage: fault_injector LOG kill|delay:SECONDS|fail:ERRNO|hang STEP PROGRAM [ARGUMENT…]\n",
        stderr);
    return kUsage;
  }
  (argv[3][0] == '@' ? action.call : action.step) = std::atol(argv[3] + (argv[3][0] == '@'));
  const pid_t program = ::fork();
  if (program == 0) exec_traced(argv + 4);
  const int status = FaultInjector(action, argv[1]).trace(program);
  if (status >= 0) return status;
  ::signal(-status, SIG_DFL);
  ::raise(-status);
  return 128 - status;
}
