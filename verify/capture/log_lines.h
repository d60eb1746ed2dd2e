// SPDX-License-Identifier: GPL-2.0-or-later
//
// The parts of a kernel log line that a capture keeps: lines that checks read, messages about
// IOMMUs and interrupt remapping, and the driver and the PCI function that a driver's line names.
// The rest of a driver's line may contain a serial number or the address of a network or a disk,
// and is left out.
#pragma once

#include <string>
#include <string_view>

#include "verify/capture/anonymiser.h"

namespace verify::capture {

inline constexpr const char* kLeftOut = "(left out)";

// If a line has a word that messages.h does not keep, only the beginning of the line is kept.
std::string kept_log_line(std::string_view line, Anonymiser& anonymiser);

}  // namespace verify::capture
