// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a started program inherits, and its limits.
#include "host/child.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fstream>
#include <thread>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/text.h"
#include "tests/unit/fake_tree.h"
#include "tests/unit/without_system_call.h"

namespace host {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// A limit that no program here reaches, and one that each limited program exceeds.
constexpr milliseconds kLong{120'000}, kShort{100};

ChildRequest shell(const std::string& script, milliseconds limit = kLong) {
  return {.command = {"/bin/sh", "-c", script}, .limit = limit};
}

bool has_text(const Error& error, const std::string& words) {
  return describe(error).find(words) != std::string::npos;
}

// Sets a variable of this process's environment for a scope.
class ScopedVariable {
 public:
  ScopedVariable(const char* name, const std::string& value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    ::setenv(name, value.c_str(), 1);
  }
  ~ScopedVariable() { before_ ? ::setenv(name_, before_->c_str(), 1) : ::unsetenv(name_); }

 private:
  const char* name_;
  std::optional<std::string> before_;
};

// True if the process is gone, or a zombie that its new parent has not reaped yet.
bool has_died(const std::string& pid) {
  for (int i = 0; i < 1000; ++i) {
    std::ifstream status("/proc/" + pid + "/stat");
    std::string number, name, state;
    if (!(status >> number >> name >> state) || state == "Z") return true;
    std::this_thread::sleep_for(milliseconds(10));
  }
  return false;
}

TEST(FindProgram, SearchesOnlyFixedDirectories) {
  FakeTree tree;
  tree.file("/usr/local/bin/virsh", "").file("/home/alice/virsh", "");
  const ScopedVariable path("PATH", "/home/alice");
  EXPECT_EQ(find_program(tree.root(), "virsh").error().code, ENOENT);
  EXPECT_TRUE(
      has_text(find_program(tree.root(), "virsh").error(), "find virsh in /usr/sbin:/usr/bin:"));
  tree.file("/run/current-system/sw/bin/virsh", "");
  EXPECT_EQ(*find_program(tree.root(), "virsh"), "/run/current-system/sw/bin/virsh");
  tree.file("/usr/bin/virsh", "");
  EXPECT_EQ(*find_program(tree.root(), "virsh"), "/usr/bin/virsh");
}

TEST(Child, NeedsAnAbsolutePath) {
  FakeTree tree;
  tree.file("/sh", "#!/bin/sh\necho hostile\n");
  std::filesystem::permissions(tree.directory() / "sh", std::filesystem::perms::owner_all);
  const ScopedVariable path("PATH", tree.directory().string());
  for (const char* name : {"sh", "./sh", ""})
    EXPECT_EQ(run({.command = {name}, .limit = kLong}).error().code, EINVAL) << name;
  EXPECT_EQ(run({.command = {}, .limit = kLong}).error().code, EINVAL);
}

TEST(Child, HasAFixedEnvironment) {
  const ScopedVariable preload("LD_PRELOAD", "/home/alice/hostile.so"), path("PATH", "/home/alice"),
      language("LC_ALL", "de_DE.UTF-8");
  const auto environment = [](std::vector<std::string> more) {
    const std::string text =
        output_of({.command = {"/usr/bin/env"}, .limit = kLong, .environment = std::move(more)})
            .value_or("");
    std::vector<std::string> lines;
    for (const auto line : split(text, "\n")) lines.emplace_back(line);
    std::sort(lines.begin(), lines.end());
    return lines;
  };
  const std::string ours = "PATH=/usr/sbin:/usr/bin:/sbin:/bin:/run/current-system/sw/bin";
  using Lines = std::vector<std::string>;
  EXPECT_EQ(environment({}), (Lines{"HOME=/", "LC_ALL=C", ours, "TERM=dumb"}));
  EXPECT_EQ(environment({"MORE=1", "HOME=/root"}),
            (Lines{"HOME=/root", "LC_ALL=C", "MORE=1", ours, "TERM=dumb"}));
}

TEST(Child, InheritsNoDescriptor) {
  const int inherited = ::fcntl(1, F_DUPFD, 70);  // not close-on-exec
  ASSERT_EQ(inherited, 70);
  const auto open_files = [] {
    // 3 is the directory that ls reads.
    EXPECT_EQ(output_of({.command = {"/bin/ls", "/proc/self/fd"}, .limit = kLong}).value_or(""),
              "0\n1\n2\n3\n");
  };
  open_files();
  {
    SCOPED_TRACE("without close_range");
    without_system_call<SYS_close_range>(open_files);
  }
  ::close(inherited);
}

TEST(Child, StandardInputIsDevNull) {
  EXPECT_EQ(*output_of({.command = {"/bin/cat"}, .limit = kLong}), "");
  EXPECT_EQ(*output_of(shell("readlink /proc/self/fd/0")), "/dev/null\n");
}

// The pipes then have the descriptors of the child's own input and outputs.
TEST(Child, CanBeStartedWithoutStandardInputAndOutput) {
  const int in = ::fcntl(0, F_DUPFD_CLOEXEC, 10), out = ::fcntl(1, F_DUPFD_CLOEXEC, 10);
  ::close(0);
  ::close(1);
  const auto output = run(shell("cat; echo one; echo two >&2"));
  ::dup2(in, 0);
  ::dup2(out, 1);
  ::close(in);
  ::close(out);
  ASSERT_TRUE(output);
  EXPECT_EQ(output->out, "one\n");
  EXPECT_EQ(output->err, "two\n");
}

TEST(Child, HasNoSignalBlockedOrIgnored) {
  sigset_t terminate, before;
  ::sigemptyset(&terminate);
  ::sigaddset(&terminate, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &terminate, &before);
  const auto handler = std::signal(SIGPIPE, SIG_IGN);
  const auto seen = output_of(
      {.command = {"/bin/grep", "-E", "^Sig(Blk|Ign):", "/proc/self/status"}, .limit = kLong});
  std::signal(SIGPIPE, handler);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  EXPECT_EQ(seen.value_or(""), "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

TEST(Child, HasItsOwnSession) {
  const auto seen =
      output_of({.command = {"/usr/bin/cut", "-d ", "-f1,5,6", "/proc/self/stat"}, .limit = kLong});
  const auto numbers = split(*seen);  // process, group, session
  ASSERT_EQ(numbers.size(), 3u);
  EXPECT_EQ(numbers[1], numbers[0]);
  EXPECT_EQ(numbers[2], numbers[0]);
}

TEST(Child, TimeoutKillsItAndItsChildren) {
  const auto began = steady_clock::now();
  // Both processes hold the pipe. On a busy machine the output may take longer than the short
  // limit.
  const std::string script = "sleep 1000 & echo $!; wait";
  auto output = run(shell(script, milliseconds(1500)));
  ASSERT_TRUE(output);
  if (output->out.empty()) output = run(shell(script, milliseconds(31500)));
  ASSERT_TRUE(output && !output->out.empty());
  ASSERT_TRUE(output->failure);
  EXPECT_EQ(output->failure->code, ETIMEDOUT);
  EXPECT_TRUE(has_text(*output->failure, "run /bin/sh (time limit ")) << describe(*output->failure);
  EXPECT_TRUE(has_text(*output->failure, "1.500 s)")) << describe(*output->failure);
  EXPECT_TRUE(has_died(std::string(trim(output->out)))) << output->out;
  EXPECT_LT(steady_clock::now() - began, std::chrono::seconds(500)) << "it waited for sleep 1000";
}

TEST(Child, ItsBackgroundProcessesAreKilled) {
  EXPECT_EQ(output_of(shell("sleep 1000 & exit 0", kShort)).error().code, ETIMEDOUT);
  EXPECT_EQ(output_of(shell("exec >&- 2>&-; sleep 1000", kShort)).error().code, ETIMEDOUT);
  // The program may end before its child, but the child is killed.
  const auto pid = output_of(shell("sleep 1000 >/dev/null 2>&1 & echo $!"));
  ASSERT_TRUE(pid) << describe(pid.error());
  EXPECT_TRUE(has_died(std::string(trim(*pid)))) << *pid;
}

TEST(Child, IsKilledWhenItWritesTooMuch) {
  for (const char* script : {"exec yes", "exec yes >&2"}) {
    ChildRequest request = shell(script);
    request.output_limit = 1000;
    const auto output = run(request);
    ASSERT_TRUE(output && output->failure) << script;
    EXPECT_EQ(output->failure->code, EFBIG);
    EXPECT_TRUE(has_text(*output->failure, "run /bin/sh (output limit 1000 bytes)"));
    EXPECT_LT(output->out.size() + output->err.size(), 100'000u);
  }
  ChildRequest endless = shell("exec yes", kShort);
  endless.output_limit = SIZE_MAX;
  EXPECT_EQ(output_of(endless).error().code, ETIMEDOUT);
}

TEST(Child, MustEndSoonAfterItsWorkIsDone) {
  int questions = 0;
  ChildRequest request = shell("sleep 1000");
  request.is_done = [&] { return ++questions == 2; };
  request.end_limit = kShort;
  const auto output = run(request);
  ASSERT_TRUE(output && output->failure);
  EXPECT_EQ(output->failure->code, ETIMEDOUT);
  EXPECT_TRUE(has_text(*output->failure, "(time limit 0.100 s after its work was done)"))
      << describe(*output->failure);
  EXPECT_EQ(questions, 2) << "it is not asked again";
  EXPECT_LT(output->took, kLong / 2);
}

TEST(Child, MayEndByItselfAfterItsWorkIsDone) {
  ChildRequest request = shell("sleep 1.2; echo end; exec >&- 2>&-; sleep 1.2; exit 3");
  request.is_done = [] { return true; };
  request.end_limit = kLong;
  const auto output = run(request);
  ASSERT_TRUE(output && output->failure);
  EXPECT_EQ(output->status, 3) << describe(*output->failure);
  EXPECT_EQ(output->out, "end\n");
}

TEST(Child, ItsLimitAppliesUntilItsWorkIsDone) {
  ChildRequest request = shell("exec >&- 2>&-; sleep 1000", milliseconds(700));
  request.is_done = [] { return false; };
  request.end_limit = kLong;
  const auto output = run(request);
  ASSERT_TRUE(output && output->failure);
  EXPECT_TRUE(has_text(*output->failure, "(time limit 0.700 s)")) << describe(*output->failure);
}

TEST(Child, OlderOutputCanBeDropped) {
  ChildRequest request = shell("seq 100000; seq 100000 >&2; echo last; echo end >&2");
  request.output_limit = 2000;
  request.only_end = true;
  const auto output = run(request);
  ASSERT_TRUE(output);
  EXPECT_FALSE(output->failure);
  for (const std::string& text : {output->out, output->err}) EXPECT_EQ(text.size(), 1000u);
  EXPECT_TRUE(output->out.ends_with("\n100000\nlast\n"));
  EXPECT_TRUE(output->err.ends_with("\n100000\nend\n"));
}

TEST(Child, FailureToStartIsAnError) {
  FakeTree tree;
  tree.file("/text", "no program");
  const std::string text = tree.directory() / "text";
  const auto missing = run({.command = {"/nowhere"}, .limit = kLong});
  ASSERT_FALSE(missing);
  EXPECT_EQ(describe(missing.error()), "run /nowhere: No such file or directory");
  EXPECT_EQ(run({.command = {text}, .limit = kLong}).error().code, EACCES);
}

TEST(Child, ExitStatusAndSignalAreReported) {
  EXPECT_EQ(*output_of(shell("echo one; echo two >&2")), "one\n");
  const auto exit = output_of(shell("echo first >&2; echo no such domain >&2; exit 3"));
  EXPECT_EQ(describe(exit.error()), "run /bin/sh: exit status 3: no such domain");
  const auto killed = run(shell("kill -SEGV $$"));
  ASSERT_TRUE(killed && killed->failure);
  EXPECT_EQ(killed->status, -1);
  EXPECT_TRUE(has_text(*killed->failure, "run /bin/sh: ended by signal 11 (Segmentation fault"))
      << describe(*killed->failure);
}

TEST(Child, UnknownExitStatusIsAFailure) {
  const auto handler = std::signal(SIGCHLD, SIG_IGN);  // the kernel keeps no exit status then
  const auto output = run(shell("exit 3"));
  std::signal(SIGCHLD, handler);
  ASSERT_TRUE(output && output->failure);
  EXPECT_EQ(describe(*output->failure), "wait for /bin/sh: No child processes");
}

TEST(Child, EndsWithItsParent) {
  FakeTree tree;
  const std::string file = tree.directory() / "pid";
  const pid_t starter = ::fork();
  if (starter == 0) {
    (void)run(shell("echo $$ > " + file + ".partial; mv " + file + ".partial " + file +
                    "; exec sleep 1000"));
    ::_exit(0);
  }
  while (!std::filesystem::exists(file)) std::this_thread::sleep_for(milliseconds(10));
  ::kill(starter, SIGKILL);
  ::waitpid(starter, nullptr, 0);
  EXPECT_TRUE(has_died(std::string(trim(tree.text("/pid")))));
}

TEST(Quoted, QuotesForAShell) {
  EXPECT_EQ(quoted({"a b", "it's"}), "'a b' 'it'\\''s'\n");
}

}  // namespace
}  // namespace host
