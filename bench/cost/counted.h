// SPDX-License-Identifier: GPL-2.0-or-later
//
// For the first process of a guest under QEMU's -icount, where time is counted instructions and
// repeats: whole processes are timed, from spawn to reaped exit, in microseconds of
// CLOCK_MONOTONIC, since that is what a boot waits for.
#pragma once

#include <vector>

namespace bench {

// What is measured: the card's functions.
inline constexpr const char* kAddresses[] = {"0000:01:00.0", "0000:01:00.1"};

// Mounts what the kernel shows itself in, and waits until its own late work (self-tests, freeing of
// the initramfs), which would be counted as somebody else's, is over.
void furnish();

// Says the last words, and switches the guest off.
[[noreturn]] void stop(const char* last_words);

// Runs the program without output. The guest stops where it fails.
double time_of(const char* const* arguments);
// The same of a program whose exit status tells what it found: up to `most`, beyond it is a
// failure.
double time_of_a_look(const char* const* arguments, int most);

// Writes "vfio-pci" or nothing ("\n") into each function's driver_override.
void write_overrides(const char* text);
// Do all functions have an override of "vfio-pci"?
bool have_overrides();

double median(std::vector<double> values);

}  // namespace bench
