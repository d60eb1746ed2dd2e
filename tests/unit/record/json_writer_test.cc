// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/json_writer.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace record {
namespace {

using nlohmann::ordered_json;

std::string written(std::string_view text) {
  JsonWriter json;
  json.open_array();
  json.element(text);
  json.close_array();
  return json.finish();
}

// As another library parses it; a discarded value if it is not JSON.
ordered_json as_parsed(const std::string& json) {
  return ordered_json::parse(json, nullptr, /*allow_exceptions=*/false);
}

TEST(JsonWriter, MatchesAnotherLibrary) {
  JsonWriter json;
  json.open_object();
  json.member("text", "a \"quoted\" \\ reason");
  json.member("number", int64_t{-9'000'000'000});
  json.member("flag", true);
  json.open_array("none");
  json.close_array();
  json.open_array("two");
  json.element("x");
  json.open_object();
  json.close_object();
  json.close_array();
  json.close_object();
  const std::string text = json.finish();
  EXPECT_EQ(as_parsed(text).dump(2) + "\n", text);
  EXPECT_EQ(as_parsed(text)["text"], "a \"quoted\" \\ reason");
  EXPECT_EQ(as_parsed(text)["number"], -9'000'000'000);
}

TEST(JsonWriter, KeepsEveryCharacter) {
  for (const std::string& text :
       {std::string("\0\x01\n\x1f\x7f", 5), std::string("ä€😀\xed\x9f\xbf\xf4\x8f\xbf\xbf")})
    EXPECT_EQ(as_parsed(written(text)), ordered_json::array({text}));
}

TEST(JsonWriter, ReplacesInvalidUtf8) {
  for (const char* text : {"\xff", "\x80", "\xc0\x80", "\xe0\x9f\xbf", "\xed\xa0\x80",
                           "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xe2\x82", "\xf0\x9f\x98z"}) {
    const ordered_json seen = as_parsed(written(text));
    ASSERT_FALSE(seen.is_discarded()) << written(text);
    EXPECT_NE(seen[0].get<std::string>().find("\xef\xbf\xbd"), std::string::npos);
  }
  std::string noise;
  for (uint32_t seed = 1; noise.size() < 20'000; seed = seed * 1664525 + 1013904223)
    noise += static_cast<char>(seed >> 24);
  EXPECT_FALSE(as_parsed(written(noise)).is_discarded());
}

}  // namespace
}  // namespace record
