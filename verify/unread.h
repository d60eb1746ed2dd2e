// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the checks of a card's hardware have in common: what they say where there was nothing to
// read, and how to see more.
#pragma once

#include <optional>
#include <string>

#include "verify/finding.h"
#include "verify/inspection.h"

namespace verify {

// Where the function's capabilities could not be read; nothing: they could.
std::optional<Finding> unread(const ConfiguredFunction& function);
Finding unread(const ConfiguredFunction& function, const host::Error& error);

// How a sleeping function is looked at.
std::string keep_awake(const std::string& address);

}  // namespace verify
