// SPDX-License-Identifier: GPL-2.0-or-later
//
// How long a boot waits for the gate, against a static program that makes only the same raw writes
// (raw_overrides). Runs as PID 1 of a guest under QEMU's -icount, where time is counted
// instructions and repeats; ci/bench boots it.
//
// Each figure is one whole process, from spawn to reaped exit, in microseconds of CLOCK_MONOTONIC:
// that is what a boot waits for. The two take turns, and before each run the overrides are cleared
// and the record of the run before is removed.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <vector>

#include <fcntl.h>
#include <spawn.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

constexpr int kRuns = 21;
constexpr const char* kAddresses[] = {"0000:01:00.0", "0000:01:00.1"};

double microseconds() {
  timespec now = {};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

[[noreturn]] void stop(const char* last_words) {
  std::puts(last_words);
  std::fflush(stdout);
  ::reboot(RB_POWER_OFF);
  std::abort();
}

void clear_overrides() {
  ::unlink("/run/vfio-early/record.json");
  for (const char* address : kAddresses) {
    char path[128];
    std::snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver_override", address);
    const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || ::write(fd, "\n", 1) != 1) stop("gate_cost: no card at 0000:01:00");
    ::close(fd);
  }
}

bool overrides_are_set() {
  for (const char* address : kAddresses) {
    char path[128], text[16] = {};
    std::snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver_override", address);
    const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
    const bool set = fd >= 0 && ::read(fd, text, sizeof(text)) == 9;
    ::close(fd);
    if (!set) return false;
  }
  return true;
}

// One whole process. What does not `write` the overrides is only started and ended.
double run(const char* const* arguments, bool writes = true,
           const posix_spawn_file_actions_t* actions = nullptr) {
  clear_overrides();
  char* environment[] = {nullptr};
  pid_t child = 0;
  int status = 1;
  const double began = microseconds();
  if (::posix_spawn(&child, arguments[0], actions, nullptr, const_cast<char**>(arguments),
                    environment) != 0 ||
      ::waitpid(child, &status, 0) != child)
    stop("gate_cost: can't start a program");
  const double took = microseconds() - began;
  if (status != 0 || overrides_are_set() != writes)
    stop("gate_cost: a program did not do its work");
  return took;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace

int main() {
  ::mkdir("/proc", 0755), ::mkdir("/sys", 0755), ::mkdir("/run", 0755);
  ::mount("proc", "/proc", "proc", 0, nullptr);
  ::mount("sysfs", "/sys", "sysfs", 0, nullptr);
  ::mount("tmpfs", "/run", "tmpfs", 0, nullptr);

  // The kernel's own late work (self-tests, freeing of the initramfs) would be counted as ours.
  ::sleep(10);
  constexpr const char* kRaw[] = {"/raw_overrides", kAddresses[0], kAddresses[1], nullptr};
  constexpr const char* kGate[] = {"/vfio-early", "gate", nullptr};
  constexpr const char* kStart[] = {"/vfio-early", "--version", nullptr};
  ::mknod("/null", S_IFCHR | 0600, makedev(1, 3));
  posix_spawn_file_actions_t unread;  // the console costs more than the start
  ::posix_spawn_file_actions_init(&unread);
  ::posix_spawn_file_actions_addopen(&unread, STDOUT_FILENO, "/null", O_WRONLY, 0);
  std::vector<double> raw, gate, start;
  for (int i = 0; i < kRuns; ++i) {
    raw.push_back(run(kRaw));
    gate.push_back(run(kGate));
    start.push_back(run(kStart, /*writes=*/false, &unread));
  }
  std::printf(
      "gate cost (median of %d): raw writes %.0f us, gate %.0f us (of which starting the "
      "program %.0f us), ratio %.2f\n",
      kRuns, median(raw), median(gate), median(start), median(gate) / median(raw));
  stop("gate_cost: done");
}
