// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/enable/interruption.h"

#include <csignal>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace early::enable {
namespace {

// What `body` prints to standard error, in a process of its own: signal handlers stay.
template <class Body>
std::string printed_by(const Body& body) {
  int ends[2];
  if (::pipe(ends) != 0) return "no pipe";
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::dup2(ends[1], STDERR_FILENO);
    note_interruptions();
    body();
    ::_exit(0);
  }
  ::close(ends[1]);
  char buffer[4096];
  std::string text;
  for (ssize_t got = 0; (got = ::read(ends[0], buffer, sizeof(buffer))) > 0;)
    text.append(buffer, static_cast<size_t>(got));
  ::close(ends[0]);
  int status = 0;
  EXPECT_EQ(::waitpid(pid, &status, 0), pid);
  return WIFEXITED(status) ? text : "a signal ended the process";
}

TEST(Interruption, IsAnsweredAtOnceWhileAProgramRuns) {
  EXPECT_EQ(printed_by([] {
              const AnswerToInterruption answer("waiting for a program to end");
              ::raise(SIGINT);
              ::raise(SIGINT);
              if (!interrupted()) ::abort();
            }),
            "\nvfio-early: waiting for a program to end.\n");
}

TEST(Interruption, IsOnlyNotedOtherwise) {
  EXPECT_EQ(printed_by([] {
              { const AnswerToInterruption answer("waiting for a program to end"); }
              if (interrupted()) ::abort();
              ::raise(SIGTERM);
              if (!interrupted()) ::abort();
            }),
            "");
}

}  // namespace
}  // namespace early::enable
