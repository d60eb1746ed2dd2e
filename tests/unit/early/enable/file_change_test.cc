// SPDX-License-Identifier: GPL-2.0-or-later
//
// One changed file: what is kept, and what is refused.
#include "early/enable/file_change.h"

#include <cerrno>

#include <sys/stat.h>
#include <sys/xattr.h>

#include "early/enable/text_file.h"
#include "tests/unit/early/enable/changed_machine.h"

namespace early::enable {
namespace {

class FileChangeTest : public testing::Test {
 protected:
  // Proposes the change, as transaction.cc does.
  Entry proposed(const FileChange& change) {
    auto entry = propose_file(machine_.root(), change);
    EXPECT_TRUE(entry) << describe(entry.error());
    if (!entry) return {};
    entry->number = 1;
    EXPECT_TRUE(save_copies(machine_.root(), *entry, change.after));
    return *entry;
  }
  Entry applied(const FileChange& change) {
    const Entry entry = proposed(change);
    EXPECT_TRUE(apply_file(machine_.root(), entry, change.after));
    return entry;
  }
  std::string refusal(const FileChange& change) {
    const Snapshot before = machine_.snapshot();
    const auto entry = propose_file(machine_.root(), change);
    EXPECT_EQ(machine_.snapshot(), before);
    return entry ? "" : describe(entry.error());
  }
  Content content(const Entry& entry) { return *content_of(machine_.root(), entry); }

  static FileChange edit(const std::string& file, const std::string& before = "old\n") {
    return {"", file, before, "new\n"};
  }

