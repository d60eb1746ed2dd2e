// SPDX-License-Identifier: GPL-2.0-or-later
//
// The driver that a line of the kernel log names for a function. Such a line proves that this
// driver has held the function. A log without such a line proves nothing, since not every driver
// logs something.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/kernel_log.h"

namespace verify {

// The driver that logged the line for the function at `address`, or that the line names; "": the
// line is about something else, or names no driver.
std::string logging_driver(std::string_view line, std::string_view address);

// Did the kernel log the line when it found the function?
bool is_detection(std::string_view line, std::string_view address);
// The number of such lines: one at boot, and one after each removal and rescan.
int detection_count(const std::vector<const host::LogLine*>& log, std::string_view address);

}  // namespace verify
