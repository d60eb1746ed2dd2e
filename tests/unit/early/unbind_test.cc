// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is written to unbind a function from its driver, and when nothing is written. Only a kernel
// can show that the driver then releases it: tests/boot.
#include "early/unbind.h"

#include <cerrno>
#include <chrono>
#include <thread>

#include <fcntl.h>
#include <sys/stat.h>

#include "early/bind.h"
#include "early/deadline.h"
#include "early/disks.h"
#include "early/release.h"
#include "early/write_with_timeout.h"
#include "tests/unit/fake_tree.h"

namespace early {
namespace {

using config::Unbind;
using record::FunctionRecord;
using record::State;

// A full pipe: a write to it hangs, as a write to `unbind` does if the driver does not release the
// device.
class HangingFile {
 public:
  HangingFile(const FakeTree& tree, const std::string& path) {
    const auto pipe = tree.directory() / path.substr(1);
    std::filesystem::create_directories(pipe.parent_path());
    std::filesystem::remove(pipe);
    EXPECT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    reader_ = host::Fd(::open(pipe.c_str(), O_RDWR | O_NONBLOCK));
    const std::string page(4096, 'x');
    while (::write(reader_.get(), page.data(), page.size()) > 0) continue;
  }

 private:
  host::Fd reader_;
};

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

  // The kernel removes the link first, and holds the device's lock while remove() runs.
  void remove_driver_link() {
    std::filesystem::remove(tree_.directory() / "sys/bus/pci/devices/0000:01:00.0/driver");
  }

  FunctionRecord unbind_while_link_is_removed() {
    FunctionRecord function = xhci();
    function.state = State::kReserved;
    std::jthread kernel([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      remove_driver_link();
    });
    const ProcessDeadline limit(std::chrono::milliseconds(1000));
    unbind_holder(tree_.root(), function, DeviceUse::kUnused);
    return function;
  }

  // As an earlier bind has left it: the override is written, and the driver was asked to unbind.
  record::Record reserved_record() {
    FunctionRecord function = xhci();
    function.card = "usb";
    function.state = State::kReserved;
    function.override_ns = 1;
    tree_.file(override_, "vfio-pci\n").file("/run/vfio-early/lock", "").file("/dev/kmsg", "");
    record::Record record;
    record.functions.push_back(function);
    return record;
  }

  static constexpr const char* kAddress = "0000:01:00.0";
  const std::string lock_ = "/sys/bus/pci/devices/0000:01:00.0/power/control";
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

TEST_F(UnbindTest, DriverThatHangsHasNoLink) {
  const HangingFile unbind(tree_, unbind_), lock(tree_, lock_);
  const FunctionRecord function = unbind_while_link_is_removed();
  EXPECT_EQ(function.state, State::kHeld);
  EXPECT_EQ(function.why, "xhci_hcd did not release it within 5 s");
}

TEST_F(UnbindTest, UnbindThatTimesOutMayHaveSucceeded) {
  const HangingFile unbind(tree_, unbind_);
  const FunctionRecord function = unbind_while_link_is_removed();
  EXPECT_EQ(function.state, State::kReserved) << function.why;
}

// The boot continues, and loading vfio-pci for the other functions does not wait for this one.
TEST_F(UnbindTest, BindLeavesDriverThatHangs) {
  record::Record record = reserved_record();
  remove_driver_link();
  const HangingFile lock(tree_, lock_);
  const int64_t began = record::boot_time_ns();
  early::bind(tree_.root(), record, DeviceUse::kUnused, std::chrono::milliseconds(3000));
  EXPECT_LT(record::boot_time_ns() - began, int64_t{10} * 3'000'000'000);
  EXPECT_EQ(record.functions[0].state, State::kHeld);
  EXPECT_EQ(record.functions[0].why, "xhci_hcd did not release it within 5 s");
  EXPECT_EQ(record.functions[0].override_ns, 0);
  EXPECT_EQ(tree_.text(override_).front(), '\n');
}

// While a guest uses the function, vfio-pci waits in its remove(), without a link.
TEST_F(UnbindTest, ReleaseWaitsForDriverWithoutLink) {
  for (const bool hangs : {true, false}) {
    record::Record record = reserved_record();
    remove_driver_link();
    std::optional<HangingFile> unbind, lock;
    const std::string vfio = "/sys/bus/pci/drivers/vfio-pci/unbind";
    if (hangs) {
      unbind.emplace(tree_, vfio);
      lock.emplace(tree_, lock_);
    } else {
      std::filesystem::remove(tree_.directory() / lock_.substr(1));
    }
    const ProcessDeadline limit(std::chrono::milliseconds(1000));
    EXPECT_EQ(release(tree_.root(), record, {.what = "usb"}) == Release::kNotAll, hangs);
    EXPECT_EQ(record.functions[0].state, hangs ? State::kReserved : State::kReleased);
    EXPECT_EQ(tree_.text(override_), hangs ? "vfio-pci\n" : "\nfio-pci\n");
  }
}

TEST(WriteWithTimeout, EndsAtItsLimit) {
  FakeTree tree;
  const HangingFile pipe(tree, "/pipe");
  const int64_t began = record::boot_time_ns();
  const auto written = write_with_timeout(tree.root(), "/pipe", "x", 100);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ETIMEDOUT);
  EXPECT_GE(record::boot_time_ns() - began, 100'000'000);
}

}  // namespace
}  // namespace early
