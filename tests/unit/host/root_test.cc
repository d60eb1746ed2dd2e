// SPDX-License-Identifier: GPL-2.0-or-later
#include <atomic>
#include <thread>

#include <fcntl.h>
#include <sys/stat.h>

#include "tests/unit/fake_tree.h"
#include "tests/unit/without_system_call.h"

namespace host {
namespace {

TEST(Root, PathsStayInsideTheTree) {
  FakeTree tree;
  tree.file("/etc/inside", "in\n").link("/etc/absolute", "/etc/inside");
  tree.link("/etc/outside", "../../../../../../../../../etc/hostname");
  tree.link("/etc/root", "/..").link("/etc/host", "/etc/root/../etc/hostname");
  with_and_without_openat2([&] {
    const Root root = tree.root();
    EXPECT_EQ(*root.read("/etc/absolute"), "in\n");
    EXPECT_EQ(*root.read("/etc/root/etc/../etc/./inside"), "in\n");
    EXPECT_EQ(*root.list("/.."), *root.list("/"));
    EXPECT_FALSE(root.exists("/etc/outside"));
    EXPECT_FALSE(root.exists("/etc/host"));
    EXPECT_EQ(root.link_name("/etc/absolute"), "inside");
  });
}

TEST(Root, NamesTheStepThatFailed) {
  FakeTree tree;
  tree.file("/etc/file", std::string(100, 'x'));
  tree.link("/etc/loop", "/etc/loop").link("/etc/dangling", "none");
  with_and_without_openat2([&] {
    const Root root = tree.root();
    EXPECT_EQ(describe(root.read("/etc/none").error()),
              "open /etc/none: No such file or directory");
    EXPECT_EQ(root.read("/etc/none/none").error().code, ENOENT);
    EXPECT_EQ(root.read("/etc/file/none").error().code, ENOTDIR);
    EXPECT_EQ(root.read("/etc/dangling").error().code, ENOENT);
    EXPECT_EQ(root.read("/etc/loop").error().code, ELOOP);
    EXPECT_EQ(describe(root.read("/etc").error()), "read /etc: Is a directory");
    EXPECT_EQ(describe(root.read("/etc/file", 99).error()), "read /etc/file: File too large");
    EXPECT_EQ(describe(root.write("/sys/none", "x").error()),
              "write /sys/none: No such file or directory");
  });
  EXPECT_EQ(Root::open_tree("/no/such/root").error().code, ENOENT);
}

// A link to /dev/null masks a file of a package.
TEST(Root, DevNullReadsAsEmptyFile) {
  EXPECT_EQ(Root::open()->read("/dev/null").value_or("an error"), "");
  EXPECT_FALSE(Root::open()->read("/dev/zero"));
}

TEST(Root, ReadsTheBeginningOfAFile) {
  FakeTree tree;
  tree.file("/a", "0123456789");
  EXPECT_EQ(*tree.root().read_beginning("/a", 4), "0123");
  EXPECT_EQ(*tree.root().read_beginning("/a", 100), "0123456789");
  EXPECT_EQ(tree.root().read_beginning("/sys", 4).error().code, EISDIR);
  EXPECT_EQ(tree.root().read_beginning("/no", 4).error().code, ENOENT);
}

TEST(Root, CreatesAndRemovesOnlyInsideTheTree) {
  FakeTree tree, other;
  tree.link("/out", other.directory());
  with_and_without_openat2([&] {
    EXPECT_FALSE(tree.root().make_directories("/out/a/b"));
    EXPECT_TRUE(std::filesystem::is_empty(other.directory() / "sys/bus/pci/devices"));
    EXPECT_FALSE(std::filesystem::exists(other.directory() / "a"));
    EXPECT_TRUE(tree.root().make_directories("/in/a/b"));
    EXPECT_TRUE(std::filesystem::is_directory(tree.directory() / "in/a/b"));
    tree.file("/in/file", "");
    other.file("/file", "");
    (void)tree.root().remove("/out/file");
    EXPECT_TRUE(std::filesystem::exists(other.directory() / "file"));
    EXPECT_TRUE(tree.root().remove("/in/file"));
    EXPECT_FALSE(std::filesystem::exists(tree.directory() / "in/file"));
    EXPECT_TRUE(tree.root().remove("/in/file")) << "nothing is left to remove";
  });
}

TEST(Root, DoesNotWaitForAFifo) {
  FakeTree tree;
  ASSERT_EQ(::mkfifo((tree.directory() / "fifo").c_str(), 0600), 0);
  with_and_without_openat2([&] {
    const auto read = tree.root().read("/fifo");
    ASSERT_FALSE(read) << "a FIFO is read as an empty file";
    EXPECT_EQ(read.error().code, EINVAL);
  });
}

// As in sysfs, the path goes up through a link, while another process renames a file elsewhere.
TEST(Root, UnrelatedRenamesDoNotFailReads) {
  FakeTree tree;
  tree.file("/a/b/c/d/attribute", "x\n").link("/bus/device", "../a/b/../b/../b/c/../c/d");
  tree.file("/one", "");
  std::atomic<bool> done = false;
  std::thread renamer([&] {
    const auto one = tree.directory() / "one", two = tree.directory() / "two";
    while (!done) {
      std::filesystem::rename(one, two);
      std::filesystem::rename(two, one);
    }
  });
  const Root root = tree.root();
  std::string failure;
  for (int i = 0; i < 5000; ++i)
    if (const auto text = root.read_attribute("/bus/device/attribute"); !text)
      failure = describe(text.error());
  done = true;
  renamer.join();
  EXPECT_EQ(failure, "");
}

TEST(Root, OnlyTheRealRootIsLive) {
  EXPECT_TRUE(Root::open()->live());
  EXPECT_FALSE(Root::open_tree("/")->live());
  EXPECT_FALSE(FakeTree().root().live());
}

TEST(Root, ReplaceCreatesTheDirectory) {
  with_and_without_openat2([&] {
    FakeTree tree;
    tree.file("/run/keep", "");
    const Root root = tree.root();
    ASSERT_TRUE(root.replace("/run/vfio-early/record.json", "one"));
    ASSERT_TRUE(root.replace("/run/vfio-early/record.json", "two"));
    EXPECT_EQ(tree.text("/run/vfio-early/record.json"), "two");
    EXPECT_EQ(root.list("/run/vfio-early")->size(), 1u);
    EXPECT_FALSE(root.replace("/no/such/directory/file", "x"));
  });
}

// Another user can write to the directory, and knows the names that earlier versions gave the new
// file.
TEST(Root, ReplaceIgnoresExistingTemporaryFiles) {
  with_and_without_openat2([&] {
    FakeTree tree;
    tree.file("/tmp/.image.new", "prepared").file("/tmp/other", "kept");
    ASSERT_EQ(::mkfifo((tree.directory() / "tmp/image.new").c_str(), 0666), 0);
    tree.link("/tmp/image", "other");
    const mode_t usual = ::umask(0);
    EXPECT_TRUE(tree.root().replace("/tmp/image", "ours", 0600));
    ::umask(0777);
    EXPECT_TRUE(tree.root().replace("/tmp/second", "ours", 0644));
    ::umask(usual);
    EXPECT_EQ(tree.text("/tmp/.image.new"), "prepared");
    EXPECT_EQ(tree.text("/tmp/other"), "kept");
    struct stat about = {};
    ASSERT_EQ(::lstat((tree.directory() / "tmp/image").c_str(), &about), 0);
    EXPECT_TRUE(S_ISREG(about.st_mode)) << "the link is replaced, not what it points to";
    EXPECT_EQ(about.st_mode & 07777, 0600u);
    ASSERT_EQ(::stat((tree.directory() / "tmp/second").c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 07777, 0644u);
    EXPECT_EQ(tree.root().list("/tmp")->size(), 5u) << "nothing is left behind";
  });
}

// Two gates, or a gate and an adopt, run at the same time.
TEST(Root, ReplaceIsAtomic) {
  FakeTree tree;
  const std::string texts[] = {std::string(100'000, 'a'), std::string(50'000, 'b')};
  tree.file("/record", texts[0]);
  const Root root = tree.root();
  std::atomic<bool> done = false;
  std::vector<std::thread> writers;
  for (const std::string& text : texts)
    writers.emplace_back([&] {
      while (!done) EXPECT_TRUE(root.replace("/record", text));
    });
  int torn = 0;
  for (int i = 0; i < 2000; ++i) {
    const auto seen = root.read("/record", 200'000);
    torn += !seen || (*seen != texts[0] && *seen != texts[1]);
  }
  done = true;
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(torn, 0);
}

TEST(Root, OpenFileAppliesItsFlags) {
  with_and_without_openat2([&] {
    FakeTree tree;
    tree.file("/run/keep", "").link("/run/later", "lock");
    EXPECT_TRUE(tree.root().open_file("/run/later", O_RDWR | O_CREAT, 0600));
    EXPECT_TRUE(tree.root().exists("/run/lock"));
    EXPECT_EQ(tree.root().open_file("/run/later", O_RDWR | O_NOFOLLOW).error().code, ELOOP);
  });
}

}  // namespace
}  // namespace host
