// SPDX-License-Identifier: GPL-2.0-or-later
//
// A machine of ten thousand PCI functions: planning takes one small read for each, and time and
// memory that grow with their number and no faster.
#include <chrono>
#include <cstdio>
#include <ctime>

#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake_tree.h"
#include "own_cost.h"
#include "plan/configuration.h"
#include "plan/plan.h"

namespace {

constexpr int kFew = 1'000;
constexpr int kMany = 10'000;
constexpr int kGrowth = kMany / kFew;

// `count` functions, all of them network cards but for one graphics card in the midst of them. In
// memory where that can be had: twenty thousand files are made and removed again.
class LargeMachine {
 public:
  explicit LargeMachine(int count) {
    const bool memory = ::access("/dev/shm", W_OK) == 0;
    std::string name = (memory ? "/dev/shm/" : testing::TempDir()) + "large-machine-XXXXXX";
    directory_ = ::mkdtemp(name.data());
    std::filesystem::create_directories(directory_ / "sys/bus/pci/devices");
    std::filesystem::create_directories(directory_ / "sys/class/iommu/dmar0");
    std::filesystem::create_directories(directory_ / "etc");
    std::ofstream(directory_ / "etc/vfio-early.conf")
        << "[gaming]\nid = 10de:1b81\nonly-display = allow\n";
    for (int i = 0; i < count; ++i) add(i, i == count / 2);
  }
  ~LargeMachine() { std::filesystem::remove_all(directory_); }
  LargeMachine(const LargeMachine&) = delete;
  LargeMachine& operator=(const LargeMachine&) = delete;

  const std::filesystem::path& directory() const { return directory_; }

 private:
  void add(int number, bool graphics) const {
    char place[32];
    std::snprintf(place, sizeof(place), "%04x:%02x:%02x.0", number >> 13, number >> 5 & 0xff,
                  number & 0x1f);
    const std::string device = directory_ / "sys/bus/pci/devices" / place;
    const std::string uevent =
        std::string(graphics ? "PCI_CLASS=30000\nPCI_ID=10DE:1B81\n"
                             : "DRIVER=ixgbe\nPCI_CLASS=20000\nPCI_ID=8086:10FB\n") +
        "PCI_SUBSYS_ID=8086:0003\nPCI_SLOT_NAME=" + place + "\n";
    ::mkdir(device.c_str(), 0755);
    const host::Fd file(::open((device + "/uevent").c_str(), O_WRONLY | O_CREAT, 0644));
    EXPECT_EQ(::write(file.get(), uevent.data(), uevent.size()),
              static_cast<ssize_t>(uevent.size()));
  }

  std::filesystem::path directory_;
};

struct Cost {
  long reads = 0;
  double seconds = 0;
  long kilobytes = 0;
};

// The whole program's peak.
long peak_of(const std::string& directory) {
  const char* arguments[] = {VFIO_EARLY_BINARY, "--root", directory.c_str(), "plan", nullptr};
  posix_spawn_file_actions_t silent;
  ::posix_spawn_file_actions_init(&silent);
  ::posix_spawn_file_actions_addopen(&silent, 1, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  int status = -1;
  rusage usage = {};
  EXPECT_EQ(
      ::posix_spawn(&child, arguments[0], &silent, nullptr, const_cast<char**>(arguments), environ),
      0);
  ::wait4(child, &status, 0, &usage);
  ::posix_spawn_file_actions_destroy(&silent);
  EXPECT_EQ(status, 0);
  return usage.ru_maxrss;
}

Cost cost_of(int count) {
  const LargeMachine large(count);
  const auto root = host::Root::open(large.directory());
  const long reads_before = reads();
  const double seconds_before = processor_seconds();
  const auto machine = host::read_machine(*root);
  EXPECT_TRUE(machine);
  const auto plan =
      plan::make_plan(plan::read_configuration(*root, plan::kConfigurationFile), *machine);
  const Cost cost = {.reads = reads() - reads_before,
                     .seconds = processor_seconds() - seconds_before,
                     .kilobytes = peak_of(large.directory())};
  EXPECT_EQ(machine->functions.size(), static_cast<size_t>(count));
  EXPECT_EQ(plan.claims.size(), 1u);
  std::printf("%d functions: %ld reads, %.3f s, %ld kB\n", count, cost.reads, cost.seconds,
              cost.kilobytes);
  return cost;
}

TEST(Scale, PlanIsLinearAndReadsEachFunctionOnce) {
  const Cost few = cost_of(kFew), many = cost_of(kMany);
  // The rest: command line, configuration, kernel release and the like, and /proc/self/io itself.
  constexpr long kRest = 50;
  EXPECT_GE(few.reads, kFew);
  EXPECT_LE(few.reads, kFew + kRest);
  EXPECT_LE(many.reads, kMany + kRest);
  // What is not linear is ten times worse again; a clock on a busy machine is off by less.
  EXPECT_LT(many.seconds, 3 * kGrowth * few.seconds);
  // Much, since the address sanitizer keeps what was freed; without it, a hundredth is enough.
  EXPECT_LT(many.kilobytes - few.kilobytes, (kMany - kFew) * 16L);
}

}  // namespace
