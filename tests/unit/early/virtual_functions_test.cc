// SPDX-License-Identifier: GPL-2.0-or-later
//
// What gate, bind, adopt and release write for a card with 'vfs', and when they write nothing. Only
// a guest can show that no host driver binds a virtual function: tests/boot.
#include "early/virtual_functions.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <thread>

#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "early/adopt.h"
#include "early/bind.h"
#include "early/gate.h"
#include "early/planned_machine.h"
#include "early/release.h"
#include "host/fd.h"
#include "plan/intent.h"
#include "tests/unit/fake_tree.h"

namespace early {
namespace {

using record::Creation;
using record::Record;
using record::State;

constexpr const char* kPhysical = "0000:00:02.0";
constexpr const char* kFirst = "0000:00:02.1";
constexpr const char* kSecond = "0000:00:02.2";

// A sriov_numvfs that acts as the kernel's does: a write ends after the links virtfn0, virtfn1, …
// exist, or after they are gone. It is a pipe that is kept full, so that a write waits.
class FakeNumvfs {
 public:
  FakeNumvfs(const std::filesystem::path& device, std::vector<std::string> addresses)
      : device_(device), addresses_(std::move(addresses)) {
    const std::string file = (device / "sriov_numvfs").string();
    std::filesystem::remove(file);
    EXPECT_EQ(::mkfifo(file.c_str(), 0644), 0);
    in_ = host::Fd(::open(file.c_str(), O_RDONLY | O_NONBLOCK));
    out_ = host::Fd(::open(file.c_str(), O_WRONLY | O_NONBLOCK));
    fill();
    opens_ = host::Fd(::inotify_init1(IN_NONBLOCK));
    EXPECT_GE(::inotify_add_watch(opens_.get(), file.c_str(), IN_OPEN), 0);
    thread_ = std::thread([this] { run(); });
  }
  ~FakeNumvfs() {
    ended_ = true;
    thread_.join();
  }

  // Waits until it is full again after the last write. The next one would not wait otherwise.
  void settle() { const std::lock_guard lock(handling_); }

 private:
  void fill() {
    const char filler[4096] = {};
    while (::write(out_.get(), filler, sizeof(filler)) > 0) {
    }
  }

  // The write begins before it can end, so nothing is read before it has been opened.
  void run() {
    char buffer[4096];
    while (!ended_) {
      pollfd event = {.fd = opens_.get(), .events = POLLIN, .revents = 0};
      if (::poll(&event, 1, 5) <= 0 || ::read(opens_.get(), buffer, sizeof(buffer)) <= 0) continue;
      const std::lock_guard lock(handling_);
      toggle();
      take_write();
      fill();
    }
  }

  // What was written is no zero, unlike the filler. An open without a write ends after a second.
  void take_write() {
    char buffer[4096];
    for (int i = 0; i < 1000; ++i) {
      const ssize_t got = ::read(in_.get(), buffer, sizeof(buffer));
      if (got > 0 && std::any_of(buffer, buffer + got, [](char byte) { return byte != 0; })) return;
      if (got <= 0) ::usleep(1000);
    }
  }

  void toggle() {
    const bool exist = std::filesystem::is_symlink(device_ / "virtfn0");
    for (size_t number = 0; number < addresses_.size(); ++number) {
      const auto link = device_ / ("virtfn" + std::to_string(number));
      if (exist)
        std::filesystem::remove(link);
      else
        std::filesystem::create_symlink("../" + addresses_[number], link);
    }
  }

  std::filesystem::path device_;
  std::vector<std::string> addresses_;
  host::Fd in_, out_, opens_;
  std::atomic<bool> ended_{false};
  std::mutex handling_;  // from the open of a writer until the pipe is full again
  std::thread thread_;
};

class CreationTest : public testing::Test {
 protected:
  CreationTest() {
    tree_.iommu();
    tree_.file("/dev/kmsg", "").file("/run/x", "").file("/sys/bus/pci/drivers_probe", "");
    tree_.file("/proc/sys/kernel/random/boot_id", "one\n");
    tree_.function("0000:01:00.0", "1234:1111", "38000", "bochs-drm");
    add_physical("");
    configure("address = 0000:00:02.0\nidentity = 8086:46a6\nvfs = 2\n");
  }

