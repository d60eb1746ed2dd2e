// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/forked.h"

#include <cerrno>

#include <gtest/gtest.h>
#include <unistd.h>

namespace host {
namespace {

struct Pair {
  int first = 0;
  int second = 0;
};

TEST(AnswerOfChild, IsWhole) {
  const auto answer = answer_of_child<Pair>(60'000, "ask", [] { return Pair{7, ::getpid()}; });
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->first, 7);
  EXPECT_NE(answer->second, ::getpid()) << "a child answers";
}

TEST(AnswerOfChild, IsAnErrorWithTheStepIfTheChildEnds) {
  const auto answer = answer_of_child<int>(60'000, "ask", []() -> int { ::_exit(0); });
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, EIO);
  EXPECT_EQ(answer.error().step, "ask");
}

TEST(AnswerOfChild, IsNotWaitedForBeyondTheLimit) {
  const auto answer = answer_of_child<int>(50, "ask", [] { return ::pause(); });
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ETIMEDOUT);
}

}  // namespace
}  // namespace host
