// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/enable/diff.h"

#include <random>

#include <gtest/gtest.h>

namespace early::enable {
namespace {

TEST(Diff, IsEmptyForTheSameText) {
  EXPECT_EQ(unified_diff("/etc/a", "one\n", "one\n"), "");
  EXPECT_EQ(unified_diff("/etc/a", {}, {}), "");
}

TEST(Diff, HasThreeLinesOfContext) {
  EXPECT_EQ(unified_diff("/etc/a", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n"),
            "--- /etc/a\n+++ /etc/a\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
}

TEST(Diff, ShowsNewAndRemovedFiles) {
  EXPECT_EQ(unified_diff("/etc/a", {}, "1\n2\n"),
            "--- /dev/null\n+++ /etc/a\n@@ -0,0 +1,2 @@\n+1\n+2\n");
  EXPECT_EQ(unified_diff("/etc/a", "1\n", {}), "--- /etc/a\n+++ /dev/null\n@@ -1 +0,0 @@\n-1\n");
  EXPECT_EQ(unified_diff("/etc/a", {}, ""), "--- /dev/null\n+++ /etc/a\n");
}

TEST(Diff, ShowsMissingLineEnd) {
  EXPECT_EQ(unified_diff("/etc/a", "1", "1\n"),
            "--- /etc/a\n+++ /etc/a\n@@ -1 +1 @@\n-1\n\\ No newline at end of file\n+1\n");
}

TEST(Diff, JoinsChangesWhoseContextTouches) {
  const std::string between6 = "1\n2\n3\n4\n5\n6\n", between7 = between6 + "7\n";
  const auto hunks = [](const std::string& text) {
    size_t count = 0;
    for (size_t at = text.find("@@ -"); at != text.npos; at = text.find("@@ -", at + 1)) ++count;
    return count;
  };
  EXPECT_EQ(hunks(unified_diff("a", "x\n" + between6 + "x\n", "y\n" + between6 + "y\n")), 1u);
  EXPECT_EQ(hunks(unified_diff("a", "x\n" + between7 + "x\n", "y\n" + between7 + "y\n")), 2u);
}

// A file may have anything in it; the terminal gets none of it.
TEST(Diff, IsSafeToPrint) {
  EXPECT_EQ(unified_diff("/etc/\x1b[2J\n", {}, "\ta\x1b[31m\r\n\xff\n"),
            "--- /dev/null\n+++ /etc/?[2J?\n@@ -0,0 +1,2 @@\n+\ta?[31m?\n+\xef\xbf\xbd\n");
}

TEST(Diff, LargeFilesAreShownAsReplaced) {
  std::string before, after;
  for (int i = 0; i < 5000; ++i) {
    before += "a" + std::to_string(i) + "\n";
    after += "b" + std::to_string(i) + "\ncommon\n";
  }
  const std::string diff = unified_diff("a", before, after);
  EXPECT_NE(diff.find("@@ -1,5000 +1,10000 @@\n"), diff.npos);
}

struct Rebuilt {
  std::string before, after;
};

// Both texts, from a diff whose hunks cover everything.
Rebuilt rebuild(const std::string& diff) {
  Rebuilt texts;
  for (size_t at = 0, end = 0; at < diff.size(); at = end + 1) {
    end = diff.find('\n', at);
    const std::string line = diff.substr(at, end - at + 1);
    if (line.starts_with("---") || line.starts_with("+++") || line.starts_with("@@")) continue;
    if (line[0] != '+') texts.before += line.substr(1);
    if (line[0] != '-') texts.after += line.substr(1);
  }
  return texts;
}

TEST(Diff, LosesNoLine) {
  std::mt19937 random(1);
  const auto text = [&] {
    std::string lines;
    for (unsigned i = random() % 8; i > 0; --i) lines += std::string(1, "abc"[random() % 3]) + "\n";
    return lines;
  };
  for (int i = 0; i < 2000; ++i) {
    // Every change is at most three lines from the next, so the hunks cover all.
    const std::string before = text(), after = text();
    const std::string diff = unified_diff("f", "0\n" + before, "1\n" + after);
    const Rebuilt texts = rebuild(diff);
    ASSERT_TRUE(("0\n" + before).starts_with(texts.before)) << diff;
    ASSERT_TRUE(("1\n" + after).starts_with(texts.after)) << diff;
    ASSERT_EQ(before.substr(texts.before.size() - 2), after.substr(texts.after.size() - 2)) << diff;
  }
}

}  // namespace
}  // namespace early::enable
