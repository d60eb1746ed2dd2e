// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a whole claim takes, from nothing loaded to both functions on vfio-pci: ours, what people do
// today, and the floor, which is the kernel's own work. They take turns; before each run the
// functions are unbound, the overrides cleared and the modules unloaded.
#include <cstdio>

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench/cost/counted.h"

namespace {

using namespace bench;

constexpr int kRuns = 5;

// As `modprobe -r` would, without being one of the contenders. Users before what they use.
constexpr const char* kModules[] = {"vfio_pci", "vfio_pci_core", "vfio_iommu_type1", "vfio",
                                    "irqbypass"};

struct Contender {
  const char* name;
  const char* arguments[12];
};

constexpr Contender kContenders[] = {
    {"the kernel's own work (finit_module)",
     {"/raw_claim", "/modules/vfio.ko", "/modules/irqbypass.ko", "/modules/vfio-pci-core.ko",
      "/modules/vfio_iommu_type1.ko", "/modules/vfio-pci.ko", "--", kAddresses[0], kAddresses[1]}},
    {"vfio-early claim", {"/vfio-early", "claim"}},
    {"modprobe vfio-pci ids=", {"/sbin/modprobe", "vfio-pci", "ids=1234:1111,8086:2668"}},
    {"override script, busybox (no type1)", {"/bin/busybox", "sh", "/override.sh"}},
    {"override script, bash", {"/bin/bash", "/override.sh"}},
    {"driverctl, once a function", {"/bin/bash", "/driverctl.sh"}},
};

bool write_text(const char* path, const char* text) {
  const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool written = ::dprintf(fd, "%s", text) > 0;
  ::close(fd);
  return written;
}

bool are_bound() {
  for (const char* address : kAddresses) {
    char path[128];
    std::snprintf(path, sizeof(path), "/sys/bus/pci/drivers/vfio-pci/%s", address);
    if (::access(path, F_OK) != 0) return false;
  }
  return true;
}

void undo() {
  ::unlink("/run/vfio-early/record.json");
  write_overrides("\n");
  for (const char* address : kAddresses)
    write_text("/sys/bus/pci/drivers/vfio-pci/unbind", address);
  for (const char* module : kModules) ::syscall(SYS_delete_module, module, O_NONBLOCK);
  if (::access("/sys/module/vfio", F_OK) == 0) stop("claim_cost: vfio can't be unloaded");
}

double run(const Contender& contender) {
  undo();
  const double took = time_of(contender.arguments);
  if (!are_bound()) {
    std::printf("claim_cost: %s bound nothing\n", contender.name);
    stop("claim_cost: a contender did not do its work");
  }
  return took;
}

}  // namespace

int main() {
  furnish();
  std::vector<double> times[std::size(kContenders)];
  for (int i = 0; i < kRuns; ++i)
    for (size_t j = 0; j < std::size(kContenders); ++j) times[j].push_back(run(kContenders[j]));
  const double floor = median(times[0]);
  for (size_t j = 0; j < std::size(kContenders); ++j)
    std::printf("claim cost (median of %d): %-38s %8.0f us, %5.2f of the floor\n", kRuns,
                kContenders[j].name, median(times[j]), median(times[j]) / floor);
  stop("bench: done");
}
