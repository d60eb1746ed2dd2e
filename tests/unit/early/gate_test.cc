// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the gate writes. Only a kernel can show that a driver is really kept off: tests/boot.
#include "early/gate.h"

#include <thread>

#include <fcntl.h>
#include <sys/stat.h>

#include "early/bind.h"
#include "plan/intent.h"
#include "tests/unit/fake_tree.h"

namespace early {
namespace {

class GateTest : public testing::Test {
 protected:
  GateTest() {
    tree_.iommu();
    tree_.function("0000:01:00.0", "1234:1111", "38000");
    tree_.function("0000:02:00.0", "1234:1111", "38000");  // the host's
    tree_.file("/dev/kmsg", "").file("/run/x", "");
    tree_.file("/proc/sys/kernel/random/boot_id", "one\n");
  }

  record::Record run() {
    config::Configuration configuration;
    config::parse_configuration("[a]\naddress = 0000:01:00\n", "/etc/vfio-early.conf",
                                configuration);
    const host::Machine machine = tree_.machine();
    auto record =
        plan::intended_record(plan::make_plan(configuration, machine), configuration, machine);
    gate(tree_.root(), record);
    return record;
  }

  FakeTree tree_;
  const std::string override_ = "/sys/bus/pci/devices/0000:01:00.0/driver_override";
};

TEST_F(GateTest, WritesOverrideAndRecord) {
  const auto record = run();
  EXPECT_EQ(tree_.text(override_).substr(0, 8), "vfio-pci");
  EXPECT_TRUE(record.reserved());
  const auto saved = record::read_record(tree_.root());
  ASSERT_TRUE(saved);
  ASSERT_EQ(saved->functions.size(), 1u);
  EXPECT_EQ(saved->functions[0].state, record::State::kReserved);
  EXPECT_GE(saved->functions[0].override_ns, saved->gate.began_ns);
  EXPECT_GE(saved->gate.ended_ns, saved->functions[0].override_ns);
}

TEST_F(GateTest, SecondRunKeepsEvidenceOfFirst) {
  const auto first = run();
  tree_.file(override_, "vfio-pci\n");
  tree_.function("0000:01:00.0", "1234:1111", "38000", "vfio-pci");
  tree_.file(override_, "vfio-pci\n");
  const auto second = run();
  EXPECT_EQ(second.functions[0].found, "");
  EXPECT_EQ(second.functions[0].override_ns, first.functions[0].override_ns);
}

// The kernel refuses this probe because of the override, but its driver link exists for an instant.
// A full pipe stands for the device's lock, which the probe holds: a write waits until the pipe is
// read.
TEST_F(GateTest, WaitsForRefusedProbe) {
  const auto device = tree_.directory() / "sys/bus/pci/devices/0000:01:00.0";
  std::filesystem::create_directory(device / "power");
  ASSERT_EQ(::mkfifo((device / "power/control").c_str(), 0600), 0);
  const host::Fd lock(::open((device / "power/control").c_str(), O_RDWR | O_NONBLOCK));
  const std::string page(4096, 'x');
  while (::write(lock.get(), page.data(), page.size()) > 0) continue;
  config::Configuration configuration;
  config::parse_configuration("[a]\naddress = 0000:01:00\n", "/etc/vfio-early.conf", configuration);
  const host::Machine machine = tree_.machine();  // no driver has it yet
  auto record =
      plan::intended_record(plan::make_plan(configuration, machine), configuration, machine);
  tree_.link("/sys/bus/pci/devices/0000:01:00.0/driver", "../../../../bus/pci/drivers/bochs-drm");
  std::thread kernel([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    std::filesystem::remove(device / "driver");
    char text[4096];
    while (::read(lock.get(), text, sizeof(text)) > 0) continue;
  });
  gate(tree_.root(), record);
  kernel.join();
  EXPECT_EQ(record.functions[0].state, record::State::kReserved) << record.functions[0].why;
  EXPECT_EQ(tree_.text(override_).substr(0, 8), "vfio-pci");
}

TEST_F(GateTest, DriverBoundDuringGateIsKept) {
  tree_.file("/sys/bus/pci/devices/0000:01:00.0/power/control", "auto\n");
  config::Configuration configuration;
  config::parse_configuration("[a]\naddress = 0000:01:00\n", "/etc/vfio-early.conf", configuration);
  const host::Machine machine = tree_.machine();
  auto record =
      plan::intended_record(plan::make_plan(configuration, machine), configuration, machine);
  tree_.link("/sys/bus/pci/devices/0000:01:00.0/driver", "../../../../bus/pci/drivers/bochs-drm");
  gate(tree_.root(), record);
  EXPECT_EQ(record.functions[0].state, record::State::kHeld);
  EXPECT_EQ(tree_.text(override_).front(), '\n') << "taken back";
}

TEST_F(GateTest, SecondRunKeepsBoundState) {
  auto first = run();
  first.functions[0].state = record::State::kBound;
  ASSERT_TRUE(record::write_record(tree_.root(), first));
  tree_.function("0000:01:00.0", "1234:1111", "38000", "vfio-pci");
  tree_.file(override_, "vfio-pci\n");
  EXPECT_EQ(run().functions[0].state, record::State::kBound);
}

// The override of the first gate is kept, and so is the time at which it began.
TEST_F(GateTest, SecondRunKeepsStartTime) {
  const auto first = run();
  tree_.file(override_, "vfio-pci\n");
  const auto second = run();
  EXPECT_EQ(second.gate.began_ns, first.gate.began_ns);
  EXPECT_GT(second.gate.ended_ns, first.gate.ended_ns);
  EXPECT_LE(second.gate.began_ns, second.functions[0].override_ns);
}

TEST_F(GateTest, DriverBoundBeforeGateIsKept) {
  tree_.function("0000:01:00.0", "1234:1111", "38000", "bochs-drm");
  const auto record = run();
  EXPECT_EQ(record.functions[0].state, record::State::kHeld);
  EXPECT_EQ(record.functions[0].found, "bochs-drm");
  EXPECT_EQ(tree_.text(override_), "(null)\n");
}

TEST_F(GateTest, RecordShowsReservationInInitramfs) {
  EXPECT_FALSE(run().functions[0].in_initramfs);
  std::filesystem::remove(tree_.directory() / "run/vfio-early/record.json");
  tree_.file("/etc/initrd-release", "");
  EXPECT_TRUE(run().functions[0].in_initramfs);
  // In the real root the evidence is kept, but a new override is not recorded as one of the
  // initramfs.
  std::filesystem::remove(tree_.directory() / "etc/initrd-release");
  tree_.file(override_, "vfio-pci\n");
  EXPECT_TRUE(run().functions[0].in_initramfs);
  tree_.file(override_, "(null)\n");
  EXPECT_FALSE(run().functions[0].in_initramfs);
}

TEST_F(GateTest, StaleEvidenceIsDropped) {
  const auto first = run();
  tree_.file(override_, "(null)\n");
  EXPECT_GT(run().functions[0].override_ns, first.functions[0].override_ns);

  const auto before = run();
  tree_.file(override_, "vfio-pci\n");
  tree_.file("/proc/sys/kernel/random/boot_id", "two\n");
  EXPECT_GT(run().functions[0].override_ns, before.functions[0].override_ns);
}

TEST_F(GateTest, FailedWriteIsRecordedAndLogged) {
  std::filesystem::remove(tree_.directory() / override_.substr(1));
  const auto record = run();
  EXPECT_EQ(record.functions[0].state, record::State::kFailed);
  EXPECT_FALSE(record.reserved());
  EXPECT_NE(tree_.text("/dev/kmsg").find("driver_override: No such file"), std::string::npos);
}

// A full FIFO replaces the attribute: opening it does not block, writing blocks forever.
host::Fd replace_by_full_fifo(const std::string& path) {
  std::filesystem::remove(path);
  EXPECT_EQ(::mkfifo(path.c_str(), 0600), 0);
  host::Fd full(::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
  EXPECT_TRUE(full.valid());
  while (::write(full.get(), path.data(), 1) == 1) {
  }
  return full;
}

TEST_F(GateTest, HangingWriteTimesOutAndOthersContinue) {
  tree_.function("0000:01:00.1", "8086:2668", "40300");
  const host::Fd full = replace_by_full_fifo(tree_.directory() / override_.substr(1));

  const auto record = run();
  EXPECT_EQ(record.functions[0].state, record::State::kFailed);
  EXPECT_NE(record.functions[0].why.find("timed out"), std::string::npos);
  EXPECT_EQ(record.functions[0].override_ns, 0);
  EXPECT_EQ(record.functions[1].state, record::State::kReserved);
  EXPECT_EQ(tree_.text("/sys/bus/pci/devices/0000:01:00.1/driver_override").substr(0, 8),
            "vfio-pci");
}

// With a limit for each write alone, ten of these take at least ten seconds.
TEST_F(GateTest, HangingWritesShareOneLimit) {
  constexpr size_t kHanging = 10;
  record::Record record;
  std::vector<host::Fd> full;
  for (size_t i = 0; i <= kHanging; ++i) {
    const auto address = *host::PciAddress::parse("0000:1" + std::to_string(i % 10) + ":00." +
                                                  std::to_string(i / 10));
    tree_.function(address.str(), "1234:1111", "38000");
    record.functions.push_back({.card = "a", .address = address, .wanted_driver = "vfio-pci"});
    if (i < kHanging)
      full.push_back(
          replace_by_full_fifo(tree_.directory().string() + address.sysfs() + "/driver_override"));
  }
  const auto begin = std::chrono::steady_clock::now();
  gate(tree_.root(), record, std::chrono::milliseconds(0));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(kHanging));
  for (size_t i = 0; i < kHanging; ++i) {
    EXPECT_EQ(record.functions[i].state, record::State::kFailed) << i;
    EXPECT_NE(record.functions[i].why.find("timed out"), std::string::npos) << i;
  }
  EXPECT_EQ(record.functions[kHanging].state, record::State::kReserved);
  EXPECT_GT(record::read_record(tree_.root())->gate.ended_ns, 0);
}

// A probe that does not return holds the device's lock, for which power/control waits. One alone
// may take 20 seconds.
TEST_F(GateTest, HangingProbesShareOneLimit) {
  record::Record record;
  std::vector<host::Fd> full;
  for (const char* address : {"0000:11:00.0", "0000:12:00.0", "0000:13:00.0"}) {
    tree_.function(address, "1234:1111", "38000");
    const std::string control = std::string("/sys/bus/pci/devices/") + address + "/power/control";
    tree_.file(control, "");
    full.push_back(replace_by_full_fifo(tree_.directory() / control.substr(1)));
    record.functions.push_back({.card = "a",
                                .address = *host::PciAddress::parse(address),
                                .wanted_driver = "vfio-pci",
                                .state = record::State::kReserved,
                                .override_ns = 1});
  }
  const auto begin = std::chrono::steady_clock::now();
  early::bind(tree_.root(), record, DeviceUse::kUnused,
              std::chrono::milliseconds(0));  // not std::bind
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
  for (const record::FunctionRecord& function : record.functions) {
    EXPECT_EQ(function.state, record::State::kDriverless) << function.why;
    EXPECT_NE(function.why.find("has not finished"), std::string::npos) << function.why;
  }
  EXPECT_GT(record::read_record(tree_.root())->bind.ended_ns, 0);
}

TEST_F(GateTest, PipeWithoutReaderIsAnError) {
  const std::string pipe = tree_.directory() / override_.substr(1);
  std::filesystem::remove(pipe);
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const auto record = run();
  EXPECT_EQ(record.functions[0].state, record::State::kFailed);
  EXPECT_NE(record.functions[0].why.find("No such device or address"), std::string::npos)
      << record.functions[0].why;
}

TEST_F(GateTest, OverrideIsWrittenWithoutRunDirectory) {
  std::filesystem::remove_all(tree_.directory() / "run");
  tree_.file("/run", "a file where the directory should be");
  EXPECT_TRUE(run().reserved());
}

TEST_F(GateTest, BindReservesAfterKilledGate) {
  auto record = run();
  tree_.file(override_, "(null)\n");
  record.functions[0].state = record::State::kIntended;
  record.functions[0].override_ns = 0;
  bind(tree_.root(), record, DeviceUse::kUnused);
  EXPECT_EQ(tree_.text(override_).substr(0, 8), "vfio-pci");
  // A fake machine's module is not loaded into the running kernel.
  EXPECT_EQ(record.functions[0].state, record::State::kDriverless);
  EXPECT_NE(record.functions[0].why.find("not running"), std::string::npos);
}

// If bind is killed while it gives a function up, the record must not say "reserved". A full pipe
// replaces the override: the write that clears it waits until the pipe is read.
TEST_F(GateTest, RecordIsUpdatedBeforeOverrideIsCleared) {
  auto record = run();
  auto& function = record.functions[0];
  function.found = "bochs-drm";
  tree_.link("/sys/bus/pci/devices/0000:01:00.0/driver", "../../../../bus/pci/drivers/bochs-drm");
  const std::string pipe = tree_.directory() / override_.substr(1);
  std::filesystem::remove(pipe);
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const host::Fd full(::open(pipe.c_str(), O_RDWR | O_NONBLOCK));
  const std::string page(4096, 'x');
  while (::write(full.get(), page.data(), page.size()) > 0) continue;
  record::State saved = record::State::kFailed;
  std::thread observer([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    saved = record::read_record(tree_.root())->functions[0].state;
    char text[4096];
    while (::read(full.get(), text, sizeof(text)) > 0) continue;
  });
  bind(tree_.root(), record, DeviceUse::kUnused);
  observer.join();
  EXPECT_EQ(saved, record::State::kIntended);
  EXPECT_EQ(function.state, record::State::kHeld) << function.why;
  EXPECT_EQ(function.why.find("still set"), std::string::npos) << function.why;
}

// If a later gate reserves a function again, the record must not look as if bind has run after it.
TEST_F(GateTest, NewReservationClearsTimeOfBind) {
  auto first = run();
  first.functions[0].state = record::State::kDriverless;
  first.bind = {.began_ns = 1, .ended_ns = 2};
  ASSERT_TRUE(record::write_record(tree_.root(), first));
  tree_.file(override_, "vfio-pci\n");
  EXPECT_EQ(run().bind.ended_ns, 0);
}

// The override was lost before the driver bound: the message must not say that the driver ignored
// it.
TEST_F(GateTest, BindReportsLostOverride) {
  auto record = run();
  tree_.function("0000:01:00.0", "1234:1111", "38000", "bochs-drm");
  bind(tree_.root(), record, device_use(tree_.root()));
  EXPECT_EQ(record.functions[0].state, record::State::kHeld);
  EXPECT_NE(record.functions[0].why.find("driver_override is not set any more"), std::string::npos);

  tree_.file(override_, "bochs-drm\n");  // as driverctl does
  record.functions[0].state = record::State::kReserved;
  bind(tree_.root(), record, device_use(tree_.root()));
  EXPECT_NE(record.functions[0].why.find("another program set driver_override"), std::string::npos);
  EXPECT_NE(record.functions[0].remedy.find("an override of driverctl"), std::string::npos);

  tree_.file(override_, "vfio-pci\n");
  record.functions[0].state = record::State::kReserved;
  bind(tree_.root(), record, device_use(tree_.root()));
  EXPECT_NE(record.functions[0].why.find("although it was reserved"), std::string::npos);
}

}  // namespace
}  // namespace early
