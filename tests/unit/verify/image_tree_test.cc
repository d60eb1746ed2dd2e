// SPDX-License-Identifier: GPL-2.0-or-later
//
// The files that the kernel creates from the entries of an archive: a test for each rule of
// init/initramfs.c.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "initramfs/tree.h"

namespace verify {
namespace {

class ImageTreeTest : public testing::Test {
 protected:
  bool file(std::string_view path, std::string_view text = "text", uint32_t inode = 0) {
    initramfs::ImageFile* const made = tree_.add_file(
        {.path = path, .mode = S_IFREG | 0644, .links = inode ? 2u : 1u, .inode = inode},
        text.size());
    if (made && !text.empty()) made->text = text;
    return made;
  }
  void directory(std::string_view path) { tree_.add({.path = path, .mode = S_IFDIR | 0755}); }

  initramfs::ImageFiles files() {
    initramfs::ImageFiles all;
    EXPECT_TRUE(tree_.move_to(all));
    return all;
  }

  host::Meter meter_{host::kImageBudget, 0};
  initramfs::ImageTree tree_{meter_};
};

TEST_F(ImageTreeTest, HasDefaultEntriesOfTheKernel) {
  const initramfs::ImageFiles all = files();
  EXPECT_EQ(all.size(), 3u);
  EXPECT_TRUE(all.at("dev").directory && all.at("root").directory && all.contains("dev/console"));
}

TEST_F(ImageTreeTest, AFileNeedsItsDirectory) {
  EXPECT_FALSE(file("a/b"));
  directory("a/b/c");
  EXPECT_FALSE(files().contains("a"));
  directory("/a");
  EXPECT_TRUE(file("./a//b"));
  EXPECT_FALSE(file("a/b/c")) << "below a file";
  EXPECT_FALSE(file("a/"));
  EXPECT_FALSE(file("c/"));
  EXPECT_FALSE(file(""));
  EXPECT_FALSE(file(std::string(256, 'x')));
  EXPECT_TRUE(file(std::string(255, 'x')));
  EXPECT_EQ(files().at("a/b").text, "text");
}

TEST_F(ImageTreeTest, AFileOfADifferentTypeIsReplaced) {
  directory("empty");
  directory("full");
  EXPECT_TRUE(file("full/x"));
  EXPECT_TRUE(file("empty"));
  EXPECT_FALSE(file("full"));
  tree_.add_link("full", "x");
  tree_.add_link("empty", "full");
  initramfs::ImageFiles all = files();
  EXPECT_EQ(all.at("empty").link, "full");
  EXPECT_TRUE(all.at("full").directory && all.contains("full/x"));
}

TEST_F(ImageTreeTest, NewFileFollowsLinksInPath) {
  directory("usr");
  directory("usr/lib");
  tree_.add_link("lib", "usr/lib");
  tree_.add_link("usr/lib/up", "../..");
  tree_.add_link("circle", "circle");
  EXPECT_TRUE(file("lib/up/lib/x"));
  EXPECT_EQ(tree_.path_of_last(), "usr/lib/x");
  EXPECT_FALSE(file("circle/x"));
  // A file replaces a link of its name; a directory with a slash is created through the link.
  directory("lib/");
  EXPECT_TRUE(file("usr/lib/up"));
  initramfs::ImageFiles all = files();
  EXPECT_EQ(all.at("lib").link, "usr/lib");
  EXPECT_TRUE(all.at("usr/lib/up").regular);
}

TEST_F(ImageTreeTest, ADirectoryReplacesALink) {
  directory("usr");
  tree_.add_link("lib", "usr");
  directory("lib");
  EXPECT_TRUE(files().at("lib").directory);
}

TEST_F(ImageTreeTest, HardLinksShareTheirContent) {
  EXPECT_TRUE(file("a", "", 7));
  EXPECT_TRUE(file("b", "content", 7));
  EXPECT_TRUE(file("c", "", 7));
  tree_.end_archive();
  EXPECT_TRUE(file("d", "other", 7));
  initramfs::ImageFiles all = files();
  for (const char* name : {"a", "b", "c"}) EXPECT_EQ(all.at(name).text, "content") << name;
  EXPECT_EQ(all.at("d").text, "other");
}

TEST_F(ImageTreeTest, AnEntryOfAnUnknownTypeRemovesTheFile) {
  EXPECT_TRUE(file("a"));
  tree_.add({.path = "a", .mode = 0755});
  EXPECT_FALSE(files().contains("a"));
}

}  // namespace
}  // namespace verify
