// SPDX-License-Identifier: GPL-2.0-or-later
//
// The commands in texts for users, and what else is read of a platform.
#include <fstream>
#include <sstream>

#include "tests/unit/fake_tree.h"
#include "tests/unit/verify/healthy.h"

namespace verify {
namespace {

// Each text with such a command rebuilds the images of all kernels, because the next boot may use a
// kernel that is not the newest. A container image of bootc has only one kernel.
TEST(RebuildCommand, IsForAllKernelsInEveryText) {
  for (const char* file :
       {"README.md", "early/vfio-early.8.scd", "early/vfio-early.conf.5.scd",
        "early/vfio-early.conf.example", "verify/vfio-verify.8.scd.in", "packaging/rebuild-hint",
        "packaging/arch/vfio-early.install", "mkinitcpio/install/vfio-early"}) {
    std::stringstream read;
    read << std::ifstream(std::string(VFIO_EARLY_SOURCE) + "/" + file).rdbuf();
    const std::string text = read.str();
    ASSERT_FALSE(text.empty()) << file;
    for (const auto& [command, all] :
         {std::pair("update-initramfs -u", " -k all"), std::pair("dracut -f", " --regenerate-all"),
          std::pair("dracut --force", " --regenerate-all"), std::pair("mkinitcpio -p", " never")})
      for (size_t at = text.find(command); at != text.npos; at = text.find(command, at + 1))
        EXPECT_TRUE(text.substr(at + std::string(command).size()).starts_with(all) ||
                    text.substr(at).starts_with("dracut --force --no-hostonly --add \"ostree"))
            << file << ": " << text.substr(at, 40);
  }
}

TEST(Platform, ReadsTheNameAndTheProcessor) {
  FakeTree tree;
  tree.file("/usr/lib/os-release", "PRETTY_NAME='Some Linux'\nID=some\n")
      .file("/proc/cpuinfo", "processor\t: 0\nvendor_id\t: GenuineIntel\n");
  const Platform platform = read_platform(tree.root());
  EXPECT_EQ(platform.name, "Some Linux");
  EXPECT_EQ(platform.cpu_vendor, "GenuineIntel");
  EXPECT_EQ(read_platform(FakeTree().root()).name, "");
}

}  // namespace
}  // namespace verify
