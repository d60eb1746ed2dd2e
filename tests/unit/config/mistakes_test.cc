// SPDX-License-Identifier: GPL-2.0-or-later
//
// Notations that are accepted, and what is said about text that was pasted.
#include "config/configuration.h"
#include "config/slot_or_function.h"
#include "host/text.h"
#include "tests/unit/fake_tree.h"

namespace config {
namespace {

Configuration parse(std::string_view text) {
  Configuration configuration;
  parse_configuration(text, "/etc/vfio-early.conf", configuration);
  return configuration;
}

Refusal refusal_of(const std::string& lines) {
  const auto configuration = parse("[a]\n" + lines + "\n");
  EXPECT_TRUE(configuration.cards.empty()) << lines;
  EXPECT_EQ(configuration.refusals.size(), 1u) << lines;
  return configuration.refusals.empty() ? Refusal() : configuration.refusals.front();
}

void expect(const std::string& lines, const std::string& why, const std::string& remedy) {
  const Refusal refusal = refusal_of(lines);
  EXPECT_NE(refusal.why.find(why), std::string::npos) << lines << ": " << refusal.why;
  EXPECT_NE(refusal.remedy.find(remedy), std::string::npos) << lines << ": " << refusal.remedy;
}

Card card_of(const std::string& lines) {
  const auto configuration = parse("[a]\n" + lines + "\n");
  EXPECT_TRUE(configuration.refusals.empty()) << lines << ": " << configuration.refusals[0].why;
  return configuration.cards.empty() ? Card() : configuration.cards.front();
}

TEST(Notation, AddressesAreWrittenInFull) {
  for (const char* text :
       {"01:00.0", "0000:01:00.0", "pci_0000_01_00_0", "pci-0000:01:00.0", "pci@0000:01:00.0",
        "PCI_0000_01_00_0", "pci-0000_01_00_0", "00000000:01:00.0",
        "/sys/bus/pci/devices/0000:01:00.0", "/sys/bus/pci/devices/0000:01:00.0/",
        "/sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0/drm/card0"}) {
    const auto address = SlotOrFunction::parse(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->str(), "0000:01:00.0") << text;
  }
  for (const char* text : {"0A:1f", "0000:0a:1F", "pci_0000_0a_1f", "pci-0000:0a:1f"}) {
    const auto address = SlotOrFunction::parse(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->str(), "0000:0a:1f") << text;
  }
  EXPECT_EQ(SlotOrFunction::parse("10000:E1:00.0")->str(), "10000:e1:00.0");
  for (const char* text : {"", "01", "1:0", "01:20.0", "01:00.8", "01:00.", "10de:1b81", "gaming",
                           "/sys/bus/pci/devices", "/home/0000:01:00.0", "pci_0000_01_00_0_1"})
    EXPECT_FALSE(SlotOrFunction::parse(text)) << text;
}

TEST(Notation, ConfigurationTakesAddressesIdsClassesAndPaths) {
  const Card card =
      card_of("address = 01:00.0 pci_0000_01_00_1\nidentity = [10DE:1b81] 0x10de:0x10f0");
  ASSERT_EQ(card.address.size(), 2u);
  EXPECT_EQ(card.address[1].str(), "0000:01:00.1");
  ASSERT_EQ(card.identity.ids.size(), 2u);
  EXPECT_EQ(card.identity.ids[0].str(), "10de:1b81");
  EXPECT_EQ(card.identity.ids[1].str(), "10de:10f0");
  EXPECT_EQ(card_of("class = 0x030000\nindex = 0").class_code, "030000");
  EXPECT_EQ(card_of("class = [0300]\nindex = 0").class_code, "0300");
  for (const char* path : {"0000:00/01.0/00.0", "00:01.0/00.0", "0000:00:01.0/00.0",
                           "00:01.0/01:00.0", "/sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0"})
    EXPECT_EQ(card_of("path = " + std::string(path)).path->str(), "0000:00/01.0/00.0");
}

TEST(Notation, CommandLineTakesThem) {
  for (const auto& [word, key] : {std::pair{"01:00", "address"}, {"[10de:1b81]", "id"}}) {
    Configuration configuration;
    parse_command_line(host::CommandLine::parse("vfio_early.claim=" + std::string(word)),
                       configuration);
    ASSERT_EQ(configuration.cards.size(), 1u) << word;
    EXPECT_EQ(configuration.cards[0].id.has_value(), key == std::string("id")) << word;
  }
}

TEST(Mistakes, RepeatedKeyIsExplainedByItsRemedy) {
  expect("address = 0000:01:00.0\naddress = 01:00.1", "duplicate key 'address'",
         "put both on one line: 'address = 0000:01:00.0 01:00.1'");
  expect("address = 0000:01:00\nunbind = no\nunbind = yes", "duplicate key 'unbind'",
         "keep one of the lines");
  expect("id = 10de:1b81\nid = 10de:10f0", "duplicate key 'id'", "a section of its own");
  expect("address = 01:00\naddress = RTX", "duplicate key", "keep one of the lines");
}

TEST(Mistakes, StrayCharacterIsNamedWithItsColumn) {
  const std::string line = "address = 0000:01:00";
  for (const auto& [text, name] :
       {std::pair<std::string, std::string>{line + "\xc2\xa0",
                                            "column 21 has a no-break space (U+00A0)"},
        {"\xe2\x80\x8b" + line, "column 1 has a zero-width character (U+200B)"},
        {"address\xe3\x80\x80= 0000:01:00", "column 8 has a space of another width (U+3000)"},
        {"address = \xe2\x80\x9c"
         "0000:01:00\xe2\x80\x9d",
         "column 11 has a curly quotation mark (U+201C)"},
        {"on\xe2\x80\x93moved = follow", "column 3 has a dash (U+2013)"},
        {"\xef\xbb\xbf" + line, "column 1 has a byte order mark (U+FEFF)"},
        {line + "\xa0", "column 21 has the byte 0xa0, which is not UTF-8"},
        {line + "\rindex = 1", "column 21 has a carriage return (U+000D)"},
        {"# K\xc3\xb6ln\naddr\xc3\xa9ss = 0000:01:00", "column 5 has the character U+00E9"}}) {
    const Refusal refusal = refusal_of(text);
    EXPECT_NE(refusal.why.find(name), std::string::npos) << name << ": " << refusal.why;
    EXPECT_NE(refusal.remedy.find("type the line again"), std::string::npos) << refusal.remedy;
  }
}

// They do no harm: in comments and names, and as line ends.
TEST(Mistakes, OtherTextMayHaveAnyCharacter) {
  EXPECT_EQ(
      parse("# K\xc3\xb6ln\xc2\xa0\r\n[Spiele \xe2\x80\x93 \xc3\xa4]\r\n\taddress\t=\t01:00\t\r\n")
          .cards.size(),
      1u);
}

TEST(Mistakes, TextOfAnotherEncodingIsNamed) {
  const auto configuration = parse(std::string("\xff\xfe[\0a\0]\0\n\0", 10));
  ASSERT_EQ(configuration.refusals.size(), 1u);
  EXPECT_NE(configuration.refusals[0].why.find("UTF-16"), std::string::npos);
}

TEST(Mistakes, CommentBehindValueIsExplained) {
  for (const char* behind : {"   # RTX", " ; RTX", " // RTX", "# K\xc3\xb6ln \xe2\x80\x93 1"})
    expect("address = 0000:01:00" + std::string(behind), "a comment cannot follow a value",
           "write 'address = 0000:01:00', and put the comment on a line of its own");
  expect("address = 0000:01:00\nunbind = no # never", "a comment cannot follow", "'unbind = no'");
  expect("\naddress = 01:00.0;01:00.1", "other than addresses",
         "write 'address = 0000:01:00.0 0000:01:00.1'");
  const auto header = parse("[a] # mine\naddress = 01:00\n");
  ASSERT_EQ(header.refusals.size(), 1u);
  EXPECT_NE(header.refusals[0].why.find("a comment cannot follow a section header"),
            std::string::npos);
}

TEST(Mistakes, PastedTextIsExplained) {
  const std::string lspci = "01:00.0 VGA compatible controller [0300]: NVIDIA [10de:1b80] (rev a1)";
  expect("address = " + lspci, "other than addresses", "write 'address = 0000:01:00.0'");
  expect("identity = " + lspci + "\naddress = 01:00", "other than ids",
         "write 'identity = 10de:1b80'");
  expect(lspci, "expected 'key = value'", "write 'address = 0000:01:00.0'");
  expect("address = 10de:1b81", "10de:1b81 is an id, not an address", "write 'id = 10de:1b81'");
  expect("id = 0000:01:00.0", "0000:01:00.0 is an address, not an id",
         "write 'address = 0000:01:00.0'");
  expect("id = 01:00", "0000:01:00 is an address", "write 'address = 0000:01:00'");
  expect("address = 01:00\nidentity = 01:00.0", "is an address", "lspci -Dnn");
  expect("address = \"0000:01:00.0\"", "no quotation marks", "write 'address = 0000:01:00.0'");
  expect("address = 0000:01:00.", "other than addresses", "write 'address = 0000:01:00'");
  expect("address = 01:00.0, 01:00.1", "other than addresses",
         "'address = 0000:01:00.0 0000:01:00.1'");
  expect("identity = 10de:1b81,10de:10f0, 00-1b-21-ff-ff-ab-cd-ef\naddress = 01:00",
         "other than ids", "'identity = 10de:1b81 10de:10f0 00-1b-21-ff-ff-ab-cd-ef'");
  expect("address: 01:00", "'=' is missing", "write 'address = 01:00'");
  expect("address\t01:00", "'=' is missing", "write 'address = 01:00'");
  expect("Address = 01:00", "unknown key 'Address'", "write 'address'");
  expect("address = 01:00\non_moved = follow", "unknown key 'on_moved'", "write 'on-moved'");
  expect("adress = 01:00", "unknown key 'adress'", "write 'address'");
  expect("port = 01:00", "unknown key 'port'", "use a known key");
  expect("slot = 01:00", "it is an address, not a label", "write 'address = 01:00'");
  expect("address = 01:00\nunbind = YES", "invalid value 'YES'", "write 'unbind = yes'");
  expect("address = RTX", "invalid value 'RTX' for 'address'", "expected slots like");
  expect("address = 01:00\nid = 10de:1b81", "more than one key selects", "'identity = 10de:1b81'");
}

TEST(DropIns, FileWithoutTheEndIsReported) {
  FakeTree tree;
  const std::string directory = "/etc/vfio-early.conf.d/";
  tree.file(directory + "gaming", "[a]\naddress = 0000:01:00\n");
  tree.file(directory + "other.conf.txt", "[b]\naddress = 0000:02:00\n");
  for (const char* aside :
       {"x.conf~", ".x.conf.swp", "x.conf.bak", "x.conf.disabled", "x.conf.rpmnew"})
    tree.file(directory + aside, "[c]\naddress = 0000:03:00\n");
  tree.file(directory + "README", "Files here are read.\n");
  const auto configuration = read_configuration(tree.root(), kConfigurationFile);
  EXPECT_TRUE(configuration.cards.empty());
  EXPECT_TRUE(configuration.refusals.empty());
  ASSERT_EQ(configuration.warnings.size(), 2u);
  EXPECT_NE(configuration.warnings[0].what.find(directory + "gaming is not read"),
            std::string::npos);
  EXPECT_NE(configuration.warnings[0].remedy.find("rename it to gaming.conf"), std::string::npos);
  EXPECT_NE(configuration.warnings[1].remedy.find("rename it to other.conf"), std::string::npos);
}

}  // namespace
}  // namespace config
