// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/enable/ledger.h"

#include <filesystem>

#include <sys/stat.h>

#include "tests/unit/fake_tree.h"

namespace early::enable {
namespace {

Ledger sample() {
  Entry file;
  file.number = 1;
  file.card = "gaming";
  file.settled = true;
  file.file = "/etc/default/\"grub\"";
  file.before = hash_of("one");
  file.after = hash_of("two");
  file.mode = 0640;
  file.added = "x=1";
  file.is_command_line = true;
  Entry commands;
  commands.number = 3;
  commands.kind = Kind::kCommands;
  commands.words = "add intel_iommu=on";
  commands.undo = {{"/usr/bin/grubby", "--remove-args=a b"}, {"/bin/true"}};
  commands.began = true;
  Ledger ledger;
  ledger.state = State::kDisabling;
  ledger.rebuild_began = true;
  ledger.rebuild = {{"/usr/sbin/update-initramfs", "-u", "-k", "all"}};
  ledger.directories = {"/etc/default", "/etc/default/grub.d"};
  ledger.entries = {file, commands};
  return ledger;
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  const size_t at = text.find(what);
  EXPECT_NE(at, text.npos) << what;
  return text.replace(at, what.size(), with);
}

std::string error_of(const std::string& text) {
  const auto ledger = ledger_from_json(text);
  return ledger ? "" : describe(ledger.error());
}

TEST(Ledger, IsReadAsWritten) {
  const auto read = ledger_from_json(to_json(sample()));
  ASSERT_TRUE(read) << describe(read.error());
  EXPECT_EQ(*read, sample());
}

TEST(Ledger, IsWrittenForRootAlone) {
  FakeTree tree;
  ASSERT_TRUE(write_ledger(tree.root(), sample()));
  EXPECT_EQ(**read_ledger(tree.root()), sample());
  struct stat about = {};
  ASSERT_EQ(::stat((tree.directory() / (kLedgerFile + 1)).c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 07777, 0600u);
}

TEST(Ledger, MissingLedgerIsNoError) {
  FakeTree tree;
  const auto ledger = read_ledger(tree.root());
  ASSERT_TRUE(ledger);
  EXPECT_FALSE(ledger->has_value());
  EXPECT_TRUE(remove_ledger(tree.root()));
}

TEST(Ledger, EachMemberIsRequired) {
  const std::string text = to_json(sample());
  for (const std::string member :
       {"format", "state", "rebuild_began", "rebuild", "directories", "changes", "number", "card",
        "settled", "kind", "file", "before", "after", "mode", "added", "is_command_line", "words",
        "undo", "began"})
    EXPECT_EQ(error_of(replaced(text, "\"" + member + "\": ", "\"x\": ")),
              std::string(kLedgerFile) + " is damaged: '" + member + "' is missing or invalid");
}

TEST(Ledger, RefusesEmptyCommands) {
  Ledger ledger = sample();
  ledger.rebuild.emplace_back();
  EXPECT_NE(error_of(to_json(ledger)), "");
  ledger = sample();
  ledger.entries[1].undo.emplace_back();
  EXPECT_NE(error_of(to_json(ledger)), "");
}

TEST(Ledger, RefusesDamage) {
  const std::string text = to_json(sample());
  const std::string damages[] = {
      "",
      "[]",
      text.substr(0, text.size() / 2),
      std::string(100'000, '['),
      replaced(text, "\"disabling\"", "\"unknown\""),
      replaced(text, "\"mode\": 416", "\"mode\": -1"),
      replaced(text, "\"mode\": 416", "\"mode\": 4294967296"),
      replaced(text, "\"settled\": true", "\"settled\": 1"),
      replaced(text, "\"-k\"", "3"),
      replaced(text, "\"/etc/default/\\\"", "\"etc/default/\\\""),
      replaced(text, "\"number\": 3", "\"number\": 1"),
      replaced(text, "\"number\": 1", "\"number\": 0"),
  };
  for (const std::string& damaged : damages)
    EXPECT_TRUE(error_of(damaged).starts_with(std::string(kLedgerFile) + " is damaged: "))
        << damaged.substr(0, 200);
  EXPECT_EQ(error_of(text), "");
}

TEST(Ledger, RefusesOtherFormat) {
  EXPECT_EQ(error_of(replaced(to_json(sample()), "\"format\": 1", "\"format\": 2")),
            "/var/lib/vfio-early/enable/ledger.json has format 2; this version of vfio-early "
            "supports only format 1");
}

TEST(Ledger, UnreadableLedgerIsAnError) {
  FakeTree tree;
  std::filesystem::create_directories(tree.directory() / (kLedgerFile + 1));
  const auto ledger = read_ledger(tree.root());
  ASSERT_FALSE(ledger);
  EXPECT_NE(ledger.error().step.find(kLedgerFile), std::string::npos);
}

// JSON cannot hold the path, so it would be another one when the ledger is read.
TEST(Ledger, DoesNotWriteWhatItCannotRead) {
  FakeTree tree;
  Ledger ledger = sample();
  ledger.entries[0].file = "/etc/\xff";
  EXPECT_FALSE(write_ledger(tree.root(), ledger));
  EXPECT_FALSE(std::filesystem::exists(tree.directory() / (kLedgerFile + 1)));
}

TEST(Ledger, CopiesHaveDifferentNames) {
  Entry first = sample().entries[0], second = first;
  second.number = 2;
  EXPECT_EQ(first.before_copy(), "/var/lib/vfio-early/enable/before/1-\"grub\"");
  EXPECT_NE(first.before_copy(), second.before_copy());
  EXPECT_NE(first.before_copy(), first.after_copy());
}

TEST(Ledger, UnusedCopiesAreRemoved) {
  FakeTree tree;
  const Ledger ledger = sample();
  ASSERT_TRUE(write_ledger(tree.root(), ledger));
  const std::string used = ledger.entries[0].before_copy();
  const std::string directory = kLedgerDirectory;
  tree.file(used, "one").file(directory + "/before/2-old", "").file(directory + "/after/2-old", "");
  tree.file(directory + "/.ledger.json.0123456789abcdef", "{");
  ASSERT_TRUE(remove_unused_copies(tree.root(), ledger));
  EXPECT_EQ(*tree.root().list(directory),
            (std::vector<std::string>{"after", "before", "ledger.json"}));
  EXPECT_EQ(*tree.root().list(directory + "/before"), std::vector<std::string>{"1-\"grub\""});
  EXPECT_EQ(*tree.root().list(directory + "/after"), std::vector<std::string>{});
}

TEST(Ledger, RemovalKeepsOtherFiles) {
  FakeTree tree;
  ASSERT_TRUE(write_ledger(tree.root(), sample()));
  tree.file("/var/lib/vfio-early/passport.json", "{}");
  ASSERT_TRUE(remove_ledger(tree.root()));
  EXPECT_EQ(*tree.root().list("/var/lib/vfio-early"), std::vector<std::string>{"passport.json"});
}

TEST(Ledger, HashesDetectChanges) {
  EXPECT_EQ(hash_of({}), "");
  EXPECT_EQ(hash_of(""), "cbf29ce484222325");
  EXPECT_EQ(hash_of("a"), "af63dc4c8601ec8c");  // the test vector of FNV's authors
  EXPECT_NE(hash_of("a"), hash_of("b"));
}

}  // namespace
}  // namespace early::enable
