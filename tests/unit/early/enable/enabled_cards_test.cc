// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/enable/enabled_cards.h"

#include "early/enable/named_card.h"
#include "early/enable/transaction.h"
#include "host/text.h"
#include "tests/unit/fake_tree.h"

namespace early::enable {
namespace {

class EnabledCardsTest : public testing::Test {
 protected:
  EnabledCardsTest() {
    tree_.function("0000:01:00.0", "10DE:1B81", "30000")
        .function("0000:02:00.0", "8086:1539", "20000");
    const Proposal proposal{.changes = {file("0000:01:00", section_file("card")),
                                        file("", "/etc/default/grub.d/vfio-early.cfg"),
                                        file("0000:02:00.0", section_file("card2"))},
                            .rebuild = {}};
    EXPECT_TRUE(enable(tree_.root(), proposal, actions()).done());
    ledger_ = **read_ledger(tree_.root());
  }
  static FileChange file(const std::string& card, const std::string& path) {
    return {.card = card, .file = path, .before = {}, .after = "[" + card + "]\n"};
  }
  static Actions actions() {
    return {.run = [](const host::Command&) { return host::Result<void>(); }};
  }
  std::string found(const std::string& text) const {
    const auto cards = enabled_cards(tree_.root(), ledger_, text);
    return cards.empty() ? "none" : host::join(cards, " ");
  }
  std::vector<std::string> files(const std::optional<std::string>& card) const {
    std::vector<std::string> names;
    for (const Entry* entry :
         entries_to_take_back(tree_.root(), ledger_, card, Shared::kWithLastCard))
      names.push_back(entry->file);
    return names;
  }

  FakeTree tree_;
  Ledger ledger_;
};

TEST_F(EnabledCardsTest, AreFoundByAddressAndName) {
  EXPECT_EQ(enabled_cards(ledger_), (std::vector<std::string>{"0000:01:00", "0000:02:00.0"}));
  for (const char* text : {"01:00", "0000:01:00.0", "pci_0000_01_00_1", "card"})
    EXPECT_EQ(found(text), "0000:01:00") << text;
  for (const char* text : {"02:00", "02:00.0", "card2"}) EXPECT_EQ(found(text), "0000:02:00.0");
  for (const char* text : {"10de:1b81", "10DE:1B81", "[10de:1b81]", "0x10de:0x1b81"})
    EXPECT_EQ(found(text), "0000:01:00") << text;
  EXPECT_EQ(found("8086:1539"), "0000:02:00.0");
  for (const char* text : {"10de:10f0", "03:00", "02:00.1", "card3", "", "../card"})
    EXPECT_EQ(found(text), "none") << text;
}

TEST_F(EnabledCardsTest, MayHaveTheSameId) {
  tree_.function("0000:03:00.0", "10DE:1B81", "30000");  // not enabled
  EXPECT_EQ(found("10de:1b81"), "0000:01:00");
  tree_.function("0000:02:00.0", "10DE:1B81", "30000");
  EXPECT_EQ(found("10de:1b81"), "0000:01:00 0000:02:00.0");
}

TEST_F(EnabledCardsTest, LeaveSectionsThatNeedTheOtherChanges) {
  const auto stays = [&](const std::optional<std::string>& card) {
    return section_that_stays(tree_.root(), ledger_, card).value_or("none");
  };
  tree_.file(section_file("card"), "[card]\naddress = 01:00\n");  // edited
  EXPECT_EQ(stays(std::nullopt), section_file("card") + ":2");
  tree_.file(section_file("card"), "[0000:01:00]\n");
  EXPECT_EQ(stays(std::nullopt), "none");
  tree_.file("/etc/vfio-early.conf", "[gaming]\naddress = 02:00.0\n");
  EXPECT_EQ(stays(std::nullopt), "/etc/vfio-early.conf:2");
  tree_.file("/etc/vfio-early.conf", "[gaming]\nadres = 02:00.0\n");
  EXPECT_EQ(stays(std::nullopt), "/etc/vfio-early.conf:2");
}

TEST_F(EnabledCardsTest, ShareTheOtherChanges) {
  EXPECT_EQ(files("0000:01:00"), std::vector<std::string>{section_file("card")});
  const std::vector<std::string> all = {section_file("card2"), "/etc/default/grub.d/vfio-early.cfg",
                                        section_file("card")};
  EXPECT_EQ(files(std::nullopt), all);
}

// What is shown is what is taken back.
TEST_F(EnabledCardsTest, AreTakenBackAsShown) {
  EXPECT_TRUE(disable(tree_.root(), "0000:01:00", actions()).done());
  EXPECT_FALSE(tree_.root().exists(section_file("card")));
  EXPECT_TRUE(tree_.root().exists("/etc/default/grub.d/vfio-early.cfg"));
  ledger_ = **read_ledger(tree_.root());
  EXPECT_EQ(
      files("0000:02:00.0"),
      (std::vector<std::string>{section_file("card2"), "/etc/default/grub.d/vfio-early.cfg"}));
  EXPECT_TRUE(disable(tree_.root(), "0000:02:00.0", actions()).done());
  EXPECT_FALSE(tree_.root().exists("/etc/default/grub.d"));
  EXPECT_FALSE(*read_ledger(tree_.root()));
}

TEST_F(EnabledCardsTest, AreNotThoseOfTheUsersFiles) {
  tree_.file("/etc/vfio-early.conf", "[gaming]\naddress = 02:00.0\n");
  EXPECT_EQ(section_of_user(tree_.root(), "gaming"), "/etc/vfio-early.conf:2");
  EXPECT_EQ(section_of_user(tree_.root(), "02:00.0"), "/etc/vfio-early.conf:2");
  EXPECT_EQ(section_of_user(tree_.root(), "01:00"), std::nullopt);
  EXPECT_EQ(section_of_user(tree_.root(), "other"), std::nullopt);
}

}  // namespace
}  // namespace early::enable
