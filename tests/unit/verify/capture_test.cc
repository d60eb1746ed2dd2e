// SPDX-License-Identifier: GPL-2.0-or-later
//
// An archive of a machine gives the same findings as the machine, and does not reveal its user.
#include "verify/capture/capture.h"

#include <chrono>
#include <csignal>
#include <fstream>
#include <sstream>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

#include "host/budget.h"
#include "host/pci_serial.h"
#include "tests/unit/fake_tree.h"
#include "tests/unit/verify/healthy.h"
#include "verify/capture/archive.h"
#include "verify/inspect_machine.h"

namespace verify {
namespace {

using capture::Entry;

// A configuration space with a serial number after another capability.
std::string config_space() {
  std::string bytes(4096, '\0');
  bytes.replace(0x100, 4, std::string("\x01\x00\x01\x15", 4));  // AER, the next at 0x150
  bytes.replace(0x150, 12, std::string("\x03\x00\x01\x00\x77\x66\x55\x44\x33\x22\x11\x00", 12));
  return bytes;
}

// A user's machine, with a card behind a port.
class CaptureTest : public testing::Test {
 protected:
  CaptureTest() {
    tree_.iommu()
        .function("0000:00:01.0", "8086:1901", "60400", "pcieport")
        .below("pci0000:00", "0000:00:01.0")
        .function(kVga, "10DE:1B81", "30000", "vfio-pci")
        .file("/sys/bus/pci/devices/0000:01:00.0/config", config_space())
        .file("/sys/bus/pci/devices/0000:01:00.0/reset_method", "flr bus\n")
        .file("/sys/bus/pci/devices/0000:01:00.0/resource",
              "0x00000000c2000000 0x00000000c2ffffff 0x0000000000042208\n")
        .below("pci0000:00/0000:00:01.0", kVga)
        .function(kAudio, "10DE:10F0", "40300", "vfio-pci")
        .below("pci0000:00/0000:00:01.0", kAudio)
        .file("/sys/bus/pci/drivers/vfio-pci/bind", "")
        .file("/sys/kernel/iommu_groups/4/type", "DMA\n");
    for (const char* address : {kVga, kAudio}) {
      const std::string device_path =
          "/sys/devices/pci0000:00/0000:00:01.0/" + std::string(address);
      tree_.link(device_path + "/iommu_group", "../../../../kernel/iommu_groups/4")
          .link("/sys/kernel/iommu_groups/4/devices/" + std::string(address),
                "../../../../.." + device_path);
    }
    tree_
        .file("/etc/vfio-early.conf",
              "[gaming]\nserial = 00-11-22-33-44-55-66-77\nfunctions = 0 1\n"
              "only-display = allow\n")
        .file("/boot/loader/entries/0123456789abcdef0123456789abcdef-6.12.conf", "title x\n")
        .file("/usr/lib/os-release", "ID=debian\nPRETTY_NAME=\"Debian\"\n")
        .link("/etc/os-release", "../usr/lib/os-release")
        .file("/proc/cmdline", "root=UUID=3c0e8a52-15f1-4c7c-9b0a-d3a1f4e0c111 intel_iommu=on\n")
        .file("/proc/sys/kernel/hostname", "turing\n")
        .file("/proc/sys/kernel/osrelease", "6.12.0\n")
        .file("/proc/interrupts", " 24: 0 IR-PCI-MSI 0-edge turing-eth0\n")
        .file("/usr/bin/qemu-system-aarch64", "a program\n")
        .file("/usr/bin/qemu-system-x86_64", "a program\n")
        .file("/home/alice/letter", "dear\n")
        .file("/dev/kmsg",
              "5,0,0,-;Linux version 6.12.0 (alice@desk) (gcc 12)\n6,1,5,-;usb 1-1: SerialNumber: "
              "4C530001\n"
              " SUBSYSTEM=usb\n6,2,9,-;vfio-pci 0000:01:00.0: by turing\n");
  }

  std::string packed(const std::string& name = "x.tar.zst") const {
    return *capture::pack(capture::capture_machine(tree_.root()), name);
  }
  static void write(const std::string& file, const std::string& bytes) {
    std::ofstream(file, std::ios::binary) << bytes;
  }

