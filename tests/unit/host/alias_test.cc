// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/alias.h"

#include <random>
#include <string>

#include <fnmatch.h>
#include <gtest/gtest.h>

namespace host {
namespace {

constexpr const char* kCard = "pci:v000010DEd00001B81sv00001458sd00003702bc03sc00i00";

TEST(Alias, MatchesLikeFnmatch) {
  std::mt19937 random(20261129);
  const std::string letters = "ab*?[]-!";
  for (int round = 0; round < 20000; ++round) {
    std::string pattern, text;
    for (unsigned i = random() % 8; i > 0; --i) pattern += letters[random() % letters.size()];
    for (unsigned i = random() % 8; i > 0; --i) text += letters[random() % 2];
    EXPECT_EQ(matches_pattern(pattern, text), ::fnmatch(pattern.c_str(), text.c_str(), 0) == 0)
        << pattern << " " << text;
  }
}

TEST(Alias, ManyWildcardsTakeLittleTime) {
  std::string pattern;
  for (int i = 0; i < 1000; ++i) pattern += "*0";
  EXPECT_FALSE(matches_pattern(pattern + "x", std::string(10000, '0')));
}

TEST(PciAlias, MatchesLikeItsPattern) {
  const auto card = PciAlias::parse(kCard);
  ASSERT_TRUE(card);
  for (const char* pattern :
       {"pci:v000010DEd*sv*sd*bc03sc*i*", "pci:v*d*sv*sd*bc*sc*i*", "pci:v*d*sv*sd*bc03sc00i00*",
        "pci:v000010DEd00001B81sv00001458sd00003702bc*sc*i*", "pci:v00001002d*sv*sd*bc*sc*i*",
        "pci:v*d*sv*sd*bc04sc*i*"})
    EXPECT_EQ(PciAlias::parse(pattern)->matches(*card), matches_pattern(pattern, kCard)) << pattern;
  for (const char* other : {"", "pci:", "pci:v*", "pci:v10DEd*sv*sd*bc*sc*i*", "usb:v*d*",
                            "pci:v000010ded*sv*sd*bc*sc*i*", "pci:v*d*sv*sd*bc*sc*i*x"})
    EXPECT_FALSE(PciAlias::parse(other)) << other;
}

}  // namespace
}  // namespace host
