// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is kept of a line of the kernel's log, by a list of forms: those that checks read, what the
// kernel says of IOMMUs and interrupt remapping, and which driver logs a line about which PCI
// function. The rest of such a line may contain a serial number or an address of a network or a
// disk, and is left out.
#pragma once

#include <string>
#include <string_view>

#include "verify/capture/anonymiser.h"

namespace verify::capture {

inline constexpr const char* kLeftOut = "(left out)";

// If a line has a word that is not in the vocabulary (messages.h), only its prefix is kept.
std::string kept_log_line(std::string_view line, Anonymiser& anonymiser);

}  // namespace verify::capture