  FakeTree tree_;
};

Findings findings_in(const host::Root& root) {
  const auto configuration = config::read_configuration(root, config::kConfigurationFile);
  auto inspection = inspect(root, configuration, {.live = false});
  EXPECT_TRUE(inspection);
  inspection->guest = guest::read_readiness(root, {}, {.live = false}, {}, {});
  return run_checks(*inspection);
}

TEST_F(CaptureTest, UnpackedCaptureGivesTheSameFindings) {
  for (const char* name : {"capture.tar.zst", "capture.tgz"}) {
    const std::string file = testing::TempDir() + name;
    write(file, packed(name));
    const auto unpacked = capture::Unpacked::from(file);
    ASSERT_TRUE(unpacked) << host::describe(unpacked.error());
    const Findings before = findings_in(tree_.root());
    const Findings after = findings_in(*host::Root::open_tree(unpacked->root()));
    ASSERT_EQ(before.size(), after.size());
    size_t passed = 0;
    for (size_t i = 0; i < before.size(); ++i) {
      EXPECT_EQ(before[i].id + " " + before[i].subject + " " + before[i].evidence,
                after[i].id + " " + after[i].subject + " " + after[i].evidence);
      EXPECT_EQ(before[i].status, after[i].status) << before[i].id;
      passed += after[i].status == Status::kPass;
    }
    EXPECT_GT(passed, 5u);
    std::filesystem::remove(file);
  }
}

TEST_F(CaptureTest, DoesNotIdentifyItsUser) {
  std::string all;
  for (const auto& [path, entry] : capture::capture_machine(tree_.root()).entries)
    all += path + entry.content;
  for (const char* secret : {"turing", "3c0e8a52", "4C530001", "00-11-22", "dear", "a program",
                             "alice@", "0123456789abcdef", "\x77\x66\x55\x44"})
    EXPECT_EQ(all.find(secret), std::string::npos) << secret;
  EXPECT_TRUE(has_text(all, "vfio-pci 0000:01:00.0: (left out)"));
  EXPECT_TRUE(has_text(all, "Replaced, each by the same placeholder"));
}

TEST_F(CaptureTest, KeepsLinksAndMatchingSerials) {
  const auto taken = capture::capture_machine(tree_.root());
  const auto at = [&](const std::string& path) {
    const auto found = taken.entries.find(path);
    return found == taken.entries.end() ? Entry{Entry::Kind::kFile, "(nothing)"} : found->second;
  };
  EXPECT_EQ(at("/sys/bus/pci/devices/0000:01:00.0").content,
            "../../../devices/pci0000:00/0000:00:01.0/0000:01:00.0");
  EXPECT_EQ(at("/sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0/driver").kind,
            Entry::Kind::kLink);
  EXPECT_EQ(at("/etc/os-release").content, "ID=debian\nPRETTY_NAME=\"Debian\"\n")
      << "not a link: its target may have a name that a user chose";
  EXPECT_EQ(at("/usr/bin/qemu-system-aarch64").content, "");
  EXPECT_EQ(at("/usr/bin/qemu-system-x86_64").content, "");
  EXPECT_TRUE(has_text(at("/etc/vfio-early.conf").content, "serial = 00-00-00-00-00-00-00-01"));
  EXPECT_EQ(at("/sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0/config").content.substr(0x154, 8),
            std::string("\1\0\0\0\0\0\0\0", 8));
  EXPECT_TRUE(has_text(at("/dev/kmsg").content, "6,1,5,-;(left out)\n")) << at("/dev/kmsg").content;
}

// Programs look into /lib/modules first, so that is where an archive has them.
TEST_F(CaptureTest, KeepsTheModuleAliasesOfNixos) {
  const std::string kept = "/lib/modules/6.12.0/modules.alias";
  EXPECT_FALSE(capture::capture_machine(tree_.root()).entries.contains(kept));
  tree_.file("/run/booted-system/kernel-modules" + kept,
             "alias pci:v000010DEd*sv*sd*bc03sc*i* nouveau\nalias usb:v1d1 other\n");
  const auto entries = capture::capture_machine(tree_.root()).entries;
  ASSERT_TRUE(entries.contains(kept));
  EXPECT_EQ(entries.at(kept).content, "alias pci:v000010DEd*sv*sd*bc03sc*i* nouveau\n");
}

TEST_F(CaptureTest, ManifestListsReplacementsAndErrors) {
  tree_.file("/sys/class/dmi/id/board_name", "Turing's\n");
  const std::string manifest =
      capture::capture_machine(tree_.root()).entries.at("/MANIFEST").content;
  EXPECT_TRUE(has_text(manifest, "   1  serial numbers of PCI functions")) << manifest;
  EXPECT_TRUE(has_text(manifest, "   1  the machine's name")) << manifest;
  std::filesystem::remove(tree_.directory() / "dev/kmsg");
  EXPECT_TRUE(has_text(capture::capture_machine(tree_.root()).entries.at("/MANIFEST").content,
                       "Could not be read:\n\n  open /dev/kmsg: No such file"));
}

TEST_F(CaptureTest, DoesNotWakeSleepingFunctions) {
  tree_.file("/sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0/power_state", "D3cold\n");
  const auto taken = capture::capture_machine(tree_.root());
  EXPECT_FALSE(taken.entries.contains("/sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0/config"));
  EXPECT_TRUE(has_text(taken.entries.at("/MANIFEST").content, "sleeps, and is not woken"));
}

// A temporary directory of its own as $TMPDIR, with an archive in it.
class UnpackedTest : public testing::Test {
 protected:
  UnpackedTest() {
    tree_.file("/tmp/keep", "");
    ::setenv("TMPDIR", (tree_.directory() / "tmp").c_str(), 1);
  }
  ~UnpackedTest() override { ::unsetenv("TMPDIR"); }

