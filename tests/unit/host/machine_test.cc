// SPDX-License-Identifier: GPL-2.0-or-later
#include <cerrno>

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "host/command_line.h"
#include "host/kernel_log.h"
#include "tests/unit/fake_tree.h"

namespace host {
namespace {

TEST(Machine, InitramfsIsRecognised) {
  constexpr const char* kRootfs = "rootfs / rootfs rw,size=986144k 0 0\n";
  FakeTree tree;
  EXPECT_FALSE(in_initramfs(tree.root()));
  // initramfs-tools has no /etc/initrd-release.
  tree.file("/proc/self/mounts", std::string(kRootfs) + "proc /proc proc rw 0 0\n");
  EXPECT_TRUE(in_initramfs(tree.root()));
  EXPECT_TRUE(tree.machine().in_initramfs);
  // A root in memory is not the kernel's rootfs, and neither is a file system mounted over it.
  for (const std::string& system :
       {std::string("tmpfs / tmpfs rw 0 0\n"), kRootfs + std::string("/dev/sda1 / ext4 rw 0 0\n"),
        std::string("rootfs /mnt rootfs rw 0 0\n")})
    EXPECT_FALSE(in_initramfs(tree.file("/proc/self/mounts", system).root())) << system;
  // A system whose root stays in rootfs.
  tree.file("/proc/self/mounts", kRootfs).file("/run/systemd/system/x", "");
  EXPECT_FALSE(in_initramfs(tree.root()));
  // systemd has started in the initramfs, and /etc/initrd-release marks the image.
  EXPECT_TRUE(in_initramfs(tree.file("/etc/initrd-release", "").root()));
}

TEST(CommandLine, ParsesDashesAndQuotesLikeTheKernel) {
  const auto line = CommandLine::parse("quiet vfio-early=on vfio_early=off dyndbg=\"a b\"\n");
  EXPECT_EQ(line.value("vfio_early"), "off");
  EXPECT_EQ(line.values("vfio-early").size(), 2u);
  EXPECT_EQ(line.value("dyndbg"), "a b");
  EXPECT_EQ(line.value("quiet"), "");
  EXPECT_FALSE(line.value("loud"));
}

TEST(CommandLine, WordsOfAValueAreFound) {
  const auto line = CommandLine::parse("intel_iommu=sm_on,on intel-iommu=on,igfx_off iommu=pt");
  EXPECT_EQ(line.value_with_word("intel_iommu", "on"), "sm_on,on") << "the first one";
  EXPECT_EQ(line.value_with_word("intel_iommu", "igfx_off"), "on,igfx_off");
  EXPECT_FALSE(line.value_with_word("intel_iommu", "igfx"));
  EXPECT_FALSE(line.value_with_word("amd_iommu", "on"));
}

TEST(PciAddresses, Contain) {
  const std::vector<PciAddress> all = {*PciAddress::parse("0000:01:00.0")};
  EXPECT_TRUE(contains(all, *PciAddress::parse("0000:01:00.0")));
  EXPECT_FALSE(contains(all, *PciAddress::parse("0000:01:00.1")));
}

// The kernel refuses a longer line, and the message would be lost.
TEST(KernelLog, LongLineIsTruncated) {
  FakeTree tree;
  tree.file("/dev/kmsg", "");
  ASSERT_TRUE(write_kernel_log(tree.root(), Priority::kError, std::string(5000, 'x')));
  const std::string written = tree.text("/dev/kmsg");
  EXPECT_LT(written.size(), 950u);
  EXPECT_TRUE(written.starts_with("<3>xxx"));
  EXPECT_TRUE(written.ends_with("x [...]\n"));
}

// In a captured tree, or bind-mounted over it: reading /dev/zero would never end.
TEST(KernelLog, ReadRejectsSpecialFiles) {
  FakeTree tree;
  tree.file("/dev/keep", "");
  const std::string log = (tree.directory() / "dev/kmsg").string();
  for (const mode_t kind : {S_IFIFO, S_IFCHR, S_IFDIR}) {
    const int made = kind == S_IFDIR ? ::mkdir(log.c_str(), 0755)
                                     : ::mknod(log.c_str(), kind | 0600, makedev(1, 5));
    if (made < 0 && errno == EPERM) continue;  // a character device takes root
    ASSERT_EQ(made, 0);
    const auto lines = read_kernel_log(tree.root());
    ASSERT_FALSE(lines) << kind;
    EXPECT_EQ(lines.error().code, EINVAL);
    std::filesystem::remove(log);
  }
}

TEST(CommandLine, FindsParametersThatDisableIommu) {
  const auto parameters_in = [](const char* line) {
    return iommu_off_parameters(CommandLine::parse(line));
  };
  using All = std::vector<std::string>;
  EXPECT_EQ(parameters_in("quiet intel_iommu=sm_off,off"), All{"intel_iommu=sm_off,off"});
  EXPECT_EQ(parameters_in("intel_iommu=on,sm_off iommu=pt"), All{});
  EXPECT_EQ(parameters_in("amd_iommu=off intel_iommu=off"),
            (All{"intel_iommu=off", "amd_iommu=off"}));
  EXPECT_EQ(parameters_in("intel_iommu=off intel_iommu=on"), All{});
  EXPECT_EQ(parameters_in("amd_iommu=off amd_iommu=on"), All{"amd_iommu=off"});
}

TEST(KernelLog, RecordsAreParsed) {
  LogLine line;
  ASSERT_TRUE(
      parse_log_record("6,339,5140900,-;bochs-drm 0000:01:00.0: hi\n SUBSYSTEM=pci\n", line));
  EXPECT_EQ(line.sequence, 339u);
  EXPECT_EQ(line.microseconds, 5140900u);
  EXPECT_EQ(line.text, "bochs-drm 0000:01:00.0: hi");
  EXPECT_FALSE(parse_log_record("no record", line));
  EXPECT_FALSE(parse_log_record("6,x,1,-;text", line));
}

}  // namespace
}  // namespace host
