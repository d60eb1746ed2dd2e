// SPDX-License-Identifier: GPL-2.0-or-later
//
// Measures how long it takes to inspect a machine, and in how much memory: vfio-verify's passive
// checks, and the tools that people use today, on one card in one machine; then on machines of ten
// to ten thousand functions, where both must grow in proportion. And `vfio-verify
// after-update`, which each boot runs.
#include <cstdio>
#include <iterator>
#include <span>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/cost/counted.h"
#include "bench/cost/growth.h"

namespace {

using namespace bench;

constexpr int kRuns = 3;

constexpr int kVerdict = 2;  // vfio-verify's highest exit status that is a verdict: vfio-verify(8)

struct ComparedTool {
  const char* name;
  const char* arguments[6];
  int max_status = 1;  // the highest exit status that is a result
  bool is_ours = false;
};

constexpr ComparedTool kComparedTools[] = {
    {"lspci -nnvvv", {"/bin/lspci", "-nnvvv"}},
    {"virt-host-validate qemu", {"/bin/virt-host-validate", "qemu"}},
    {"shell loop over iommu_groups", {"/bin/bash", "/groups.sh"}},
    {"vfio-verify", {"/vfio-verify"}, kVerdict, /*is_ours=*/true},
    {"vfio-verify --quick", {"/vfio-verify", "--quick"}, kVerdict, /*is_ours=*/true},
};

constexpr int kSizes[] = {10, 100, 1000, 10000};

// Each reads the tree below /machine. The loop starts lspci for each function, which then reads the
// names of all functions: at more than this it takes minutes. A slow program runs once.
constexpr int kLargestForLoop = 100;
constexpr ComparedTool kOnTree[] = {
    {"vfio-verify", {"/vfio-verify", "--root", "/machine"}, kVerdict, /*is_ours=*/true},
    {"lspci -nnvvv", {"/bin/lspci", "-O", "sysfs.path=/machine/sys/bus/pci", "-nnvvv"}},
    {"shell loop over iommu_groups", {"/bin/bash", "/groups.sh", "/machine"}},
};
constexpr size_t kOurs = 0, kLoop = 2;

// The medians. The addresses of a program's parts are random, and its time and memory differ a
// little.
Usage usage_of(const ComparedTool& tool, int runs = kRuns) {
  std::vector<double> times, peaks;
  for (int i = 0; i < runs; ++i) {
    const Usage usage = usage_of_check(tool.arguments, tool.max_status);
    times.push_back(usage.microseconds), peaks.push_back(usage.peak_kib);
  }
  return {median(times), median(peaks)};
}

void print_usage(const ComparedTool& tool, const std::string& name, const Usage& usage) {
  const char* better = tool.is_ours ? "less" : "none";
  std::printf("verify cost %-48s %9.0f us %7.0f KiB\n", name.c_str(), usage.microseconds,
              usage.peak_kib);
  print_figure("counted", better, "us", usage.microseconds, name);
  print_figure("counted", better, "KiB", usage.peak_kib, name + ": peak memory");
}

void one_machine() {
  double lspci = 0;
  for (const ComparedTool& tool : kComparedTools) {
    const Usage usage = usage_of(tool);
    print_usage(tool, tool.name, usage);
    if (lspci == 0) lspci = usage.microseconds;
    if (tool.is_ours)
      print_figure("ratio", "less", "x", usage.microseconds / lspci,
                   std::string(tool.name) + " to lspci -nnvvv");
  }
}

void large_machines() {
  std::vector<Sized> times, peaks;
  for (const int functions : kSizes) {
    const std::string size = std::to_string(functions);
    ::mkdir("/machine", 0755);
    ::mount("tmpfs", "/machine", "tmpfs", 0, "size=90%");
    const char* const make[] = {"/large_machine", size.c_str(), "/machine", nullptr};
    time_of(make);
    for (size_t j = 0; j < std::size(kOnTree); ++j) {
      if (j == kLoop && functions > kLargestForLoop) continue;
      const Usage usage = usage_of(kOnTree[j], kOnTree[j].is_ours ? kRuns : 1);
      print_usage(kOnTree[j], std::string(kOnTree[j].name) + ", " + size + " functions", usage);
      if (j != kOurs) continue;
      times.push_back({static_cast<double>(functions), usage.microseconds});
      peaks.push_back({static_cast<double>(functions), usage.peak_kib});
    }
    ::umount("/machine");
  }
  if (!grows_in_proportion(times)) stop("verify_cost: the time does not grow in proportion");
  // Ten functions fit into the memory that the program has in any case.
  if (!grows_in_proportion(std::span(peaks).subspan(1)))
    stop("verify_cost: the memory does not grow in proportion");
}

constexpr int kBoots = 100;
constexpr const char* kSaved = "/var/lib/vfio-early/last-boot.json";

// The passport that the last boot saved, as a different kernel would have saved it.
std::string with_another_kernel(std::string passport) {
  const std::string key = "\"kernel\": \"";
  const size_t begin = passport.find(key);
  if (begin == std::string::npos) stop("verify_cost: the passport has no kernel");
  const size_t from = begin + key.size();
  return passport.replace(from, passport.find('"', from) - from, "5.10.0");
}

std::string read_text(const char* path) {
  std::string text(1 << 20, '\0');
  const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  const ssize_t size = fd < 0 ? -1 : ::read(fd, text.data(), text.size());
  if (size <= 0) stop("verify_cost: after-update saved no passport");
  ::close(fd);
  text.resize(static_cast<size_t>(size));
  return text;
}

void write_text(const char* path, const std::string& text) {
  const int fd = ::open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0 || ::write(fd, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    stop("verify_cost: cannot write a passport");
  ::close(fd);
}

// `passport`: what the last boot saved; "" leaves the file.
void after_update(const char* when, const std::string& passport) {
  constexpr const char* kArguments[] = {"/vfio-verify", "after-update", nullptr};
  std::vector<double> times;
  for (int i = 0; i < kBoots; ++i) {
    if (!passport.empty()) write_text(kSaved, passport);
    times.push_back(usage_of_check(kArguments, kVerdict).microseconds);
    if (!passport.empty() && read_text(kSaved) == passport)
      stop("verify_cost: after-update did not detect another kernel");
  }
  const double median = percentile(times, 50), rare = percentile(times, 99);
  std::printf("verify cost after-update, %s: first %.0f us, p50 %.0f us, p99 %.0f us, of %d\n",
              when, times.front(), median, rare, kBoots);
  const std::string name = std::string("vfio-verify after-update, ") + when;
  print_figure("counted", "less", "us", times.front(), name + ": first");
  print_figure("counted", "less", "us", median, name + ": p50");
  print_figure("counted", "less", "us", rare, name + ": p99");
}

}  // namespace

int main() {
  prepare_guest();
  const char* const claim[] = {"/vfio-early", "claim", nullptr};
  time_of(claim);
  one_machine();
  const char* const first_boot[] = {"/vfio-verify", "after-update", nullptr};
  usage_of_check(first_boot, kVerdict);
  const std::string passport = read_text(kSaved);
  after_update("nothing has changed", "");
  after_update("another kernel", with_another_kernel(passport));
  large_machines();
  stop("bench: done");
}
