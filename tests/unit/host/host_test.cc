// SPDX-License-Identifier: GPL-2.0-or-later
#include <atomic>
#include <cerrno>
#include <thread>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "host/command_line.h"
#include "host/iommu_group.h"
#include "host/kernel_log.h"
#include "host/module_options.h"
#include "host/pci_address.h"
#include "host/pci_serial.h"
#include "host/printable.h"
#include "host/text.h"
#include "tests/unit/fake_tree.h"
#include "tests/unit/without_system_call.h"

namespace host {
namespace {

TEST(Text, ParsesWholeNumbersOnly) {
  EXPECT_EQ(parse_number("ff", 16), 0xffu);
  EXPECT_EQ(parse_number("7", 10, 7), 7u);
  for (const char* bad : {"", "8", "-1", "+1", "0x1", "7 ", "77777777777"})
    EXPECT_FALSE(parse_number(bad, 10, 7)) << bad;
}

TEST(PciAddress, RoundTripsWithEveryDomainWidth) {
  for (const char* text : {"0000:01:00.0", "ffff:ff:1f.7", "10000:e0:06.0", "ffffffff:00:00.1"}) {
    const auto address = PciAddress::parse(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->str(), text);
  }
}

TEST(PciAddress, RejectsInvalidText) {
  for (const char* text : {"", ".", "01:00.0", "0000:01:00", "0000:01:00.8", "0000:01:20.0",
                           "0000:01:00.0 ", "0000:01:00.00", "000g:01:00.0", "0000-01:00.0",
                           "123456789:01:00.0", "0000:1:0.0", "../../:01:00.0"})
    EXPECT_FALSE(PciAddress::parse(text)) << text;
}

TEST(PciAddress, OrdersByDomainBusDeviceFunction) {
  EXPECT_LT(*PciAddress::parse("0000:02:00.0"), *PciAddress::parse("0000:10:00.0"));
  EXPECT_LT(*PciAddress::parse("ffff:00:00.0"), *PciAddress::parse("10000:00:00.0"));
}

TEST(PciId, ParsesVendorAndDevice) {
  const auto id = PciId::parse("10DE:1b81");
  ASSERT_TRUE(id);
  EXPECT_EQ(*id, (PciId{.vendor = 0x10de, .device = 0x1b81}));
  EXPECT_EQ(id->str(), "10de:1b81");
  for (const char* text : {"", "10de", "10de:", "10de:1b81:0000", "10de:11b81", "x:y"})
    EXPECT_FALSE(PciId::parse(text)) << text;
}

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

TEST(PciFunctions, AreReadFromUevent) {
  FakeTree tree;
  tree.function("0000:01:00.0", "1234:1111", "38000", "bochs-drm");
  tree.function("0000:00:1f.2", "8086:2922", "10601");
  tree.file("/sys/bus/pci/devices/0000:02:00.0/uevent", "nonsense\n");
  const Machine machine = tree.machine();
  ASSERT_EQ(machine.functions.size(), 2u);
  const PciFunction* card = machine.find(*PciAddress::parse("0000:01:00.0"));
  ASSERT_TRUE(card);
  EXPECT_EQ(card->id.str(), "1234:1111");
  EXPECT_EQ(card->id.subvendor, 0x1af4);
  EXPECT_EQ(card->class_str(), "038000");
  EXPECT_EQ(card->driver, "bochs-drm");
  EXPECT_TRUE(card->is_class("03"));
  EXPECT_FALSE(card->is_class("0300"));
  EXPECT_FALSE(machine.find(*PciAddress::parse("0000:02:00.0")));
}

TEST(PciFunctions, MissingBusIsAnError) {
  FakeTree tree;
  std::filesystem::remove_all(tree.directory() / "sys");
  EXPECT_FALSE(read_machine(tree.root()));
}

TEST(PciFunctions, NullOverrideReadsAsEmpty) {
  FakeTree tree;
  tree.function("0000:01:00.0", "1234:1111", "38000");
  const auto address = *PciAddress::parse("0000:01:00.0");
  EXPECT_EQ(override_of(tree.root(), address), "");
  tree.file("/sys/bus/pci/devices/0000:01:00.0/driver_override", "vfio-pci\n");
  EXPECT_EQ(override_of(tree.root(), address), "vfio-pci");
}

TEST(IommuGroup, ListsItsFunctionsInOrder) {
  FakeTree tree;
  tree.iommu().group(7, {"0000:01:00.1", "0000:01:00.0"});
  EXPECT_TRUE(has_iommu(tree.root()));
  EXPECT_EQ(iommu_group_of(tree.root(), *PciAddress::parse("0000:01:00.1")), 7);
  const auto group = read_iommu_group(tree.root(), 7);
  ASSERT_TRUE(group);
  ASSERT_EQ(group->functions.size(), 2u);
  EXPECT_EQ(group->functions[0].str(), "0000:01:00.0");
  EXPECT_EQ(group->type, "DMA-FQ");
}

TEST(IommuGroup, EmptyClassMeansNoIommu) {
  FakeTree tree;
  EXPECT_FALSE(has_iommu(tree.root()));
  std::filesystem::create_directories(tree.directory() / "sys/class/iommu");
  EXPECT_FALSE(has_iommu(tree.root()));
}

TEST(CommandLine, ParsesDashesAndQuotesLikeTheKernel) {
  const auto line = CommandLine::parse("quiet vfio-early=on vfio_early=off dyndbg=\"a b\"\n");
  EXPECT_EQ(line.value("vfio_early"), "off");
  EXPECT_EQ(line.values("vfio-early").size(), 2u);
  EXPECT_EQ(line.value("dyndbg"), "a b");
  EXPECT_EQ(line.value("quiet"), "");
  EXPECT_FALSE(line.value("loud"));
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

TEST(PciPath, ParsesConfigurationAndSysfsForms) {
  const auto path = PciPath::parse("0000:00/02.0/00.0");
  ASSERT_TRUE(path);
  EXPECT_EQ(path->str(), "0000:00/02.0/00.0");
  EXPECT_EQ(PciPath::from_sysfs("../../../devices/pci0000:00/0000:00:02.0/0000:01:00.0"), path);
  EXPECT_EQ(PciPath::from_sysfs("x/pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0")->str(),
            "10000:e0/06.0");
  EXPECT_TRUE(path->has_prefix(*PciPath::parse("0000:00/02.0")));
  EXPECT_TRUE(path->has_prefix(*path));
  EXPECT_FALSE(path->has_prefix(*PciPath::parse("0000:00/02.1")));
  EXPECT_FALSE(PciPath::parse("0000:00/02.0")->has_prefix(*path));
  for (const char* text : {"", "0000:00", "/", "02.0/00.0", "0000:00/20.0", "0000:00/02.8"})
    EXPECT_FALSE(PciPath::parse(text)) << text;
}

// A configuration space with two extended capabilities: AER, then the serial number.
std::string space_with_serial() {
  std::string space(0x1000, '\0');
  const auto put = [&](size_t at, uint32_t value) {
    for (size_t i = 0; i < 4; ++i) space[at + i] = static_cast<char>(value >> (8 * i));
  };
  put(0x100, 0x14010001 | 0x140u << 20);
  put(0x140, 0x00010003);
  put(0x144, 0xffabcdef);
  put(0x148, 0x001b21ff);
  return space;
}

TEST(PciSerial, IsReadFromExtendedSpace) {
  FakeTree tree;
  tree.file("/sys/bus/pci/devices/0000:01:00.0/config", space_with_serial());
  EXPECT_EQ(read_serial(tree.root(), *PciAddress::parse("0000:01:00.0")), 0x001b21ffffabcdef);
  EXPECT_EQ(serial_str(0x001b21ffffabcdef), "00-1b-21-ff-ff-ab-cd-ef");
  EXPECT_EQ(parse_serial("00-1b-21-ff-ff-ab-cd-ef"), 0x001b21ffffabcdef);
}

TEST(PciSerial, IsMissingWithoutCapability) {
  FakeTree tree;
  const std::string config = "/sys/bus/pci/devices/0000:01:00.0/config";
  const auto serial = [&](const std::string& space) {
    tree.file(config, space);
    return read_serial(tree.root(), *PciAddress::parse("0000:01:00.0"));
  };
  EXPECT_FALSE(serial(space_with_serial().substr(0, 256)));  // not PCIe, or not read as root
  EXPECT_FALSE(serial(space_with_serial().substr(0, 0x146)));
  EXPECT_FALSE(serial(std::string(0x1000, '\xff')));  // the device is gone
  std::string loop = space_with_serial();
  loop[0x140] = 1, loop[0x143] = 0x14;  // a second AER that links to itself
  EXPECT_FALSE(serial(loop));
}

TEST(ModuleOf, AcceptsFileOrName) {
  for (const char* path : {"kernel/drivers/vfio/pci/vfio-pci.ko.xz", "vfio-pci.ko", "vfio-pci"})
    EXPECT_EQ(module_of(path), "vfio_pci") << path;
  EXPECT_EQ(module_of(""), "");
}

}  // namespace
// Unicode 15, table 3-7.
TEST(Printable, InvalidUtf8IsReplaced) {
  for (const char* text : {"", "a b\n", "\xc2\xa0", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
                           "\xee\x80\x80", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbd"})
    EXPECT_EQ(host::printable(text), text);
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
    EXPECT_EQ(host::printable(std::string(bytes) + "!"), replaced + "!");
  }
}

TEST(Printable, ControlCharactersAreReplaced) {
  for (const char* evil : {"\033", "\x07", "\r", "\t", "\x7f", "\xc2\x9b", "\xd8\x9c",
                           "\xe2\x80\x8f", "\xe2\x80\xa8", "\xe2\x80\xae", "\xe2\x81\xa6",
                           "\xef\xbb\xbf", "\xef\xb7\x90", "\xef\xbf\xbe", "\xf0\x9f\xbf\xbf"})
    EXPECT_EQ(host::printable(std::string("a") + evil + "b"), "a?b");
  EXPECT_EQ(host::printable(std::string_view("a\0b", 3)), "a?b");
}

// Two names that differ only in an invisible character would look the same.
TEST(Printable, InvisibleCharactersAreReplaced) {
  for (const char* invisible :
       {"\u00ad",     "\u034f",     "\u115f",     "\u1160",    "\u17b4", "\u180b", "\u180e",
        "\u200b",     "\u200c",     "\u200d",     "\u200e",    "\u2060", "\u2064", "\u206a",
        "\u3164",     "\ufe00",     "\ufe0f",     "\ufeff",    "\uffa0", "\ufff9", "\U0001d173",
        "\U000e0000", "\U000e0041", "\U000e007f", "\U000e0100"})
    EXPECT_EQ(host::printable(std::string("a") + invisible + "b"), "a?b");
  // The adjacent code points are text.
  for (const char* text : {"\u00ac", "\u00ae", "\u200a", "\u2010", "\u205f", "\u2070", "\u3163",
                           "\u3165", "\ufe10", "\uff9f", "\uffa1", "\U0001f600"})
    EXPECT_EQ(host::printable(text), text);
}

}  // namespace host