  // Integrated graphics of Intel: its virtual functions have its ids, and are in its slot.
  void add_physical(const std::string& driver) {
    numvfs_.reset();
    std::filesystem::remove_all(tree_.directory() / "sys/bus/pci/devices" / kPhysical);
    tree_.function(kPhysical, "8086:46A6", "30000", driver);
    attribute("sriov_totalvfs", "7");
    attribute("sriov_offset", "1");
    attribute("sriov_stride", "1");
    attribute("sriov_vf_device", "46a6");
    tree_.file(device(kPhysical) + "/sriov_numvfs", "");
    attribute("sriov_drivers_autoprobe", "1");
  }

  // Virtual functions that exist when sriov_numvfs has been written.
  void prepare_virtual_functions(int count, const std::string& driver = "") {
    std::vector<std::string> addresses;
    for (int number = 0; number < count; ++number) {
      addresses.push_back("0000:00:02." + std::to_string(number + 1));
      std::filesystem::remove_all(path_of(addresses.back()));
      tree_.function(addresses.back(), "8086:46A6", "30000", driver);
      tree_.link(device(addresses.back()) + "/physfn", std::string("../") + kPhysical);
    }
    numvfs_.reset();
    numvfs_.emplace(path_of(kPhysical), addresses);
  }

  // Another program has created them.
  void create(int count) {
    remove_all();
    for (int number = 0; number < count; ++number)
      std::filesystem::create_symlink("../0000:00:02." + std::to_string(number + 1),
                                      path_of(kPhysical) / ("virtfn" + std::to_string(number)));
  }

  // A driver that is unloaded removes them.
  void remove_all() {
    for (int number = 0; number < 3; ++number)
      std::filesystem::remove(path_of(kPhysical) / ("virtfn" + std::to_string(number)));
  }

  void configure(const std::string& lines) {
    tree_.file(config::kConfigurationFile, "[igpu]\n" + lines);
  }

  Record run_gate() {
    auto planned = plan_machine(
        tree_.root(), config::read_configuration(tree_.root(), config::kConfigurationFile));
    Record record = plan::intended_record(planned->plan, planned->configuration, planned->machine);
    testing::internal::CaptureStderr();
    gate(tree_.root(), record);
    message_ = testing::internal::GetCapturedStderr();
    return record;
  }

  // No driver binds on this tree, so the functions become driverless.
  void run_bind(Record& record) {
    if (numvfs_) numvfs_->settle();
    testing::internal::CaptureStderr();
    bind(tree_.root(), record, DeviceUse::kUnused);
    message_ = testing::internal::GetCapturedStderr();
  }

  Record run_claim() {
    Record record = run_gate();
    run_bind(record);
    return record;
  }

  bool run_adopt(const std::string& address, Event event) {
    if (numvfs_) numvfs_->settle();
    testing::internal::CaptureStderr();
    const bool done =
        adopt(tree_.root(), config::kConfigurationFile, *host::PciAddress::parse(address), event);
    message_ = testing::internal::GetCapturedStderr();
    return done;
  }

  Release run_release(Record& record, const std::string& what) {
    if (numvfs_) numvfs_->settle();
    testing::internal::CaptureStderr();
    const Release result = release(tree_.root(), record, {.what = what});
    message_ = testing::internal::GetCapturedStderr();
    return result;
  }

  static std::string device(const std::string& address) {
    return "/sys/bus/pci/devices/" + address;
  }
  void attribute(const std::string& name, const std::string& text) {
    tree_.file(device(kPhysical) + "/" + name, text + "\n");
  }
  std::filesystem::path path_of(const std::string& address) const {
    return tree_.directory() / device(address).substr(1);
  }
  // How many virtual functions exist.
  std::string count() const {
    int number = 0;
    while (std::filesystem::is_symlink(path_of(kPhysical) / ("virtfn" + std::to_string(number))))
      ++number;
    return std::to_string(number);
  }
  std::string autoprobe() const {
    return tree_.text(device(kPhysical) + "/sriov_drivers_autoprobe").substr(0, 1);
  }
  bool reserved(const std::string& address) const {
    return tree_.text(device(address) + "/driver_override").starts_with("vfio-pci");
  }
  Record saved() const { return *record::read_record(tree_.root()); }

