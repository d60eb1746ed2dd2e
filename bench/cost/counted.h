// SPDX-License-Identifier: GPL-2.0-or-later
//
// For the first process of a guest under QEMU's -icount, where time is counted instructions and is
// repeatable. Whole processes are timed, from spawn to reaped exit, in microseconds of
// CLOCK_MONOTONIC: this is what a boot waits for.
#pragma once

#include <string>
#include <vector>

namespace bench {

// The functions of the card that is measured.
inline constexpr const char* kAddresses[] = {"0000:01:00.0", "0000:01:00.1"};

// Mounts /proc, /sys, /run and /dev, and waits until the kernel's own late work (self-tests,
// freeing the initramfs) is over, which would otherwise be counted for a program.
void prepare_guest();

// Prints the text, and powers the guest off.
[[noreturn]] void stop(const char* final_message);

// Runs the program without output. If it fails, the guest stops.
double time_of(const char* const* arguments);

struct Usage {
  double microseconds;
  // The maximum resident set of the largest process, if the program starts others: wait4(2). Not
  // less than that of this process, which every program starts as.
  double peak_kib;
};
// Runs a program whose exit status is a result: up to `max_status` it succeeded, above it failed.
Usage usage_of_check(const char* const* arguments, int max_status);

// Writes "vfio-pci" or nothing ("\n") into each function's driver_override.
void write_overrides(const char* text);
// True if all functions have an override of "vfio-pci".
bool have_overrides();

double median(std::vector<double> values);
// The least value that `percent` percent of the values do not exceed.
double percentile(std::vector<double> values, int percent);

// Prints a figure for the history: see `figure` in bench/part.sh. `kind`: "counted" or "ratio";
// `better`: "less" or "more", or "none" for other people's programs.
void print_figure(const char* kind, const char* better, const char* unit, double value,
                  const std::string& name);

}  // namespace bench
