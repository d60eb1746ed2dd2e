// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/text.h"

#include <string>

#include <gtest/gtest.h>

#include "host/module_options.h"
#include "host/printable.h"

namespace host {
namespace {

TEST(Text, ParsesWholeNumbersOnly) {
  EXPECT_EQ(parse_number("ff", 16), 0xffu);
  EXPECT_EQ(parse_number("7", 10, 7), 7u);
  for (const char* bad : {"", "8", "-1", "+1", "0x1", "7 ", "77777777777"})
    EXPECT_FALSE(parse_number(bad, 10, 7)) << bad;
}

TEST(Text, KeepsTheEndsOfWholeLines) {
  using Lines = std::vector<std::string_view>;
  EXPECT_EQ(whole_lines(""), Lines());
  EXPECT_EQ(whole_lines("a\n\nb"), (Lines{"a\n", "\n", "b"}));
  EXPECT_EQ(whole_lines("a\n"), Lines{"a\n"});
}

TEST(Text, LinesHaveNoEnds) {
  using Lines = std::vector<std::string_view>;
  EXPECT_EQ(lines(""), Lines());
  EXPECT_EQ(lines("a\n\nb"), (Lines{"a", "", "b"}));
  EXPECT_EQ(lines("a\n"), Lines{"a"});
}

TEST(Text, ChangesTheCaseOfAsciiLetters) {
  EXPECT_EQ(upper("10de:1b81 \xc3\xa4Z"), "10DE:1B81 \xc3\xa4Z");
  EXPECT_EQ(lower("10DE:1B81 \xc3\x84z"), "10de:1b81 \xc3\x84z");
}

TEST(ModuleOf, AcceptsFileOrName) {
  for (const char* path : {"kernel/drivers/vfio/pci/vfio-pci.ko.xz", "vfio-pci.ko", "vfio-pci"})
    EXPECT_EQ(module_of(path), "vfio_pci") << path;
  EXPECT_EQ(module_of(""), "");
}

// Unicode 15, table 3-7.
TEST(Printable, InvalidUtf8IsReplaced) {
  for (const char* text : {"", "a b\n", "\xc2\xa0", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
                           "\xee\x80\x80", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbd"})
    EXPECT_EQ(printable(text), text);
  const std::pair<const char*, int> broken[] = {
      {"\x80", 1},              // a continuation byte alone
      {"\xc1\xbf", 2},          // overlong
      {"\xe0\x9f\xbf", 3},      // overlong
      {"\xf0\x8f\xbf\xbf", 4},  // overlong
      {"\xed\xa0\x80", 3},      // a surrogate
      {"\xf4\x90\x80\x80", 4},  // beyond U+10FFFF
      {"\xf5\x80\x80\x80", 4},
      {"\xe2\x82", 2},  // cut off
  };
  for (const auto& [bytes, count] : broken) {
    std::string replaced;
    for (int i = 0; i < count; ++i) replaced += "\xef\xbf\xbd";
    EXPECT_EQ(printable(std::string(bytes) + "!"), replaced + "!");
  }
}

TEST(Printable, ControlCharactersAreReplaced) {
  for (const char* evil : {"\033", "\x07", "\r", "\t", "\x7f", "\xc2\x9b", "\xd8\x9c",
                           "\xe2\x80\x8f", "\xe2\x80\xa8", "\xe2\x80\xae", "\xe2\x81\xa6",
                           "\xef\xbb\xbf", "\xef\xb7\x90", "\xef\xbf\xbe", "\xf0\x9f\xbf\xbf"})
    EXPECT_EQ(printable(std::string("a") + evil + "b"), "a?b");
  EXPECT_EQ(printable(std::string_view("a\0b", 3)), "a?b");
}

// Two names that differ only in an invisible character would look the same.
TEST(Printable, InvisibleCharactersAreReplaced) {
  for (const char* invisible :
       {"\u00ad",     "\u034f",     "\u115f",     "\u1160",    "\u17b4", "\u180b", "\u180e",
        "\u200b",     "\u200c",     "\u200d",     "\u200e",    "\u2060", "\u2064", "\u206a",
        "\u3164",     "\ufe00",     "\ufe0f",     "\ufeff",    "\uffa0", "\ufff9", "\U0001d173",
        "\U000e0000", "\U000e0041", "\U000e007f", "\U000e0100"})
    EXPECT_EQ(printable(std::string("a") + invisible + "b"), "a?b");
  // The adjacent code points are text.
  for (const char* text : {"\u00ac", "\u00ae", "\u200a", "\u2010", "\u205f", "\u2070", "\u3163",
                           "\u3165", "\ufe10", "\uff9f", "\uffa1", "\U0001f600"})
    EXPECT_EQ(printable(text), text);
}

}  // namespace
}  // namespace host