  FakeTree tree_;
  std::optional<FakeNumvfs> numvfs_;
  std::string message_;
};

TEST_F(CreationTest, GateKeepsHostDriversOff) {
  const Record record = run_gate();
  EXPECT_EQ(autoprobe(), "0");
  EXPECT_EQ(count(), "0");
  EXPECT_FALSE(reserved(kPhysical)) << "it stays with its host driver";
  EXPECT_TRUE(record.functions.empty());
  EXPECT_TRUE(record.reserved() && record.complete() && record.awaits_card());
  const record::PhysicalRecord& physical = record.physical_functions.at(0);
  EXPECT_GT(physical.autoprobe_ns, 0);
  EXPECT_EQ(physical.expected, (std::vector<std::string>{kFirst, kSecond}));
  EXPECT_EQ(message_, "");
}

TEST_F(CreationTest, BindWaitsForDriver) {
  prepare_virtual_functions(2);
  const Record record = run_claim();
  EXPECT_EQ(count(), "0");
  EXPECT_EQ(record.physical_functions[0].state, Creation::kWaiting);
  EXPECT_TRUE(record.complete());
  EXPECT_NE(message_.find("igpu: 2 virtual functions of 0000:00:02.0 are not created yet: its "
                          "driver is not bound yet"),
            std::string::npos)
      << message_;
  Record again = saved();
  run_bind(again);
  EXPECT_EQ(message_, "") << "nothing has changed";
}

// Both drivers of integrated graphics; the event comes from udev.
TEST_F(CreationTest, BoundDriverCreatesThem) {
  for (const char* driver : {"i915", "xe"}) {
    std::filesystem::remove_all(tree_.directory() / "run/vfio-early");
    add_physical("");
    prepare_virtual_functions(2);
    run_claim();
    EXPECT_FALSE(reserved(kFirst));
    tree_.link(device(kPhysical) + "/driver", std::string("../../../../bus/pci/drivers/") + driver);
    run_adopt(kPhysical, Event::kBound);
    EXPECT_EQ(count(), "2");
    EXPECT_TRUE(reserved(kFirst) && reserved(kSecond) && !reserved(kPhysical));
    const Record record = saved();
    EXPECT_EQ(record.physical_functions[0].state, Creation::kCreated);
    EXPECT_GT(record.physical_functions[0].created_ns, record.physical_functions[0].autoprobe_ns);
    ASSERT_EQ(record.functions.size(), 2u);
    EXPECT_EQ(record.functions[1].address.str(), kSecond);
    EXPECT_EQ(record.functions[1].virtual_number, 1);
    EXPECT_EQ(record.functions[1].physical_function->str(), kPhysical);
    EXPECT_EQ(record.functions[1].found, "");
    EXPECT_NE(message_.find("2 virtual functions of 0000:00:02.0 are created"), std::string::npos)
        << message_;
    for (const char* address : {kFirst, kSecond})
      std::filesystem::remove_all(tree_.directory() / device(address).substr(1));
  }
}

// A driver that was bound before udev runs: only cold plug announces it. Then each event of the
// other functions is skipped.
TEST_F(CreationTest, ColdPlugCreatesThem) {
  prepare_virtual_functions(2);
  run_claim();
  tree_.link(device(kPhysical) + "/driver", "../../../../bus/pci/drivers/i915");
  run_adopt(kPhysical, Event::kColdPlug);
  EXPECT_EQ(count(), "2");
  remove_all();
  EXPECT_TRUE(run_adopt(kPhysical, Event::kColdPlug));
  EXPECT_EQ(count(), "0") << "it is known";
}

// The driver is unloaded, which removes them, and loaded again.
TEST_F(CreationTest, LoadedDriverCreatesThemAgain) {
  add_physical("i915");
  prepare_virtual_functions(2);
  Record record = run_claim();
  for (auto& function : record.functions) function.state = State::kBound;
  ASSERT_TRUE(record::write_record(tree_.root(), record));
  remove_all();
  for (const char* address : {kFirst, kSecond})
    tree_.file(device(address) + "/driver_override", "(null)\n");
  run_adopt(kPhysical, Event::kBound);
  EXPECT_EQ(count(), "2");
  EXPECT_TRUE(reserved(kFirst) && reserved(kSecond));
  EXPECT_EQ(saved().functions.size(), 2u);
  EXPECT_TRUE(saved().functions[0].reappeared);
}

// After a removal and a rescan the kernel lets host drivers bind again.
TEST_F(CreationTest, ReturningPhysicalFunctionIsProtectedAgain) {
  run_claim();
  add_physical("");
  run_adopt(kPhysical, Event::kAppeared);
  EXPECT_EQ(autoprobe(), "0");
  EXPECT_EQ(saved().physical_functions[0].state, Creation::kWaiting);
}

// No gate has run: the user may have disabled vfio-early, or this boot works only without it.
TEST_F(CreationTest, NothingHappensWithoutGate) {
  add_physical("i915");
  prepare_virtual_functions(2);
  EXPECT_TRUE(run_adopt(kPhysical, Event::kBound));
  EXPECT_TRUE(run_adopt(kPhysical, Event::kColdPlug));
  EXPECT_EQ(count() + autoprobe(), "01");
  EXPECT_FALSE(tree_.root().exists("/run/vfio-early/record.json"));
}

TEST_F(CreationTest, OtherCardIsNotTouched) {
  add_physical("i915");
  prepare_virtual_functions(2);
  configure("address = 0000:00:02.0\nidentity = 8086:56c0\nvfs = 2\n");
  const Record record = run_claim();
  EXPECT_FALSE(record.complete());
  run_adopt(kPhysical, Event::kBound);
  EXPECT_EQ(count() + autoprobe(), "01");
  EXPECT_FALSE(reserved(kFirst));
}

// Without this attribute a host driver could be first: none are created.
TEST_F(CreationTest, NoneAreCreatedWithoutAutoprobe) {
  add_physical("i915");
  prepare_virtual_functions(2);
  std::filesystem::remove(tree_.directory() / device(kPhysical).substr(1) /
                          "sriov_drivers_autoprobe");
  Record record = run_gate();
  EXPECT_FALSE(record.reserved());
  EXPECT_NE(message_.find("sriov_drivers_autoprobe is missing"), std::string::npos) << message_;
  EXPECT_NE(message_.find("Remedy: use Linux 4.13 or later"), std::string::npos) << message_;
  run_bind(record);
  EXPECT_EQ(count(), "0");
  EXPECT_FALSE(record.complete());
  EXPECT_EQ(record.physical_functions[0].state, Creation::kFailed);
}

TEST_F(CreationTest, DriverThatRefusesIsReported) {
  add_physical("i915");
  const std::filesystem::path numvfs = path_of(kPhysical) / "sriov_numvfs";
  // It creates fewer; it cannot create any; the write fails.
  prepare_virtual_functions(1);
  Record record = run_claim();
  EXPECT_EQ(record.physical_functions[0].state, Creation::kFailed);
  EXPECT_NE(message_.find("its driver i915 has created fewer virtual functions"), std::string::npos)
      << message_;
  EXPECT_TRUE(reserved(kFirst)) << "the one that exists is claimed";
  numvfs_.reset();
  remove_all();
  std::filesystem::remove(numvfs);
  run_claim();
  EXPECT_NE(message_.find("its driver i915 cannot create virtual functions"), std::string::npos)
      << message_;
  std::filesystem::create_directory(numvfs);
  run_claim();
  EXPECT_NE(message_.find("its driver i915 failed: write " + device(kPhysical) +
                          "/sriov_numvfs: Is a directory"),
            std::string::npos)
      << message_;
  EXPECT_NE(message_.find("Remedy: see the kernel log"), std::string::npos) << message_;
}

// The kernel does not change a number that is not 0: what exists is claimed.
TEST_F(CreationTest, ThoseOfAnotherProgramAreKept) {
  add_physical("i915");
  prepare_virtual_functions(3);
  for (const int number : {1, 2, 3}) {
    create(number);
    const Record record = run_claim();
    EXPECT_EQ(count(), std::to_string(number));
    const bool enough = number > 1;
    EXPECT_EQ(record.physical_functions[0].state, enough ? Creation::kCreated : Creation::kFailed);
    EXPECT_EQ(record.physical_functions[0].created_ns, 0);
    EXPECT_EQ(record.functions.size(), enough ? 2u : 1u);
    EXPECT_EQ(record.warnings.size(), number == 3 ? 1u : 0u);
    EXPECT_EQ(message_.find("only 1 of 2 virtual functions exist") != std::string::npos, !enough)
        << message_;
  }
  EXPECT_FALSE(reserved("0000:00:02.3"));
}

// Created before the gate, and bound by a host driver: 'unbind' decides.
TEST_F(CreationTest, HeldOneIsLeftToDriver) {
  add_physical("i915");
  prepare_virtual_functions(2, "i915");
  create(2);
  const Record record = run_claim();
  EXPECT_EQ(record.functions.at(0).state, State::kHeld);
  EXPECT_EQ(record.functions.at(0).found, "i915");
  EXPECT_FALSE(reserved(kFirst));
  EXPECT_FALSE(record.complete());
}

// A virtual function that another program creates after the driver was bound is announced by its
// own event, maybe before the kernel has linked it.
TEST_F(CreationTest, EventOfVirtualFunctionClaimsIt) {
  run_claim();
  tree_.link(device(kPhysical) + "/driver", "../../../../bus/pci/drivers/i915");
  prepare_virtual_functions(2);
  std::filesystem::remove(tree_.directory() / device(kSecond).substr(1) / "physfn");
  create(2);
  run_adopt(kSecond, Event::kAppeared);
  EXPECT_TRUE(reserved(kFirst) && reserved(kSecond));
  EXPECT_FALSE(reserved("0000:01:00.0"));
}

TEST_F(CreationTest, ReleaseRemovesThem) {
  add_physical("i915");
  prepare_virtual_functions(2);
  Record record = run_claim();
  ASSERT_EQ(count(), "2");
  EXPECT_EQ(run_release(record, "igpu"), Release::kDone);
  EXPECT_EQ(count() + autoprobe(), "01");
  EXPECT_EQ(saved().physical_functions[0].state, Creation::kReleased);
  EXPECT_EQ(saved().functions[0].state, State::kReleased);
  EXPECT_EQ(tree_.text("/sys/bus/pci/drivers_probe"), "") << "there is nothing to probe";
  EXPECT_NE(message_.find("released by the user, and removed"), std::string::npos) << message_;
  // It stays released until the user claims it.
  for (const Event event : {Event::kBound, Event::kColdPlug, Event::kAppeared})
    EXPECT_TRUE(run_adopt(kPhysical, event));
  Record again = saved();
  run_bind(again);
  EXPECT_EQ(count() + autoprobe(), "01");
  EXPECT_FALSE(again.complete());
  EXPECT_EQ(run_claim().physical_functions[0].state, Creation::kCreated);
  EXPECT_EQ(count() + autoprobe(), "20");
}

TEST_F(CreationTest, ReleaseGivesThoseOfAnotherProgramToHost) {
  add_physical("i915");
  prepare_virtual_functions(2);
  create(2);
  Record record = run_claim();
  EXPECT_EQ(run_release(record, kPhysical), Release::kDone) << "the address of the physical one";
  EXPECT_EQ(count() + autoprobe(), "21");
  EXPECT_FALSE(reserved(kFirst) || reserved(kSecond));
  EXPECT_EQ(tree_.text("/sys/bus/pci/drivers_probe"), kSecond);
}

TEST_F(CreationTest, OneCanBeReleasedAlone) {
  add_physical("i915");
  prepare_virtual_functions(2);
  Record record = run_claim();
  EXPECT_EQ(run_release(record, kSecond), Release::kDone);
  EXPECT_TRUE(reserved(kFirst) && !reserved(kSecond));
  EXPECT_EQ(count() + autoprobe(), "20");
  EXPECT_EQ(tree_.text("/sys/bus/pci/drivers_probe"), kSecond);
  EXPECT_EQ(saved().physical_functions[0].state, Creation::kCreated);
}

TEST_F(CreationTest, ReleaseBeforeCreationKeepsThemAway) {
  prepare_virtual_functions(2);
  Record record = run_claim();
  EXPECT_EQ(run_release(record, "igpu"), Release::kDone);
  EXPECT_EQ(autoprobe(), "1");
  tree_.link(device(kPhysical) + "/driver", "../../../../bus/pci/drivers/i915");
  run_adopt(kPhysical, Event::kBound);
  EXPECT_EQ(count(), "0");
}

}  // namespace
}  // namespace early
