// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/options.h"

#include <algorithm>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <gtest/gtest.h>

namespace {

// Parses the words of a command line. False: they are refused.
bool parse(bench::Options& options, std::vector<std::string> words) {
  CLI::App app("", "vfio-bench");
  bench::declare(app, options);
  std::reverse(words.begin(), words.end());  // CLI11 takes them from the back
  try {
    app.parse(std::move(words));
  } catch (const CLI::ParseError&) {
    return false;
  }
  return true;
}

bool is_accepted(const std::vector<std::string>& words) {
  bench::Options options;
  return parse(options, words);
}

TEST(Options, ModelsWith3dAreNamedLikeOthers) {
  bench::Options options;
  ASSERT_TRUE(parse(options, {"run", "--render-node", "/dev/dri/renderD129", "0000:01:00=venus",
                              "0000:01:00=virtio-gpu-gl", "0000:02:00"}));
  EXPECT_EQ(
      options.series.pairs,
      (std::vector<std::string>{"0000:01:00=venus", "0000:01:00=virtio-gpu-gl", "0000:02:00"}));
  EXPECT_EQ(options.series.render_node, "/dev/dri/renderD129");
  EXPECT_FALSE(is_accepted({"run", "0000:01:00="}));
  EXPECT_FALSE(is_accepted({"run", "venus"}));
}

TEST(Options, RenderNodeIsOfGuestsWithThisRoot) {
  EXPECT_TRUE(is_accepted({"run", "--kernel", "k", "--initrd", "i", "0000:01:00"}));
  EXPECT_FALSE(is_accepted(
      {"run", "--kernel", "k", "--initrd", "i", "--render-node", "/dev/null", "0000:01:00"}));
  EXPECT_FALSE(is_accepted({"run", "0000:01:00", "--render-node"}));
}

TEST(Options, SamePictureTakesAListOfModels) {
  bench::Options options;
  ASSERT_TRUE(parse(options, {"report", "--same-picture", "virtio-gpu-gl,venus", "figures.json"}));
  EXPECT_EQ(options.same_picture, (std::vector<std::string>{"virtio-gpu-gl", "venus"}));
  EXPECT_EQ(options.series.results, "figures.json") << "the list does not take the file";
  EXPECT_FALSE(is_accepted({"run", "--same-picture", "a,b", "0000:01:00"}));
}

}  // namespace
