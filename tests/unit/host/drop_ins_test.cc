// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/drop_ins.h"

#include <sys/stat.h>

#include "tests/unit/fake_tree.h"

namespace host {
namespace {

using Words = std::vector<std::string>;

constexpr const char* kDirectories[] = {"/etc/x.d", "/usr/lib/x.d"};

bool is_conf(std::string_view name) {
  return name.ends_with(".conf");
}

TEST(DropIns, AreReadInOrder) {
  FakeTree tree;
  tree.file("/usr/lib/x.d/a.conf", "hidden").file("/usr/lib/x.d/0.conf", "package");
  tree.file("/etc/x.d/b.conf", "second").file("/etc/x.d/a.conf", "first");
  tree.file("/etc/x.d/c.bak", "no");
  Words unread, texts;
  for (const DropIn& file : read_drop_ins(tree.root(), kDirectories, is_conf, &unread))
    texts.push_back(file.path + " " + file.text);
  EXPECT_EQ(texts, (Words{"/etc/x.d/a.conf first", "/etc/x.d/b.conf second",
                          "/usr/lib/x.d/0.conf package"}));
  EXPECT_EQ(unread, Words{});
}

TEST(DropIns, ThatAreNotReadAreReported) {
  FakeTree tree;
  tree.file("/etc/x.d/large.conf", std::string(kMaxDropIn + 5000, '#'));
  tree.file("/usr/lib/x.d/large.conf", "hidden");
  tree.file("/etc/x.d/a.conf", "a");
  ASSERT_EQ(::mkfifo((tree.directory() / "etc/x.d/pipe.conf").c_str(), 0600), 0);
  Words unread;
  EXPECT_EQ(read_drop_ins(tree.root(), kDirectories, is_conf, &unread).size(), 1u);
  EXPECT_EQ(unread, (Words{"/etc/x.d/large.conf", "/etc/x.d/pipe.conf"}));
  EXPECT_EQ(read_drop_ins(tree.root(), kDirectories, is_conf).size(), 1u);
}

// Nothing can be in them.
TEST(DropIns, ThatAreMissingAreNotReported) {
  FakeTree tree;
  tree.file("/etc/x.d/directory.conf/file", "").link("/etc/x.d/dangling.conf", "/no/such/file");
  Words unread;
  EXPECT_TRUE(read_drop_ins(tree.root(), kDirectories, is_conf, &unread).empty());
  EXPECT_EQ(unread, Words{});
}

// "NUMBER:LINE" of each line.
Words joined(std::string_view text, Comment comment) {
  Words lines;
  each_joined_line(text, comment, [&](std::string_view line, int number) {
    lines.push_back(std::to_string(number) + ":" + std::string(line));
  });
  return lines;
}

TEST(JoinedLines, HaveTheNumberOfTheFirst) {
  for (const Comment comment : {Comment::kIsContinued, Comment::kIsOneLine}) {
    EXPECT_EQ(joined("a \\\n b\\\nc\n\n  # no\nd", comment), (Words{"1:a  bc", "6:d"}));
    EXPECT_EQ(joined("a\\", comment), Words{"1:a"});
    EXPECT_EQ(joined("\\\n\n \n", comment), Words{});
    EXPECT_EQ(joined("", comment), Words{});
  }
}

TEST(JoinedLines, CommentMayBeContinued) {
  constexpr const char* kText = "# a \\\nb\nc\n";
  EXPECT_EQ(joined(kText, Comment::kIsContinued), Words{"3:c"});
  EXPECT_EQ(joined(kText, Comment::kIsOneLine), (Words{"2:b", "3:c"}));
  constexpr const char* kBetween = "a \\\n# b\nc\n";
  EXPECT_EQ(joined(kBetween, Comment::kIsContinued), (Words{"1:a # b", "3:c"}));
  EXPECT_EQ(joined(kBetween, Comment::kIsOneLine), Words{"1:a c"});
}

}  // namespace
}  // namespace host
