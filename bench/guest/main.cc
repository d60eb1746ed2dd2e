// SPDX-License-Identifier: GPL-2.0-or-later
//
// The workloads of a guest that vfio-bench starts. Measures the guest's graphics card, and reports
// on the console, between two markers, as Google Benchmark's JSON. As the guest's first process it
// also mounts the file systems before and ends the guest after. The kernel passes it the arguments
// after "--" on its command line.
#include <cstdio>
#include <exception>
#include <iostream>

#include <benchmark/benchmark.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "bench/guest/markers.h"
#include "bench/guest/workloads.h"
#include "host/running_kernel.h"

namespace {

void mount_file_systems() {
  for (const char* directory : {"/proc", "/sys", "/dev"}) ::mkdir(directory, 0755);
  ::mount("proc", "/proc", "proc", 0, nullptr);
  ::mount("sysfs", "/sys", "sysfs", 0, nullptr);
  ::mount("devtmpfs", "/dev", "devtmpfs", 0, nullptr);
}

int measure(int argc, char** argv) {
  const auto root = host::Root::open();
  const auto card = root ? bench::find_card(*root) : root.error();
  if (!card) {
    std::printf("workloads: %s\n", host::describe(card.error()).c_str());
    return 1;
  }
  benchmark::AddCustomContext("card", card->function.id.str());
  benchmark::AddCustomContext("driver", card->function.driver);
  benchmark::AddCustomContext("beside", bench::others_in_slot(*root, *card));
  benchmark::AddCustomContext("kernel", host::running_release(*root));
  bench::add_memory_workloads(*root, *card);
  bench::add_display_workloads(*root, *card);

  benchmark::Initialize(&argc, argv);
  benchmark::JSONReporter reporter;
  std::cout << bench::kBegin << std::endl;
  benchmark::RunSpecifiedBenchmarks(&reporter);
  std::cout << std::endl << bench::kEnd << std::endl;
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const bool alone = ::getpid() == 1;
  if (alone) mount_file_systems();
  int status = 1;
  try {
    status = measure(argc, argv);
  } catch (const std::exception& error) {
    std::printf("workloads: %s\n", error.what());
  }
  if (!alone) return status;
  std::fflush(stdout);
  ::tcdrain(STDOUT_FILENO);
  ::reboot(RB_AUTOBOOT);  // QEMU's -no-reboot ends it here, with or without ACPI
}
