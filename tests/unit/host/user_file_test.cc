// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/user_file.h"

#include "tests/unit/fake_tree.h"
#include "tests/unit/without_system_call.h"

namespace host {
namespace {

// As root, /dev/stdout would be replaced by a file, for all programs of the machine.
TEST(UserFile, LinkToAPipeOrToNothingIsNotReplaced) {
  FakeTree tree;
  int ends[2] = {};
  ASSERT_EQ(::pipe(ends), 0);
  tree.link("/pipe", "/proc/self/fd/" + std::to_string(ends[1])).link("/nothing", "none");
  tree.link("/loop", "loop").file("/file", "old").link("/to-file", "file");
  const auto write = [&](const char* name) {
    return replace_user_file(tree.directory() / name, "new", 0600);
  };
  with_and_without_openat2([&] {
    for (const char* name : {"pipe", "nothing", "loop"}) {
      const auto written = write(name);
      ASSERT_FALSE(written) << name;
      EXPECT_NE(describe(written.error()).find("a link that leads to no regular file"),
                std::string::npos);
      EXPECT_TRUE(std::filesystem::is_symlink(tree.directory() / name)) << name;
    }
    EXPECT_TRUE(write("new"));
  });
  EXPECT_TRUE(write("to-file"));
  EXPECT_EQ(tree.text("/to-file"), "new");
  EXPECT_EQ(tree.text("/file"), "old");
}

}  // namespace
}  // namespace host
