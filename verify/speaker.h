// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whose words a line of the kernel's log is: how a driver that has held a function gives itself
// away. Not every driver says something; one that does has been there.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/kernel_log.h"

namespace verify {

// The driver that says something about the function at `address`, or as whose the line is about
// it; "" if the line is about something else or if no driver is involved.
std::string speaker(std::string_view line, std::string_view address);

// Does the kernel say with this line that it found the function?
bool is_appearance(std::string_view line, std::string_view address);
// How often it did: once at boot, again after each removal and rescan.
int appearances(const std::vector<const host::LogLine*>& log, std::string_view address);

}  // namespace verify
