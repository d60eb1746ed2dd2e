// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/configuration.h"

#include "fake_tree.h"
#include "plan/ini.h"

namespace plan {
namespace {

Configuration parse(std::string_view text) {
  Configuration configuration;
  parse_configuration(text, "/etc/vfio-early.conf", configuration);
  return configuration;
}

// The card is left out, and the one sentence about it stands at `line` and holds `words`.
void expect_refused(std::string_view text, int line, const std::string& words) {
  const Configuration configuration = parse(text);
  EXPECT_TRUE(configuration.cards.empty()) << text;
  ASSERT_FALSE(configuration.refusals.empty()) << text;
  const Refusal& refusal = configuration.refusals.front();
  EXPECT_EQ(refusal.line, line) << text;
  EXPECT_NE(refusal.why.find(words), std::string::npos) << refusal.why;
  EXPECT_FALSE(refusal.remedy.empty());
}

TEST(Configuration, TakesEveryKey) {
  const auto configuration = parse(
      "# two cards\r\n"
      "[gaming]\n"
      "  address = 0000:01:00 0000:02:00\n"
      "identity=10de:1b81 10de:10f0:1458:3702\n"
      "functions = 0 1\n"
      "\n"
      "; the other\n"
      "[second card]\r\n"
      "id = 1002:67df\r\n"
      "index = 1\r\n"
      "functions = all\n");
  ASSERT_TRUE(configuration.refusals.empty()) << configuration.refusals[0].why;
  ASSERT_EQ(configuration.cards.size(), 2u);
  const Card& first = configuration.cards[0];
  EXPECT_EQ(first.name, "gaming");
  EXPECT_EQ(first.line, 3);
  ASSERT_EQ(first.address.size(), 2u);
  EXPECT_EQ(first.address[0].str(), "0000:01:00");
  EXPECT_EQ(first.address[1].str(), "0000:02:00");
  ASSERT_EQ(first.identity.size(), 2u);
  EXPECT_EQ(first.identity[1].str(), "10de:10f0:1458:3702");
  EXPECT_EQ(first.functions, (std::vector<uint8_t>{0, 1}));
  const Card& second = configuration.cards[1];
  EXPECT_EQ(second.id->str(), "1002:67df");
  EXPECT_EQ(second.index, 1u);
  EXPECT_TRUE(second.all_functions);
}

TEST(Configuration, PassesOverAByteOrderMark) {
  EXPECT_EQ(parse("\xef\xbb\xbf[a]\naddress = 0000:01:00\n").cards.size(), 1u);
}

TEST(Configuration, NamesTheLineOfEveryMistake) {
  expect_refused("[a]\nadress = 0000:01:00\n", 2, "unknown key 'adress'");
  expect_refused("[a]\n\naddress = 01:00.0\n", 3, "bad value '01:00.0' for 'address'");
  expect_refused("[a]\naddress =\n", 2, "bad value '' for 'address'");
  expect_refused("[a]\naddress = 0000:01:00\naddress = 0000:02:00\n", 3, "stands twice");
  expect_refused("[a]\nid = 10de\n", 2, "bad value '10de' for 'id'");
  expect_refused("[a]\nid = 10de::1b81\n", 2, "bad value");
  expect_refused("[a]\nid = 10de:1b81\nindex = -1\n", 3, "bad value '-1' for 'index'");
  expect_refused("[a]\naddress = 0000:01:00\nfunctions = 0 8\n", 3, "bad value '0 8'");
  expect_refused("[a]\naddress = 0000:01:00 # mine\n", 2, "bad value '0000:01:00 # mine'");
  expect_refused("[a]\naddress 0000:01:00\n", 2, "expected 'key = value'");
  expect_refused("[a\naddress = 0000:01:00\n", 1, "section header");
  expect_refused("[a]\naddress = " + std::string(2000, '0') + "\n", 2, "longer than 1000 bytes");
  expect_refused("[a]\n", 1, "nothing selects a card");
  expect_refused("[a]\naddress = 0000:01:00\nid = 10de:1b81\n", 1, "both 'address' and 'id'");
  expect_refused("[a]\naddress = 0000:01:00\nindex = 1\n", 1, "'index' needs 'id'");
  expect_refused("[a]\naddress = 0000:01:00.0\nfunctions = 0\n", 2, "a single function");
  expect_refused("address = 0000:01:00\n", 1, "before the first [section]");
}

TEST(Configuration, MistakeCostsOnlyItsOwnCard) {
  const auto configuration = parse(
      "[bad]\naddress = nonsense\n"
      "[good]\naddress = 0000:01:00\n");
  ASSERT_EQ(configuration.cards.size(), 1u);
  EXPECT_EQ(configuration.cards[0].name, "good");
  ASSERT_EQ(configuration.refusals.size(), 1u);
  EXPECT_EQ(configuration.refusals[0].card, "bad");
  EXPECT_EQ(configuration.refusals[0].where(), "/etc/vfio-early.conf:2");
}

TEST(Configuration, DuplicateSectionsAreAllLeftOut) {
  const auto configuration =
      parse("[a]\naddress = 0000:01:00\n[a]\naddress = 0000:02:00\n[a]\naddress = 0000:03:00\n");
  EXPECT_TRUE(configuration.cards.empty());
  ASSERT_EQ(configuration.refusals.size(), 2u);
  EXPECT_NE(configuration.refusals[0].why.find("/etc/vfio-early.conf:1"), std::string::npos);
}

TEST(Configuration, BinaryRubbishIsOneSentence) {
  std::string rubbish = "[a]\naddress = 0000:01:00\n";
  for (int i = 0; i < 5000; ++i) rubbish += static_cast<char>(i * 7);
  expect_refused(rubbish, 3, "not a text file");
  EXPECT_EQ(parse(rubbish).refusals.size(), 1u);
}

// A file of another kind, which is text all the same.
TEST(Configuration, OtherTextIsAFewSentencesAndSparesAGoodCard) {
  std::string other;
  for (int i = 0; i < 8000; ++i) other += "[" + std::to_string(i) + ".5] usb 1-1: something\n";
  EXPECT_LT(parse(other).refusals.size(), 100u);

  std::string mixed = "[good]\naddress = 0000:01:00\n[bad]\n";
  for (int i = 0; i < 8000; ++i)
    mixed += "dGhpcyBpcyBubyBjb25maWd1cmF0aW9u\nkey" + std::to_string(i) + " = 1\n";
  const auto configuration = parse(mixed);
  EXPECT_EQ(configuration.cards.size(), 1u);
  EXPECT_LT(configuration.refusals.size(), 10u);
}

TEST(Configuration, LongNamesAndValuesAreCut) {
  expect_refused("[" + std::string(5000, 'n') + "]\naddress = 0000:01:00\n", 1, "section header");
  const auto configuration = parse("[a]\naddress = " + std::string(900, 'x') + "\n");
  ASSERT_EQ(configuration.refusals.size(), 1u);
  EXPECT_LT(configuration.refusals[0].why.size(), 120u);
}

TEST(ReadConfiguration, SaysWhyDropInsCanNotBeRead) {
  FakeTree tree;
  tree.file("/etc/vfio-early.conf.d", "a file where a directory should be");
  const auto configuration = read_configuration(tree.root(), kConfigurationFile);
  ASSERT_EQ(configuration.refusals.size(), 1u);
  EXPECT_EQ(configuration.refusals[0].file, "/etc/vfio-early.conf.d");
}

TEST(ReadConfiguration, AddsDropInsInOrder) {
  FakeTree tree;
  tree.file("/etc/vfio-early.conf", "[a]\naddress = 0000:01:00\n");
  tree.file("/etc/vfio-early.conf.d/20-c.conf", "[c]\naddress = 0000:03:00\n");
  tree.file("/etc/vfio-early.conf.d/10-b.conf", "[b]\naddress = 0000:02:00\n");
  tree.file("/etc/vfio-early.conf.d/10-b.conf~", "rubbish");
  const auto configuration = read_configuration(tree.root(), kConfigurationFile);
  EXPECT_TRUE(configuration.refusals.empty());
  ASSERT_EQ(configuration.cards.size(), 3u);
  EXPECT_EQ(configuration.cards[1].name, "b");
  EXPECT_EQ(configuration.files.size(), 3u);
}

TEST(ReadConfiguration, SaysWhyAFileCanNotBeRead) {
  FakeTree directory;
  directory.file("/etc/vfio-early.conf/x", "");
  auto configuration = read_configuration(directory.root(), kConfigurationFile);
  ASSERT_EQ(configuration.refusals.size(), 1u);
  EXPECT_EQ(configuration.refusals[0].why, "read /etc/vfio-early.conf: Is a directory");

  FakeTree large;
  large.file("/etc/vfio-early.conf", std::string(10 << 20, '#'));
  configuration = read_configuration(large.root(), kConfigurationFile);
  ASSERT_EQ(configuration.refusals.size(), 1u);
  EXPECT_EQ(configuration.refusals[0].why, "read /etc/vfio-early.conf: File too large");
}

TEST(ReadConfiguration, NoFileIsNoCardAndNoComplaint) {
  FakeTree tree;
  const auto configuration = read_configuration(tree.root(), kConfigurationFile);
  EXPECT_TRUE(configuration.cards.empty());
  EXPECT_TRUE(configuration.refusals.empty());
}

TEST(ReadConfiguration, HashChangesWithTheText) {
  EXPECT_EQ(parse("[a]\n").hash, parse("[a]\n").hash);
  EXPECT_NE(parse("[a]\n").hash, parse("[b]\n").hash);
}

}  // namespace
}  // namespace plan