  ChangedMachine machine_;
  FakeTree& tree_ = machine_.tree();
  const FileChange grub_{"", ChangedMachine::kGrub, ChangedMachine::kGrubText, "new\n"};
  const FileChange fresh_{"", ChangedMachine::kDropIn, {}, "new\n", 0604};
};

TEST_F(FileChangeTest, KeepsModeAndOwner) {
  const struct stat before = machine_.about(grub_.file);
  const Entry entry = applied(grub_);
  EXPECT_EQ(machine_.text(grub_.file), "new\n");
  for (int round = 0; round < 2; ++round) {
    const struct stat now = machine_.about(grub_.file);
    EXPECT_EQ(now.st_mode, before.st_mode);
    EXPECT_EQ(now.st_uid, before.st_uid);
    EXPECT_EQ(now.st_gid, before.st_gid);
    ASSERT_TRUE(undo_file(machine_.root(), entry));
  }
  EXPECT_EQ(machine_.text(grub_.file), ChangedMachine::kGrubText);
}

TEST_F(FileChangeTest, KeepsModeThatTheUserSetSince) {
  const Entry entry = applied(grub_);
  machine_.set_mode(grub_.file, 0600);
  ASSERT_TRUE(undo_file(machine_.root(), entry));
  EXPECT_EQ(machine_.mode(grub_.file), 0600u);
}

TEST_F(FileChangeTest, KeepsExtendedAttributes) {
  const std::string path = tree_.directory() / (grub_.file.substr(1));
  if (::setxattr(path.c_str(), "user.label", "x", 1, 0) < 0 && errno == EOPNOTSUPP)
    GTEST_SKIP() << "the file system has no extended attributes";
  const Entry entry = applied(grub_);
  char value = 0;
  EXPECT_EQ(::getxattr(path.c_str(), "user.label", &value, 1), 1);
  EXPECT_EQ(value, 'x');
  ASSERT_TRUE(undo_file(machine_.root(), entry));
  EXPECT_EQ(::getxattr(path.c_str(), "user.label", &value, 1), 1);
}

TEST_F(FileChangeTest, NewFileHasItsModeWhateverTheUmaskIs) {
  const mode_t old = ::umask(077);
  const Entry entry = applied(fresh_);
  ::umask(old);
  EXPECT_EQ(machine_.mode(fresh_.file), 0604u);
  EXPECT_EQ(machine_.mode("/etc/default/grub.d"), 0755u);
  EXPECT_EQ(machine_.mode("/etc/default/grub.d/local"), 0755u);
  ASSERT_TRUE(undo_file(machine_.root(), entry));
  EXPECT_FALSE(machine_.exists(fresh_.file));
}

TEST_F(FileChangeTest, RemovedFileComesBackWithModeAndOwner) {
  machine_.set_mode(grub_.file, 0604);
  const struct stat before = machine_.about(grub_.file);
  const Entry entry = applied({"", grub_.file, ChangedMachine::kGrubText, {}});
  EXPECT_FALSE(machine_.exists(grub_.file));
  ASSERT_TRUE(undo_file(machine_.root(), entry));
  EXPECT_EQ(machine_.text(grub_.file), ChangedMachine::kGrubText);
  EXPECT_EQ(machine_.mode(grub_.file), 0604u);
  EXPECT_EQ(machine_.about(grub_.file).st_uid, before.st_uid);
  EXPECT_EQ(machine_.about(grub_.file).st_gid, before.st_gid);
}

TEST_F(FileChangeTest, CopyIsAsSecretAsTheOriginal) {
  machine_.set_mode(grub_.file, 0600);
  const Entry entry = proposed(grub_);
  EXPECT_EQ(machine_.mode(entry.before_copy()), 0600u);
  EXPECT_EQ(machine_.mode(entry.after_copy()), 0600u);
  EXPECT_EQ(machine_.about(entry.before_copy()).st_uid, machine_.about(grub_.file).st_uid);
}

TEST_F(FileChangeTest, ApplyAndUndoMayBeRepeated) {
  for (const FileChange& change : {grub_, fresh_}) {
    const Entry entry = proposed(change);
    EXPECT_EQ(content(entry), Content::kBefore);
    ASSERT_TRUE(undo_file(machine_.root(), entry));  // not applied yet
    for (int i = 0; i < 2; ++i) ASSERT_TRUE(apply_file(machine_.root(), entry, change.after));
    EXPECT_EQ(content(entry), Content::kAfter);
    for (int i = 0; i < 2; ++i) ASSERT_TRUE(undo_file(machine_.root(), entry));
    EXPECT_EQ(content(entry), Content::kBefore);
    ASSERT_TRUE(remove_unused_copies(machine_.root(), {}));
  }
}

TEST_F(FileChangeTest, NeverOverwritesAnEdit) {
  const Entry entry = applied(grub_);
  tree_.file(grub_.file, "new mine\n");
  EXPECT_EQ(content(entry), Content::kOther);
  const auto undone = undo_file(machine_.root(), entry);
  ASSERT_FALSE(undone);
  EXPECT_EQ(describe(undone.error()),
            "/etc/default/grub was changed by the user or by another program");
  EXPECT_FALSE(apply_file(machine_.root(), entry, grub_.after));
  EXPECT_EQ(machine_.text(grub_.file), "new mine\n");
  EXPECT_EQ(diff_to_undo(machine_.root(), entry),
            "--- /etc/default/grub\n+++ /etc/default/grub\n@@ -1 +1 @@\n-new\n+GRUB_DEFAULT=0\n");
}

TEST_F(FileChangeTest, RefusesToProposeOverAnEdit) {
  tree_.file(grub_.file, "mine\n");
  EXPECT_EQ(refusal(grub_), "/etc/default/grub was changed by the user or by another program");
  tree_.file(fresh_.file, "mine\n");
  EXPECT_NE(refusal(fresh_), "");
  EXPECT_NE(refusal(edit("/etc/none")), "");
}

TEST_F(FileChangeTest, MissingCopyIsAnErrorThatNamesIt) {
  const Entry entry = applied(grub_);
  ASSERT_TRUE(machine_.root().remove(entry.before_copy()));
  const auto undone = undo_file(machine_.root(), entry);
  ASSERT_FALSE(undone);
  EXPECT_EQ(describe(undone.error()),
            "read /var/lib/vfio-early/enable/before/1-grub, the saved text of /etc/default/grub: "
            "No such file or directory");
  EXPECT_EQ(machine_.text(grub_.file), "new\n");
  EXPECT_EQ(diff_to_undo(machine_.root(), entry), "");
}

TEST_F(FileChangeTest, DamagedCopyIsNotRestored) {
  const Entry entry = applied(grub_);
  tree_.file(entry.before_copy(), "other\n");
  const auto undone = undo_file(machine_.root(), entry);
  ASSERT_FALSE(undone);
  EXPECT_NE(describe(undone.error()).find("1-grub is damaged"), std::string::npos);
  EXPECT_EQ(machine_.text(grub_.file), "new\n");
}

TEST_F(FileChangeTest, ChangesTheFileThatALinkLeadsTo) {
  tree_.link("/etc/absolute", ChangedMachine::kLink);
  const Entry entry =
      applied({"", "/etc/absolute", "HOOKS=(base udev)\n", "HOOKS=(base vfio-early udev)\n"});
  EXPECT_EQ(entry.file, "/etc/mkinitcpio.d/default.conf");
  EXPECT_TRUE(std::filesystem::is_symlink(tree_.directory() / "etc/absolute"));
  EXPECT_TRUE(std::filesystem::is_symlink(tree_.directory() / (ChangedMachine::kLink + 1)));
  EXPECT_EQ(machine_.text(ChangedMachine::kLinked), "HOOKS=(base vfio-early udev)\n");
  EXPECT_EQ(machine_.mode(ChangedMachine::kLinked), 0444u);
  ASSERT_TRUE(undo_file(machine_.root(), entry));
  EXPECT_EQ(machine_.text(ChangedMachine::kLinked), "HOOKS=(base udev)\n");
}

// As if the user had moved the directory to another disk.
TEST_F(FileChangeTest, LinkedDirectoryIsNotRemoved) {
  tree_.file("/srv/state/x", "").link("/var/lib/vfio-early", "/srv/state");
  EXPECT_TRUE(remove_directory(tree_.root(), "/var/lib/vfio-early"));
  EXPECT_EQ(tree_.root().link_target("/var/lib/vfio-early"), "/srv/state");
  tree_.link("/etc/linked.d", "/nowhere");
  for (const std::string& missing : missing_directories(tree_.root(), "/etc/linked.d/x"))
    EXPECT_NE(missing, "/etc/linked.d") << "a link to nothing is no missing directory";
}

TEST_F(FileChangeTest, LinksStayInsideTheTree) {
  tree_.link("/etc/outside", "../../../../../../../../etc/default/grub");
  const Entry entry = applied({"", "/etc/outside", ChangedMachine::kGrubText, "new\n"});
  EXPECT_EQ(machine_.text(ChangedMachine::kGrub), "new\n");
}

// A link that the user put in place of the file since.
TEST_F(FileChangeTest, DoesNotFollowANewLink) {
  const Entry entry = applied(grub_);
  tree_.file("/etc/other", "new\n");
  ASSERT_TRUE(machine_.root().remove(grub_.file));
  tree_.link(grub_.file, "../other");
  EXPECT_FALSE(undo_file(machine_.root(), entry));
  EXPECT_EQ(machine_.text("/etc/other"), "new\n");
  EXPECT_TRUE(undo_file(machine_.root(), entry, Edited::kForget));
  EXPECT_EQ(machine_.text("/etc/other"), "new\n");
  EXPECT_TRUE(std::filesystem::is_symlink(tree_.directory() / (ChangedMachine::kGrub + 1)));
}

TEST_F(FileChangeTest, RefusesWhatItCannotRestore) {
  tree_.link("/etc/dangling", "none").link("/etc/loop", "loop").link("/etc/null", "/etc/directory");
  tree_.file("/etc/directory/x", "").file("/etc/hard", "old\n");
  std::filesystem::create_hard_link(tree_.directory() / "etc/hard", tree_.directory() / "etc/same");
  EXPECT_EQ(refusal({"", "/etc/dangling", {}, "new\n"}),
            "follow the link /etc/dangling to /etc/none: No such file or directory");
  EXPECT_NE(refusal({"", "/etc/loop", {}, "new\n"}), "");
  EXPECT_EQ(refusal({"", "/etc/null", {}, "new\n"}),
            "read /etc/directory: it is not a regular file");
  EXPECT_EQ(refusal(edit("/etc/hard")), "read /etc/hard: it has several hard links");
  EXPECT_NE(refusal(edit("etc/relative")), "");
  EXPECT_NE(refusal({"", "/etc/hard/none", {}, "new\n"}), "");
}

// --keep-edited ends what cannot be undone otherwise.
TEST_F(FileChangeTest, WhateverIsInPlaceMayBeForgotten) {
  const Entry entry = applied(fresh_);
  const auto expect_forgotten = [&](const char* what) {
    EXPECT_FALSE(undo_file(machine_.root(), entry)) << what;
    const auto undone = undo_file(machine_.root(), entry, Edited::kForget);
    EXPECT_TRUE(undone && *undone == Undo::kNothing) << what;
    for (const char* directory : {"/etc/default/grub.d/local", "/etc/default/grub.d"}) {
      const auto removed = remove_directory(machine_.root(), directory);
      EXPECT_TRUE(removed || removed.error().code == ENOTEMPTY) << what;
    }
  };
  tree_.file(fresh_.file, std::string(size_t{2} << 20, '\n'));
  expect_forgotten("a large file");
  const auto directory = tree_.directory() / "etc/default/grub.d";
  std::filesystem::remove_all(directory);
  tree_.file("/etc/default/grub.d", "");
  expect_forgotten("a file in place of the directory");
  std::filesystem::remove(directory);
  tree_.link("/etc/default/grub.d", "grub.d");
  expect_forgotten("a loop of links in place of the directory");
}

// The machine does not boot without "root=", which only our line has.
TEST_F(FileChangeTest, EditedCommandLineLosesOnlyTheParameter) {
  const std::string file = "/etc/kernel/cmdline";
  for (const char* line : {"root=a ro x=on", "root=a ro x=on -- s"}) {
    const std::string text = std::string(line) + "\n";
    const Entry entry = applied({"", file, {}, text, 0644, "x=on", "x=on", true});
    tree_.file(file, text + "splash\n");
    for (const Undo expected : {Undo::kOurLines, Undo::kGone}) {
      const auto undone = undo_file(machine_.root(), entry);
      ASSERT_TRUE(undone);
      EXPECT_EQ(*undone, expected);
      EXPECT_EQ(machine_.text(file), text.substr(0, 9) + text.substr(14) + "splash\n");
    }
    tree_.file(file, "root=b x=on\n");
    EXPECT_FALSE(undo_file(machine_.root(), entry));
    EXPECT_NE(diff_to_undo(machine_.root(), entry).find("\n+root=a ro"), std::string::npos);
    tree_.file(file, text);
    ASSERT_TRUE(undo_file(machine_.root(), entry));
    EXPECT_FALSE(machine_.exists(file));
    ASSERT_TRUE(remove_unused_copies(machine_.root(), {}));
  }
}

TEST_F(FileChangeTest, ParameterInAnotherFormIsNotGone) {
  const FileChange change{"", ChangedMachine::kDropIn, {}, "V=\"$V x=on\"\n", 0644, "x=on", "x=on"};
  const Entry entry = applied(change);
  for (const char* edited : {"V=\"${V} x=on\"\n", "V+=\" x=on\"\n", "V=\"$V \\\n x=on\"\n"}) {
    tree_.file(change.file, edited);
    EXPECT_FALSE(undo_file(machine_.root(), entry)) << edited;
    EXPECT_EQ(machine_.text(change.file), edited);
  }
  for (const char* edited : {"V=\"$V\"\n", "#V+=\" x=on\"\n"}) {
    tree_.file(change.file, edited);
    const auto undone = undo_file(machine_.root(), entry);
    EXPECT_TRUE(undone && *undone == Undo::kGone) << edited;
  }
}

TEST_F(FileChangeTest, HookInAnotherFormIsNotGone) {
  const FileChange change{
      "",   ChangedMachine::kDropIn, {},          "HOOKS=(vfio-early \"${HOOKS[@]}\")\n",
      0644, "the hook vfio-early",   "vfio-early"};
  const Entry entry = applied(change);
  tree_.file(change.file, "HOOKS=(vfio-early base udev)\n");
  EXPECT_FALSE(undo_file(machine_.root(), entry));
}

// It may be the user's. undo_file() removes this name, so nothing may have it before.
TEST_F(FileChangeTest, RefusesIfTheUnfinishedFileExists) {
  EXPECT_EQ(unfinished_file(grub_.file), "/etc/default/.grub.vfio-early");
  EXPECT_EQ(unfinished_file("/file"), "/.file.vfio-early");
  tree_.file(unfinished_file(grub_.file), "mine\n");
  EXPECT_EQ(refusal(grub_), "create /etc/default/.grub.vfio-early: File exists");
}

TEST_F(FileChangeTest, UndoRemovesTheUnfinishedFile) {
  const Entry entry = proposed(grub_);
  tree_.file(unfinished_file(grub_.file), "ne");
  ASSERT_TRUE(undo_file(machine_.root(), entry));
  EXPECT_FALSE(machine_.exists(unfinished_file(grub_.file)));
}

TEST_F(FileChangeTest, FailedWriteLeavesNothing) {
  const Entry entry = proposed(grub_);
  tree_.file("/etc/default/.grub.vfio-early", "");
  EXPECT_FALSE(apply_file(machine_.root(), entry, "new\n"));
  EXPECT_EQ(machine_.text(grub_.file), ChangedMachine::kGrubText);
}

}  // namespace
}  // namespace early::enable
