// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is written to unbind a function from its driver, and when nothing is written. Only a kernel
// can show that the driver then releases it: tests/boot.
#include "early/unbind.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>

#include "early/disks.h"
#include "early/write_with_timeout.h"
#include "tests/unit/fake_tree.h"

namespace early {
namespace {

using config::Unbind;
using record::FunctionRecord;
using record::State;

class UnbindTest : public testing::Test {
 protected:
  UnbindTest() {
    tree_.function(kAddress, "1B36:000D", "C0330", "xhci_hcd");
    tree_.file(unbind_, "");
  }

  FunctionRecord xhci(Unbind unbind = Unbind::kYes, uint32_t class_code = 0x0c0330) {
    return {.address = *host::PciAddress::parse(kAddress),
            .class_code = class_code,
            .wanted_driver = "vfio-pci",
            .found = "xhci_hcd",
            .handling = {.unbind = unbind}};
  }

  // Runs both steps.
  FunctionRecord reserve_and_unbind(DeviceUse use) {
    FunctionRecord function = xhci();
    reserve_against_holder(tree_.root(), function, use);
    if (function.state != State::kReserved) return function;
    unbind_holder(tree_.root(), function, use);
    if (function.state == State::kHeld) clear_override(tree_.root(), function);
    return function;
  }

  void add_disk() {
    tree_.link("/sys/class/block/sda",
               "../../devices/pci0000:00/0000:00:02.0/0000:01:00.0/usb1/1-1/block/sda");
    tree_.link("/sys/class/block/sda1",
               "../../devices/pci0000:00/0000:00:02.0/0000:01:00.0/usb1/1-1/block/sda/sda1");
    tree_.file(
        "/sys/devices/pci0000:00/0000:00:02.0/0000:01:00.0/usb1/1-1/block/sda/sda1/partition",
        "1\n");
    tree_.link("/sys/class/block/sdb",
               "../../devices/pci0000:00/0000:00:02.0/0000:01:00.1/usb2/2-1/block/sdb");
  }

