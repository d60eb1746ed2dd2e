// SPDX-License-Identifier: GPL-2.0-or-later
//
// Kills enable, disable and recovery before each system call that writes, or lets it and all that
// follow fail as on a full disk. The next run must leave the machine as it was before, or
// completely changed. See ptrace(2).
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <functional>

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>

#include "tests/unit/early/enable/changed_machine.h"
#include "tests/unit/without_system_call.h"

namespace early::enable {
namespace {

// Reads a word of the stopped process.
long word_at(pid_t pid, uint64_t address) {
  return ::ptrace(PTRACE_PEEKDATA, pid, address, nullptr);
}

bool writes(pid_t pid, uint64_t number, const uint64_t (&arguments)[6]) {
  constexpr uint64_t kCreates = O_CREAT | O_TRUNC;
  switch (number) {
#ifdef SYS_open
    case SYS_open:
      return (arguments[1] & kCreates) != 0;
    case SYS_rename:
    case SYS_link:
    case SYS_symlink:
    case SYS_unlink:
    case SYS_mkdir:
    case SYS_rmdir:
    case SYS_chmod:
    case SYS_chown:
#endif
    case SYS_renameat2:
    case SYS_renameat:
    case SYS_linkat:
    case SYS_symlinkat:
    case SYS_unlinkat:
    case SYS_mkdirat:
    case SYS_write:
    case SYS_writev:
    case SYS_pwrite64:
    case SYS_ftruncate:
    case SYS_truncate:
    case SYS_fsync:
    case SYS_fdatasync:
    case SYS_fchmod:
    case SYS_fchmodat:
    case SYS_fchown:
    case SYS_fchownat:
    case SYS_fsetxattr:
      return true;
    case SYS_openat:
      return (arguments[2] & kCreates) != 0;
    case SYS_openat2:
      static_assert(offsetof(open_how, flags) == 0);
      return (static_cast<uint64_t>(word_at(pid, arguments[2])) & kCreates) != 0;
    default:
      return false;
  }
}

// A full disk can still remove, rename and synchronize names.
bool needs_space(uint64_t number) {
  return number == SYS_openat || number == SYS_openat2 || number == SYS_write ||
         number == SYS_writev || number == SYS_mkdirat || number == SYS_fsetxattr;
}

// Lets a system call fail: at its entry, there is no call with this number; at its exit, the result
// is set.
void skip_call(pid_t pid) {
  ::ptrace(PTRACE_POKEUSER, pid, offsetof(user_regs_struct, orig_rax), -1L);
}
void set_result(pid_t pid, long result) {
  ::ptrace(PTRACE_POKEUSER, pid, offsetof(user_regs_struct, rax), result);
}

enum class Fault { kKill, kFullDisk };
enum class End { kItself, kKilled, kFailed, kNotTraced };

struct TracedRun {
  End end;
  long calls;  // that write
};

// Runs `body` in a process. Its call number `first` that writes is the first one with the fault.
class Tracer {
 public:
  Tracer(Fault fault, long first) : fault_(fault), first_(first) {}

  TracedRun run(const std::function<void()>& body) {
    pid_ = ::fork();
    if (pid_ == 0) {
      if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) < 0) ::_exit(1);
      ::raise(SIGSTOP);
      body();
      ::_exit(testing::Test::HasFailure() ? 1 : 0);
    }
    int status = 0;
    if (::waitpid(pid_, &status, 0) != pid_ || !WIFSTOPPED(status)) return {End::kNotTraced, 0};
    ::ptrace(PTRACE_SETOPTIONS, pid_, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
    while ((killed_ || ::ptrace(PTRACE_SYSCALL, pid_, nullptr, nullptr) == 0) &&
           ::waitpid(pid_, &status, 0) == pid_ && WIFSTOPPED(status))
      if (WSTOPSIG(status) == (SIGTRAP | 0x80)) stopped();
    if (WIFSIGNALED(status) && killed_) return {End::kKilled, calls_};
    const bool ended = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    return {ended ? End::kItself : End::kFailed, calls_};
  }

 private:
  void stopped() {
    __ptrace_syscall_info call = {};
    if (::ptrace(PTRACE_GET_SYSCALL_INFO, pid_, sizeof(call), &call) <= 0) return;
    if (call.op == PTRACE_SYSCALL_INFO_EXIT && failing_) set_result(pid_, -ENOSPC);
    failing_ = false;
    if (call.op != PTRACE_SYSCALL_INFO_ENTRY || !writes(pid_, call.entry.nr, call.entry.args) ||
        ++calls_ < first_)
      return;
    if (fault_ == Fault::kKill) {
      killed_ = true;
      ::kill(pid_, SIGKILL);
    } else if (needs_space(call.entry.nr)) {
      failing_ = true;
      skip_call(pid_);
    }
  }

