// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/configuration.h"

#include "config/ini.h"
#include "tests/unit/fake_tree.h"

namespace config {
namespace {

Configuration parse(std::string_view text) {
  Configuration configuration;
  parse_configuration(text, "/etc/vfio-early.conf", configuration);
  return configuration;
}

// The card is left out, and the only message is for `line` and contains `words`.
void expect_refused(std::string_view text, int line, const std::string& words) {
  const Configuration configuration = parse(text);
  EXPECT_TRUE(configuration.cards.empty()) << text;
  ASSERT_FALSE(configuration.refusals.empty()) << text;
  const Refusal& refusal = configuration.refusals.front();
  EXPECT_EQ(refusal.line, line) << text;
  EXPECT_NE(refusal.why.find(words), std::string::npos) << refusal.why;
  EXPECT_FALSE(refusal.remedy.empty());
}

TEST(Configuration, ParsesSelectionKeys) {
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
  ASSERT_EQ(first.identity.ids.size(), 2u);
  EXPECT_EQ(first.identity.ids[1].str(), "10de:10f0:1458:3702");
  EXPECT_EQ(first.functions, (std::vector<uint8_t>{0, 1}));
  const Card& second = configuration.cards[1];
  EXPECT_EQ(second.id->str(), "1002:67df");
  EXPECT_EQ(second.index, 1u);
  EXPECT_TRUE(second.all_functions);
}

TEST(Configuration, ParsesAllOtherKeys) {
  const auto configuration = parse(
      "[a]\npath = 0000:00/01.0/00.0\nidentity = 10de:1b81 00-1b-21-FF-ff-ab-cd-ef\n"
      "on-moved = follow\ndriver = auto\nunbind = display\nframebuffer = force\n"
      "only-display = allow\ngroup = claim\nhealthy-when = boot\nbar-size = 0:256M 2:8G\n"
      "reset-method = flr bus\ndisable-idle-d3 = yes\n"
      "[b]\nclass = 0300\nindex = 1\n[c]\nserial = 00-1b-21-ff-ff-ab-cd-ef\n");
  ASSERT_TRUE(configuration.refusals.empty()) << configuration.refusals[0].why;
  const Card& card = configuration.cards.at(0);
  EXPECT_EQ(card.path->str(), "0000:00/01.0/00.0");
  EXPECT_EQ(card.identity.serial, 0x001b21ffffabcdef);
  EXPECT_EQ(card.on_moved, OnMoved::kFollow);
  EXPECT_TRUE(card.may_be_last_display);
  EXPECT_TRUE(card.claim_group);
  EXPECT_EQ(card.healthy_when, Healthy::kBoot);
  const Handling expected = {.driver = "auto",
                             .unbind = Unbind::kDisplay,
                             .framebuffer = Framebuffer::kForce,
                             .bar_sizes = {{0, 256}, {2, 8192}},
                             .reset_method = "flr bus",
                             .disable_idle_d3 = true};
  EXPECT_EQ(card.handling, expected);
  EXPECT_EQ(configuration.cards.at(1).class_code, "0300");
  EXPECT_EQ(configuration.cards.at(2).serial, 0x001b21ffffabcdef);
}

TEST(Configuration, ByteOrderMarkIsIgnored) {
  EXPECT_EQ(parse("\xef\xbb\xbf[a]\naddress = 0000:01:00\n").cards.size(), 1u);
}

TEST(Configuration, VirtualFunctionsAreCounted) {
  const auto configuration = parse(
      "[a]\naddress = 0000:01:00.0\nidentity = 8086:10c9\nvfs = 4\ndriver = auto\n"
      "unbind = no\nreset-method = flr\ndisable-idle-d3 = yes\n"
      "[b]\nid = 8086:10c9\nindex = 1\nvfs = 256\n[c]\naddress = 0000:02:00\n");
  ASSERT_TRUE(configuration.refusals.empty()) << configuration.refusals[0].why;
  EXPECT_EQ(configuration.cards.at(0).vfs, 4);
  EXPECT_EQ(configuration.cards.at(1).vfs, 256);
  EXPECT_EQ(configuration.cards.at(2).vfs, 0);
  for (const char* value : {"0", "257", "-1", "all", "4 5", ""})
    expect_refused("[a]\naddress = 0000:01:00\nvfs = " + std::string(value) + "\n", 3,
                   "invalid value");
}

// It would be taken for a card of section [a], whether that has 'count' or not.
TEST(Configuration, NameOfCardOfOtherSectionIsRefused) {
  expect_refused("[a@0000:01:00]\naddress = 0000:01:00\n", 1, "ends with '@' and a slot");
  for (const char* name : {"a@home", "a@0000:01:00.0", "@", "a@0000:01:00 b"})
    EXPECT_TRUE(parse("[" + std::string(name) + "]\naddress = 0000:01:00\n").refusals.empty())
        << name;
}

// The state of a hand-over is UTF-8. Names of other sections stay as they were.
TEST(Configuration, NameOfHandedOverCardIsText) {
  for (const char* name : {"ga\tming", "ga\xe4ming"}) {
    const std::string section = "[" + std::string(name) + "]\naddress = 0000:01:00\n";
    expect_refused(section + "hand-over = yes\n", 1, "must be UTF-8 text");
    EXPECT_TRUE(parse(section).refusals.empty()) << name;
  }
  EXPECT_TRUE(parse("[gäming 1]\naddress = 0000:01:00\nhand-over = yes\n").refusals.empty());
}

TEST(Configuration, UnitHasAtLeastItsNumberOfSlots) {
  expect_refused("[a]\naddress = 0000:01:00 0000:01:00\nexpect = 2\n", 1,
                 "'address' has 1 slot, but 'expect' is 2");
  expect_refused("[a]\naddress = 0000:01:00 0000:02:00.1\nexpect = 3\n", 1,
                 "'address' has 2 different slots");
  EXPECT_TRUE(parse("[a]\naddress = 0000:01:00 0000:02:00\nexpect = 2\n").refusals.empty());
}

// What has no meaning for them is refused: a user expects that it has an effect.
TEST(Configuration, VirtualFunctionsRefuseOtherKeys) {
  for (const char* line :
       {"functions = 0", "functions = all", "group = claim", "group = warn", "only-display = allow",
        "framebuffer = keep", "healthy-when = boot", "bar-size = 0:256M", "hand-over = yes"}) {
    const std::string key = std::string(line).substr(0, std::string(line).find(' '));
    expect_refused("[a]\naddress = 0000:01:00\n" + std::string(line) + "\nvfs = 4\n", 3,
                   "'" + key + "' does not apply to 'vfs'");
  }
  expect_refused("[a]\naddress = 0000:01:00.0 0000:02:00.0\nvfs = 4\n", 2,
                 "'address' has more than one address");
}

TEST(Configuration, ErrorsNameTheirLine) {
  expect_refused("[a]\nadress = 0000:01:00\n", 2, "unknown key 'adress'");
  expect_refused("[a]\n\naddress = 1:00.0\n", 3, "invalid value '1:00.0' for 'address'");
  expect_refused("[a]\naddress =\n", 2, "invalid value '' for 'address'");
  expect_refused("[a]\naddress = 0000:01:00\naddress = 0000:02:00\n", 3, "duplicate key 'address'");
  expect_refused("[a]\nid = 10de\n", 2, "invalid value '10de' for 'id'");
  expect_refused("[a]\nid = 10de::1b81\n", 2, "invalid value");
  expect_refused("[a]\nid = 10de:1b81\nindex = -1\n", 3, "invalid value '-1' for 'index'");
  expect_refused("[a]\naddress = 0000:01:00\nfunctions = 0 8\n", 3, "invalid value '0 8'");
  expect_refused("[a]\naddress = 0000:01:00 # mine\n", 2, "invalid value '0000:01:00 # mine'");
  expect_refused("[a]\naddress 0000:01:00\n", 2, "expected 'key = value'");
  expect_refused("[a\naddress = 0000:01:00\n", 1, "section header");
  expect_refused("[a]\naddress = " + std::string(2000, '0') + "\n", 2, "longer than 1000 bytes");
  expect_refused("[a]\n", 1, "no key selects a card");
  for (const char* line : {"class = 3",
                           "class = 03000",
                           "path = 0000:00",
                           "path = 00.0",
                           "path = 0000:00/1f.8",
                           "serial = 001b21ffffabcdef",
                           "serial = 0-1b-21-ff-ff-ab-cd-eff",
                           "on-moved = maybe",
                           "driver = nouveau",
                           "unbind = all",
                           "framebuffer = off",
                           "only-display = yes",
                           "group = yes",
                           "healthy-when =",
                           "bar-size = 0:3G",
                           "bar-size = 6:1G",
                           "bar-size = 0:1024G",
                           "bar-size = 0:G",
                           "reset-method = hammer",
                           "modules = /lib/a.ko",
                           "modules = a=b",
                           "modules = -r",
                           "allow = 0000:01:00",
                           "allow = 10de:1b81",
                           "allow =",
                           "slot = \"\"",
                           "slot = a\"b",
                           "disable-idle-d3 = 1"})
    expect_refused("[a]\naddress = 0000:01:00\n" + std::string(line) + "\n", 3, "invalid value");
  expect_refused("[a]\naddress = 0000:01:00\non-moved = follow\n", 1, "needs ids");
  expect_refused("[a]\naddress = 0000:01:00\nindex = 1\n", 1, "'index' needs");
  expect_refused("[a]\naddress = 0000:01:00\nid = 10de:1b81\n", 1,
                 "selects a card: 'address' and 'id'");
  expect_refused("[a]\naddress = 0000:01:00\nindex = 1\n", 1, "'index' needs 'id'");
  expect_refused("[a]\naddress = 0000:01:00\ncount = 2\n", 1, "'count' needs 'id'");
  expect_refused("[a]\nid = 10de:1b81\ncount = all\nindex = 1\n", 1, "exclude each other");
  expect_refused("[a]\nid = 10de:1b81\ncount = all\nvfs = 2\n", 1, "'vfs' and 'count' exclude");
  expect_refused("[a]\nid = 10de:1b81\ncount = all\nhand-over = yes\n", 1,
                 "'hand-over' and 'count' exclude");
  expect_refused("[a]\naddress = 0000:01:00\nexpect = 2\nvfs = 2\n", 1,
                 "'vfs' and 'expect' exclude");
  expect_refused("[a]\nid = 10de:1b81\ncount = 2\nidentity = 10de:1b81\non-moved = follow\n", 1,
                 "exclude each other");
  expect_refused("[a]\nid = 10de:1b81\nexpect = 2\n", 1, "'expect' needs 'address'");
  expect_refused("[a]\nserial = 00-1b-21-ff-ff-ab-cd-ef\nexpect = 2\n", 1, "'expect' needs");
  expect_refused("[a]\npath = 0000:00/01.0\nexpect = 2\nidentity = 00-1b-21-ff-ff-ab-cd-ef\n", 1,
                 "exclude each other");
  expect_refused("[a]\naddress = 01:00\nexpect = all\n", 3, "invalid value");
  for (const char* count : {"0", "02", "1000", "-1", "any", ""})
    expect_refused("[a]\nid = 10de:1b81\ncount = " + std::string(count) + "\n", 3, "invalid value");
  expect_refused("[a]\naddress = 0000:01:00.0\nfunctions = 0\n", 2, "a single function");
  expect_refused("address = 0000:01:00\n", 1, "before the first [section]");
}

TEST(Configuration, ErrorAffectsOnlyItsSection) {
  const auto configuration = parse(
      "[bad]\naddress = nonsense\n"
      "[good]\naddress = 0000:01:00\n");
  ASSERT_EQ(configuration.cards.size(), 1u);
  EXPECT_EQ(configuration.cards[0].name, "good");
  ASSERT_EQ(configuration.refusals.size(), 1u);
  EXPECT_EQ(configuration.refusals[0].card, "bad");
  EXPECT_EQ(configuration.refusals[0].where(), "/etc/vfio-early.conf:2");
}

TEST(Configuration, DuplicateSectionsAreAllRefused) {
  const auto configuration =
      parse("[a]\naddress = 0000:01:00\n[a]\naddress = 0000:02:00\n[a]\naddress = 0000:03:00\n");
  EXPECT_TRUE(configuration.cards.empty());
  ASSERT_EQ(configuration.refusals.size(), 2u);
  EXPECT_NE(configuration.refusals[0].why.find("/etc/vfio-early.conf:1"), std::string::npos);
}

TEST(Configuration, BinaryFileIsOneError) {
  std::string rubbish = "[a]\naddress = 0000:01:00\n";
  for (int i = 0; i < 5000; ++i) rubbish += static_cast<char>(i * 7);
  expect_refused(rubbish, 3, "not a text file");
  EXPECT_EQ(parse(rubbish).refusals.size(), 1u);
}

// A text file of another format.
TEST(Configuration, ForeignTextGivesFewErrors) {
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

TEST(Configuration, LongNamesAndValuesAreTruncated) {
  expect_refused("[" + std::string(5000, 'n') + "]\naddress = 0000:01:00\n", 1, "section header");
  const auto configuration = parse("[a]\naddress = " + std::string(900, 'x') + "\n");
  ASSERT_EQ(configuration.refusals.size(), 1u);
  EXPECT_LT(configuration.refusals[0].why.size(), 120u);
}

TEST(ReadConfiguration, UnreadableDropInsAreReported) {
  FakeTree tree;
  tree.file("/etc/vfio-early.conf.d", "a file where a directory should be");
  const auto configuration = read_configuration(tree.root(), kConfigurationFile);
  ASSERT_EQ(configuration.refusals.size(), 1u);
  EXPECT_EQ(configuration.refusals[0].file, "/etc/vfio-early.conf.d");
}

// A boot waits while they are read.
TEST(Configuration, NumberOfDropInsIsLimited) {
  FakeTree tree;
  for (size_t i = 0; i < kMaxDropIns + 1; ++i) {
    const std::string number = std::to_string(100 + i);
    tree.file("/etc/vfio-early.conf.d/" + number + ".conf",
              "[" + number + "]\naddress = 0000:0" + std::to_string(i % 10) + ":00\n");
  }
  const auto configuration = read_configuration(tree.root(), kConfigurationFile);
  EXPECT_EQ(configuration.cards.size(), kMaxDropIns);
  ASSERT_EQ(configuration.refusals.size(), 1u);
  EXPECT_EQ(configuration.refusals[0].file, "/etc/vfio-early.conf.d");
  EXPECT_NE(configuration.refusals[0].why.find("65 drop-ins"), std::string::npos);
}

TEST(ReadConfiguration, NumberOfIgnoredDropInsIsLimited) {
  const auto warnings_of = [](int count) {
    FakeTree tree;
    for (int i = 0; i < count; ++i)
      tree.file("/etc/vfio-early.conf.d/" + std::to_string(10 + i) + ".txt", "[a]\n");
    return read_configuration(tree.root(), kConfigurationFile).warnings;
  };
  EXPECT_EQ(warnings_of(6).size(), 6u);
  EXPECT_NE(warnings_of(6).back().what.find("15.txt is not read"), std::string::npos);
  EXPECT_EQ(warnings_of(9).size(), 7u);
  EXPECT_TRUE(warnings_of(9).back().what.starts_with(
      "more files in /etc/vfio-early.conf.d are not read (3), because"))
      << warnings_of(9).back().what;
}

// A boot waits while they are read.
TEST(ReadConfiguration, NumberOfFilesWithOtherNamesIsLimited) {
  const auto warnings_after = [](size_t count) {
    FakeTree tree;
    for (size_t i = 0; i < count; ++i)
      tree.file("/etc/vfio-early.conf.d/" + std::to_string(100 + i) + ".txt", "# no section\n");
    tree.file("/etc/vfio-early.conf.d/last.txt", "[a]\n");
    return read_configuration(tree.root(), kConfigurationFile).warnings.size();
  };
  EXPECT_EQ(warnings_after(kMaxDropIns - 1), 1u);
  EXPECT_EQ(warnings_after(kMaxDropIns), 0u);
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

TEST(ReadConfiguration, UnreadableFileIsReported) {
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

TEST(ReadConfiguration, MissingFileIsNotAnError) {
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
}  // namespace config