  std::string archive(const capture::Collection& collection) {
    const std::string file = (tree_.directory() / "a.tgz").string();
    std::ofstream(file, std::ios::binary) << *capture::pack(collection, file);
    return file;
  }
  // True if unpacking leaves nothing behind, within five seconds.
  bool is_clean() {
    for (int i = 0; i < 100 && tree_.root().list("/tmp")->size() > 1; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    return tree_.root().list("/tmp")->size() == 1;
  }

  FakeTree tree_;
};

TEST_F(UnpackedTest, DirectoryIsRemovedAfterAnyExit) {
  capture::Collection small;
  small.entries["/proc/cmdline"] = {Entry::Kind::kFile, "quiet"};
  const std::string file = archive(small);
  { EXPECT_TRUE(capture::Unpacked::from(file)); }
  EXPECT_EQ(tree_.root().list("/tmp")->size(), 1u) << "gone before anything else happens";
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGKILL}) {
    const pid_t child = ::fork();
    if (child == 0) {
      const auto unpacked = capture::Unpacked::from(file);
      if (unpacked) ::raise(signal);
      ::_exit(0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status));
    EXPECT_TRUE(is_clean()) << signal;
  }
}

TEST_F(UnpackedTest, ContentBeyondBudgetIsRejected) {
  capture::Collection deep, large;
  std::string path;
  for (int i = 0; i < 200; ++i) path += "/d";
  deep.entries[path] = {Entry::Kind::kDirectory, ""};
  for (int i = 0; i < 9; ++i)
    large.entries["/" + std::to_string(i)] = {Entry::Kind::kFile,
                                              std::string(size_t{60} << 20, '\0')};
  for (const auto& [collection, words] :
       {std::pair(&deep, "levels of directories"), std::pair(&large, "MiB unpacked")}) {
    const auto unpacked = capture::Unpacked::from(archive(*collection));
    ASSERT_FALSE(unpacked);
    EXPECT_TRUE(has_text(host::describe(unpacked.error()), words))
        << host::describe(unpacked.error());
    EXPECT_TRUE(is_clean());
  }
}

TEST(Meter, AllowsExactlyItsBudget) {
  constexpr size_t kMaxUnpacked = host::kCaptureBudget.unpacked,
                   kMaxKept = host::kCaptureBudget.kept;
  host::Meter meter(host::kCaptureBudget, 0);
  EXPECT_TRUE(meter.unpack(kMaxUnpacked) && meter.keep(kMaxKept)) << meter.exceeded_limit();
  EXPECT_FALSE(meter.unpack(1));
  for (const size_t once : {kMaxUnpacked + 1, SIZE_MAX})
    EXPECT_FALSE(host::Meter(host::kCaptureBudget, 0).unpack(once));
  for (const size_t once : {kMaxKept + 1, SIZE_MAX})
    EXPECT_FALSE(host::Meter(host::kCaptureBudget, 0).keep(once));
}

TEST_F(UnpackedTest, FileBeyondBudgetIsRejected) {
  const std::string file = archive({});
  std::filesystem::resize_file(file, host::kCaptureBudget.packed + 1);
  const auto unpacked = capture::Unpacked::from(file);
  ASSERT_FALSE(unpacked);
  EXPECT_EQ(unpacked.error().code, EFBIG);
}

TEST_F(UnpackedTest, MissingTemporaryDirectoryIsAnError) {
  const std::string file = archive({});
  ::setenv("TMPDIR", (tree_.directory() / "none").c_str(), 1);
  const auto unpacked = capture::Unpacked::from(file);
  ASSERT_FALSE(unpacked);
  EXPECT_TRUE(has_text(host::describe(unpacked.error()), "$TMPDIR"));
}

// In each form in which an archive can name its top directory, also after it was created as a
// directory.
TEST(Unpacked, TopDirectoryMustNotBeALink) {
  const std::string file = testing::TempDir() + "top.tar.zst";
  for (const char* top : {"", "/", "/.", "/./", "/x/.."})
    for (const bool directory_first : {false, true}) {
      capture::Collection evil;
      if (directory_first) evil.entries[""] = {Entry::Kind::kDirectory, ""};
      evil.entries[std::string(directory_first ? "//" : "") + top] = {Entry::Kind::kLink, "/"};
      std::ofstream(file, std::ios::binary) << *capture::pack(evil, file);
      EXPECT_FALSE(capture::Unpacked::from(file)) << top << directory_first;
    }
  std::filesystem::remove(file);
}

TEST(Unpacked, InvalidArchivesAreRejected) {
  const std::string file = testing::TempDir() + "other.tar.zst";
  std::ofstream(file) << "no archive";
  EXPECT_FALSE(capture::Unpacked::from(file));
  // A link in it would lead later entries out of the directory.
  capture::Collection evil;
  evil.entries["/etc"] = {Entry::Kind::kLink, testing::TempDir()};
  evil.entries["/etc/escaped"] = {Entry::Kind::kFile, "x"};
  std::ofstream(file, std::ios::binary) << *capture::pack(evil, file);
  EXPECT_FALSE(capture::Unpacked::from(file));
  EXPECT_FALSE(std::filesystem::exists(testing::TempDir() + "escaped"));
  std::filesystem::remove(file);
}

}  // namespace
}  // namespace verify