  Fault fault_;
  long first_, calls_ = 0;
  pid_t pid_ = 0;
  bool killed_ = false, failing_ = false;
};

using Step = std::function<void(ChangedMachine&)>;

std::vector<Snapshot> snapshots(const std::vector<Step>& steps) {
  std::vector<Snapshot> all;
  for (const Step& reach : steps) {
    ChangedMachine machine;
    reach(machine);
    all.push_back(machine.snapshot());
  }
  return all;
}

// `prepare` a machine, run `step` with the fault, recover without it: one of the `allowed` states.
// For each call of `step`. Returns the number of faults.
long sweep(Fault fault, const Step& prepare, const Step& step, const std::vector<Step>& allowed) {
  const std::vector<Snapshot> states = snapshots(allowed);
  for (long first = 1;; ++first) {
    ChangedMachine machine;
    prepare(machine);
    const TracedRun run = Tracer(fault, first).run([&] { step(machine); });
    EXPECT_NE(run.end, End::kNotTraced) << "ptrace(2) is not permitted here: nothing is tested";
    EXPECT_NE(run.end, End::kFailed) << "the process failed before call " << first;
    if (run.end == End::kNotTraced || run.end == End::kFailed) return 0;
    const Outcome recovered = recover(machine.root(), machine.actions());
    const bool whole = recovered.done() &&
                       std::find(states.begin(), states.end(), machine.snapshot()) != states.end();
    EXPECT_TRUE(whole) << "fault at call " << first;
    if (!whole) return 0;
    if (run.end == End::kItself && run.calls < first) return first - 1;
  }
}

void nothing(ChangedMachine&) {}

void enable_first(ChangedMachine& machine) {
  EXPECT_TRUE(enable(machine.root(), machine.first_card(), machine.actions()).done());
}

void enable_second(ChangedMachine& machine) {
  EXPECT_TRUE(enable(machine.root(), machine.second_card(), machine.actions()).done());
}

void enable_both(ChangedMachine& machine) {
  enable_first(machine);
  enable_second(machine);
}

void disable_all(ChangedMachine& machine) {
  EXPECT_TRUE(disable(machine.root(), {}, machine.actions()).done());
}

void disable_second(ChangedMachine& machine) {
  EXPECT_TRUE(disable(machine.root(), "video", machine.actions()).done());
}

void fail_to_enable(ChangedMachine& machine) {
  machine.let_image_be_wrong();
  EXPECT_TRUE(enable(machine.root(), machine.first_card(), machine.actions()).as_before());
}

using FaultSweep = InMemoryTest;

TEST_F(FaultSweep, KnowsThatPtraceIsNotPermitted) {
  without_system_call<SYS_ptrace>(
      [] { EXPECT_EQ(Tracer(Fault::kKill, 1).run([] {}).end, End::kNotTraced); });
}

TEST_F(FaultSweep, Enable) {
  const long kills = sweep(Fault::kKill, nothing, enable_first, {nothing, enable_first});
  std::printf("enable: %ld kills\n", kills);
  EXPECT_GT(kills, 100);
}

TEST_F(FaultSweep, EnableSecondCard) {
  const long kills = sweep(Fault::kKill, enable_first, enable_second, {enable_first, enable_both});
  std::printf("enable a second card: %ld kills\n", kills);
  EXPECT_GT(kills, 30);
}

TEST_F(FaultSweep, FailedEnable) {
  const long kills = sweep(Fault::kKill, nothing, fail_to_enable, {nothing});
  std::printf("enable that fails and is taken back: %ld kills\n", kills);
  EXPECT_GT(kills, 150);
}

TEST_F(FaultSweep, Disable) {
  const long kills = sweep(Fault::kKill, enable_first, disable_all, {nothing, enable_first});
  std::printf("disable: %ld kills\n", kills);
  EXPECT_GT(kills, 80);
}

// Our lines are taken out of it once, also if that is repeated.
TEST_F(FaultSweep, DisableWithAnEditedFile) {
  const auto enable_and_edit = [](ChangedMachine& machine) {
    enable_first(machine);
    machine.tree().file(ChangedMachine::kGrub,
                        "mine\n" + machine.text(ChangedMachine::kGrub) + "mine\n");
  };
  const auto disable_edited = [&](ChangedMachine& machine) {
    enable_and_edit(machine);
    disable_all(machine);
    EXPECT_EQ(machine.text(ChangedMachine::kGrub), "mine\n" + ChangedMachine::kGrubText + "mine\n");
  };
  const long kills =
      sweep(Fault::kKill, enable_and_edit, disable_all, {disable_edited, enable_and_edit});
  std::printf("disable with an edited file: %ld kills\n", kills);
  EXPECT_GT(kills, 80);
}

TEST_F(FaultSweep, DisableOneOfTwoCards) {
  const long kills = sweep(Fault::kKill, enable_both, disable_second, {enable_first, enable_both});
  std::printf("disable one of two cards: %ld kills\n", kills);
  EXPECT_GT(kills, 20);
}

// Also what repairs must be repairable.
TEST_F(FaultSweep, Recovery) {
  const auto kill_in_rebuild = [](ChangedMachine& machine) {
    Actions actions = machine.actions();
    actions.judge = []() -> host::Result<void> { ::_exit(0); };
    const pid_t pid = ::fork();
    if (pid == 0) {
      (void)enable(machine.root(), machine.first_card(), actions);
      ::_exit(1);
    }
    int status = 0;
    ::waitpid(pid, &status, 0);
    ASSERT_EQ(status, 0);
  };
  const auto recover_all = [](ChangedMachine& machine) {
    EXPECT_TRUE(recover(machine.root(), machine.actions()).done());
  };
  const long kills = sweep(Fault::kKill, kill_in_rebuild, recover_all, {nothing});
  std::printf("recovery: %ld kills\n", kills);
  EXPECT_GT(kills, 80);
}

TEST_F(FaultSweep, EnableOnFullDisk) {
  const auto try_enable = [](ChangedMachine& machine) {
    (void)enable(machine.root(), machine.first_card(), machine.actions());
  };
  const long faults = sweep(Fault::kFullDisk, nothing, try_enable, {nothing, enable_first});
  std::printf("enable on a full disk: %ld faults\n", faults);
  EXPECT_GT(faults, 100);
}

TEST_F(FaultSweep, DisableOnFullDisk) {
  const auto try_disable = [](ChangedMachine& machine) {
    (void)disable(machine.root(), "video", machine.actions());
  };
  const long faults =
      sweep(Fault::kFullDisk, enable_both, try_disable, {enable_first, enable_both});
  std::printf("disable on a full disk: %ld faults\n", faults);
  EXPECT_GT(faults, 20);
}

}  // namespace
}  // namespace early::enable
