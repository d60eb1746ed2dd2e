// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the tables say about a word. tests/completions runs the shells.
#include "completions/program.h"

#include <gtest/gtest.h>

#include "completions/cli11.h"

namespace completions {
namespace {

TEST(Completions, TheNameOfAnArgumentSaysWhatItIs) {
  EXPECT_EQ(kind_of("FILE"), "file");
  EXPECT_EQ(kind_of("DIR"), "directory");
  EXPECT_EQ(kind_of("DIR|FILE"), "file");
  EXPECT_EQ(kind_of("[CARD]"), "card");
  EXPECT_EQ(kind_of("PAIR"), "slot");
  EXPECT_EQ(kind_of("text|json"), "=text|json");
  EXPECT_EQ(kind_of("allow"), "=allow");
}

TEST(Completions, NothingIsCompletedForOtherArguments) {
  for (const char* argument : {"", "SIZE", "[SIZE]", "UINT", "TEXT", "a b", "$(x)|y"})
    EXPECT_EQ(kind_of(argument), "none") << argument;
}

TEST(Completions, ValuesOfCli11AreItsSets) {
  CLI::App app;
  std::string text;
  int number = 0;
  bool flag = false;
  const auto kind = [](const CLI::Option* option) { return value_kind(*option); };
  EXPECT_EQ(kind(app.add_option("--set", text)->check(CLI::IsMember({"b", "a"}))), "=b|a");
  const std::map<std::string, int> values = {{"never", 0}, {"always", 1}};
  EXPECT_EQ(kind(app.add_option("--map", number)->transform(CLI::CheckedTransformer(values))),
            "=always|never");
  EXPECT_EQ(kind(app.add_option("--file", text)->check(CLI::ExistingFile)), "file");
  EXPECT_EQ(kind(app.add_option("--text", text)), "none");
  EXPECT_EQ(kind(app.add_option("--number", number)->check(CLI::Range(1, 9))), "none");
  EXPECT_EQ(kind(app.add_flag("--flag", flag)), "flag");
}

TEST(Completions, EachNameOfAnOptionIsCompleted) {
  CLI::App app;
  bool quiet = false;
  std::vector<Option> names;
  add_options(*app.add_flag("--quiet,-q", quiet, "say less"), names);
  ASSERT_EQ(names.size(), 2u);
  EXPECT_EQ(names[0].name, "--quiet");
  EXPECT_EQ(names[1].name, "-q");
  EXPECT_EQ(names[1].summary, "say less");
}

TEST(Completions, AnOptionOfSeveralCommandsIsOfferedOnce) {
  const Option config{"--config", "file", ""}, live{"--live", "flag", ""};
  const auto all = all_options({{.name = "a", .summary = "", .options = {config}},
                                {.name = "b", .summary = "", .options = {config, live}}});
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[1].name, "--live");
}

}  // namespace
}  // namespace completions
