// SPDX-License-Identifier: GPL-2.0-or-later
//
// Measures how long it takes to inspect a machine: vfio-verify's passive checks, and the tools that
// people use today, on one card in one machine; then vfio-verify alone on machines of a hundred, a
// thousand and ten thousand functions, where the cost must not grow faster than in proportion.
#include <cstdio>
#include <iterator>

#include <sys/mount.h>
#include <sys/stat.h>

#include "bench/cost/counted.h"

namespace {

using namespace bench;

constexpr int kRuns = 3;

constexpr int kVerdict = 2;  // vfio-verify's highest exit status that is a verdict: vfio-verify(8)

struct ComparedTool {
  const char* name;
  const char* arguments[6];
  int max_status = 1;  // the highest exit status that is a result
};

constexpr ComparedTool kComparedTools[] = {
    {"lspci -nnvvv", {"/bin/lspci", "-nnvvv"}},
    {"virt-host-validate qemu", {"/bin/virt-host-validate", "qemu"}},
    {"shell loop over iommu_groups", {"/bin/bash", "/groups.sh"}},
    {"vfio-verify", {"/vfio-verify"}, kVerdict},
    {"vfio-verify --quick", {"/vfio-verify", "--quick"}, kVerdict},
};

constexpr const char* kSizes[] = {"100", "1000", "10000"};

double median_of(const char* const* arguments, int max_status) {
  std::vector<double> times;
  for (int i = 0; i < kRuns; ++i) times.push_back(time_of_check(arguments, max_status));
  return median(times);
}

// Ten times the functions may take somewhat more than ten times as long: less of them fits into a
// cache.
constexpr double kSlack = 1.5;
// Ten times the functions must take at least twice as long, or they were not inspected.
constexpr double kMinGrowth = 2;

void large_machines() {
  double before = 0;
  for (const char* size : kSizes) {
    ::mkdir("/machine", 0755);
    ::mount("tmpfs", "/machine", "tmpfs", 0, nullptr);
    const char* const make[] = {"/large_machine", size, "/machine", nullptr};
    time_of(make);
    const char* const inspect[] = {"/vfio-verify", "--root", "/machine", nullptr};
    const double took = median_of(inspect, kVerdict);
    std::printf("verify cost (median of %d): %5s functions, a fake tree     %9.0f us\n", kRuns,
                size, took);
    if (before > 0 && took > 10 * kSlack * before)
      stop("verify_cost: the cost does not grow in proportion");
    if (took < kMinGrowth * before)
      stop("verify_cost: the additional functions were not inspected");
    before = took;
    ::umount("/machine");
  }
}

}  // namespace

int main() {
  prepare_guest();
  const char* const claim[] = {"/vfio-early", "claim", nullptr};
  time_of(claim);
  for (const ComparedTool& tool : kComparedTools)
    std::printf("verify cost (median of %d): %-31s %9.0f us\n", kRuns, tool.name,
                median_of(tool.arguments, tool.max_status));
  large_machines();
  stop("bench: done");
}
