// SPDX-License-Identifier: GPL-2.0-or-later
//
// Measures a whole claim, from no module loaded to both functions on vfio-pci: by vfio-early, by
// the methods that people use today, and by the kernel's own work alone, which is the lower bound.
// A boot waits for all of each, except for vfio-early: there it waits only for the gate, which
// keeps the functions for vfio-pci, and the claim continues beside the boot.
//
// The contenders take turns. Before each run the functions are unbound, the overrides cleared and
// the modules unloaded. The first round is reported separately ("cold"), because a boot runs
// everything for the first time. A last round counts system calls and is not timed.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <iterator>

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench/cost/counted.h"
#include "bench/cost/traced.h"

namespace {

using namespace bench;

constexpr int kRuns = 5;

// What `modprobe -r` would unload, without running a contender. Users come before what they use.
constexpr const char* kModules[] = {"vfio_pci",    "vfio_pci_core", "vfio_iommu_type1",
                                    "vfio_virqfd", "vfio",          "irqbypass"};

struct ComparedTool {
  const char* name;
  const char* arguments[13];
  bool binds = true;  // false: it only writes the overrides
  bool is_ours = false;
};

constexpr ComparedTool kComparedTools[] = {
    {"the kernel's own work (finit_module)",
     {"/raw_claim", "/modules/vfio.ko", "/modules/vfio_virqfd.ko", "/modules/irqbypass.ko",
      "/modules/vfio-pci-core.ko", "/modules/vfio_iommu_type1.ko", "/modules/vfio-pci.ko", "--",
      kAddresses[0], kAddresses[1]}},
    {"vfio-early gate: what a boot waits for",
     {"/vfio-early", "gate"},
     /*binds=*/false,
     /*is_ours=*/true},
    {"vfio-early claim", {"/vfio-early", "claim"}, /*binds=*/true, /*is_ours=*/true},
    {"modprobe vfio-pci ids=", {"/sbin/modprobe", "vfio-pci", "ids=1234:1111,8086:2668"}},
    {"override script, busybox (no type1)", {"/bin/busybox", "sh", "/override.sh"}},
    {"override script, bash", {"/bin/bash", "/override.sh"}},
    {"as in TrueNAS, busybox (no type1)", {"/bin/busybox", "sh", "/truenas.sh"}},
    {"as in Qubes, bash (no type1)", {"/bin/bash", "/qubes.sh"}},
    {"driverctl of Debian 12, each function", {"/bin/bash", "/driverctl.sh", "/driverctl"}},
    {"driverctl of sid, each function", {"/bin/bash", "/driverctl.sh", "/driverctl-sid"}},
};

constexpr size_t kLowerBound = 0, kGate = 1;

// A script that was not put into the initramfs is not compared.
bool is_present(const ComparedTool& tool) {
  for (const char* argument : tool.arguments)
    if (argument && argument[0] == '/' && std::strchr(argument + 1, '/') == nullptr &&
        ::access(argument, F_OK) != 0)
      return false;
  return true;
}

std::vector<ComparedTool> present_tools() {
  std::vector<ComparedTool> tools;
  std::copy_if(std::begin(kComparedTools), std::end(kComparedTools), std::back_inserter(tools),
               is_present);
  return tools;
}

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
  if (::access("/sys/module/vfio", F_OK) == 0) stop("claim_cost: cannot unload the module vfio");
}

// Runs the contender by `work`, and returns its result.
template <class Work>
auto run(const ComparedTool& tool, Work work) {
  undo();
  const auto result = work(tool.arguments);
  if (tool.binds ? !are_bound() : !have_overrides()) {
    std::printf("claim_cost: %s did nothing\n", tool.name);
    stop("claim_cost: a program did not claim the card");
  }
  return result;
}

void print_figures(const ComparedTool& tool, double warm, double of_floor, const Calls& calls) {
  const char* better = tool.is_ours ? "less" : "none";
  const std::string name = tool.name;
  print_figure("counted", better, "us", warm, name);
  print_figure("ratio", better, "x", of_floor, name + ": of the floor");
  print_figure("counted", better, "calls", static_cast<double>(calls.system_calls),
               name + ": system calls");
}

}  // namespace

int main() {
  prepare_guest();
  const std::vector<ComparedTool> tools = present_tools();
  std::vector<double> first;
  std::vector<std::vector<double>> later(tools.size());
  for (const ComparedTool& tool : tools) first.push_back(run(tool, time_of));
  for (int i = 0; i < kRuns; ++i)
    for (size_t j = 0; j < tools.size(); ++j) later[j].push_back(run(tools[j], time_of));
  std::printf("claim cost %42s cold     warm  of the floor  of the gate  system calls  programs\n",
              "");
  for (size_t j = 0; j < tools.size(); ++j) {
    const Calls calls = run(tools[j], calls_of);
    std::printf("claim cost  %-39s%5.0f us %5.0f us %10.2f %12.2f %13ld %9ld\n", tools[j].name,
                first[j], median(later[j]), median(later[j]) / median(later[kLowerBound]),
                median(later[j]) / median(later[kGate]), calls.system_calls, calls.executions);
    print_figures(tools[j], median(later[j]), median(later[j]) / median(later[kLowerBound]), calls);
  }
  stop("bench: done");
}
