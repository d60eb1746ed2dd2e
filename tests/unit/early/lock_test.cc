// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/lock.h"

#include <cerrno>
#include <csignal>

#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/fake_tree.h"

namespace early {
namespace {

// A process that takes the lock, starts a child, sends the child's id and waits for a line. Then it
// exits, and the child continues to hang.
class Holder {
 public:
  explicit Holder(const host::Root& root) {
    EXPECT_EQ(::pipe(report_pipe_), 0);
    EXPECT_EQ(::pipe(line_pipe_), 0);
    pid_ = ::fork();
    if (pid_ == 0) hold(root);
    EXPECT_EQ(::read(report_pipe_[0], &child_pid_, sizeof(child_pid_)),
              ssize_t{sizeof(child_pid_)});
  }
  ~Holder() { ::kill(child_pid_, SIGKILL); }

  void end() {
    EXPECT_EQ(::write(line_pipe_[1], "\n", 1), 1);
    ::waitpid(pid_, nullptr, 0);
    EXPECT_EQ(::kill(child_pid_, 0), 0);
  }

 private:
  [[noreturn]] void hold(const host::Root& root) {
    const auto lock = take_lock(root, 0);
    const pid_t child = ::fork();
    if (child == 0)
      for (;;) ::pause();
    char line = 0;
    if (!lock || ::write(report_pipe_[1], &child, sizeof(child)) < 0 ||
        ::read(line_pipe_[0], &line, 1) < 0)
      ::_exit(1);
    ::_exit(0);
  }

  int report_pipe_[2] = {-1, -1};
  int line_pipe_[2] = {-1, -1};
  pid_t pid_ = 0;
  pid_t child_pid_ = 0;
};

TEST(Lock, IsReleasedWhenItsHolderExits) {
  FakeTree tree;
  tree.file("/run/vfio-early/lock", "");
  const host::Root root = tree.root();
  Holder holder(root);
  const auto refused = take_lock(root, 0);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, EWOULDBLOCK);
  holder.end();
  EXPECT_TRUE(take_lock(root, 0));
}

}  // namespace
}  // namespace early