  static constexpr const char* kAddress = "0000:01:00.0";
  const std::string unbind_ = "/sys/bus/pci/drivers/xhci_hcd/unbind";
  const std::string override_ = "/sys/bus/pci/devices/0000:01:00.0/driver_override";
  FakeTree tree_;
};

TEST_F(UnbindTest, UnbindOptionDecides) {
  EXPECT_FALSE(may_unbind(xhci(Unbind::kNo)));
  EXPECT_TRUE(may_unbind(xhci(Unbind::kYes)));
  EXPECT_TRUE(may_unbind(xhci(Unbind::kDisplay)));
  EXPECT_FALSE(may_unbind(xhci(Unbind::kYes, 0x030000)));
  EXPECT_TRUE(may_unbind(xhci(Unbind::kDisplay, 0x038000)));
  EXPECT_FALSE(may_unbind(xhci(Unbind::kDisplay, 0x060400)));
}

// pci-stub does not use the function: it is unbound even from a display.
TEST_F(UnbindTest, PciStubIsUnboundUnlessUnbindIsNo) {
  const auto stubbed = [&](Unbind unbind, uint32_t class_code) {
    FunctionRecord function = xhci(unbind, class_code);
    function.found = "pci-stub";
    return function;
  };
  EXPECT_TRUE(may_unbind(stubbed(Unbind::kYes, 0x030000)));
  EXPECT_FALSE(may_unbind(stubbed(Unbind::kNo, 0x030000)));
  EXPECT_FALSE(may_unbind(stubbed(Unbind::kYes, 0x060400))) << "a bridge";
  FunctionRecord kept = stubbed(Unbind::kNo, 0x030000);
  mark_held(kept);
  EXPECT_TRUE(kept.remedy.starts_with("remove pci-stub.ids=")) << kept.remedy;
  EXPECT_TRUE(kept.remedy.ends_with("'unbind = yes'")) << kept.remedy;
}

TEST_F(UnbindTest, WritesTheOverrideThenUnbinds) {
  const FunctionRecord function = reserve_and_unbind(DeviceUse::kMaybeUsed);
  EXPECT_EQ(function.state, State::kReserved);
  EXPECT_GT(function.override_ns, 0);
  EXPECT_EQ(tree_.text(override_).substr(0, 8), "vfio-pci");
  EXPECT_EQ(tree_.text(unbind_), kAddress);
}

TEST_F(UnbindTest, LoadedDriverIsKeptInRunningSystem) {
  tree_.file("/sys/bus/pci/drivers/xhci_hcd/module/initstate", "live\n");
  const FunctionRecord function = reserve_and_unbind(DeviceUse::kMaybeUsed);
  EXPECT_EQ(function.state, State::kHeld);
  EXPECT_NE(function.remedy.find("echo 0000:01:00.0 > /sys/bus/pci/drivers/xhci_hcd/unbind"),
            std::string::npos);
  EXPECT_EQ(tree_.text(override_), "(null)\n");
  EXPECT_EQ(reserve_and_unbind(DeviceUse::kUnused).state, State::kReserved);
}

// A bind was killed after it had written the override, and then a disk was found below.
TEST_F(UnbindTest, OverrideOfKilledBindIsCleared) {
  tree_.file(override_, "vfio-pci\n");
  add_disk();
  EXPECT_EQ(reserve_and_unbind(DeviceUse::kUnused).state, State::kHeld);
  EXPECT_EQ(tree_.text(override_).front(), '\n');
}

TEST_F(UnbindTest, FunctionWithoutDriverIsReserved) {
  tree_.file("/sys/bus/pci/drivers/xhci_hcd/module/initstate", "live\n");
  std::filesystem::remove(tree_.directory() / "sys/bus/pci/devices/0000:01:00.0/driver");
  EXPECT_EQ(reserve_and_unbind(DeviceUse::kMaybeUsed).state, State::kReserved);
  EXPECT_EQ(tree_.text(unbind_), "");
}

TEST_F(UnbindTest, DiskBelowPreventsUnbind) {
  add_disk();
  EXPECT_EQ(disks_below(tree_.root(), *host::PciAddress::parse(kAddress)),
            std::vector<std::string>{"sda"});
  tree_.file("/dev/sda", "");  // can be opened, so it is not in use
  const FunctionRecord early = reserve_and_unbind(DeviceUse::kUnused);
  EXPECT_EQ(early.state, State::kHeld);
  EXPECT_NE(early.why.find("sda"), std::string::npos) << early.why;
  EXPECT_EQ(reserve_and_unbind(DeviceUse::kMaybeUsed).state, State::kReserved);
}

TEST_F(UnbindTest, UnknownDiskCountsAsInUse) {
  add_disk();
  const FunctionRecord function = reserve_and_unbind(DeviceUse::kMaybeUsed);
  EXPECT_EQ(function.state, State::kHeld);
  EXPECT_EQ(tree_.text(override_), "(null)\n");
}

TEST_F(UnbindTest, FailedUnbindClearsOverride) {
  std::filesystem::remove(tree_.directory() / unbind_.substr(1));
  const FunctionRecord function = reserve_and_unbind(DeviceUse::kUnused);
  EXPECT_EQ(function.state, State::kHeld);
  EXPECT_EQ(function.override_ns, 0);
  EXPECT_EQ(tree_.text(override_).front(), '\n');
  EXPECT_NE(function.why.find("was not unbound"), std::string::npos) << function.why;
}

// A write to a full pipe takes as long as a write to a driver that does not release its device.
TEST(WriteWithTimeout, EndsAtItsLimit) {
  FakeTree tree;
  const std::string pipe = tree.directory() / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const host::Fd reader(::open(pipe.c_str(), O_RDWR | O_NONBLOCK));
  const std::string page(4096, 'x');
  while (::write(reader.get(), page.data(), page.size()) > 0) continue;
  const int64_t began = record::boot_time_ns();
  const auto written = write_with_timeout(tree.root(), "/pipe", "x", 100);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ETIMEDOUT);
  EXPECT_GE(record::boot_time_ns() - began, 100'000'000);
}

}  // namespace
}  // namespace early
