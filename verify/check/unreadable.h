// SPDX-License-Identifier: GPL-2.0-or-later
//
// Common findings and remedies of the checks of a card's hardware, if its registers could not be
// read.
#pragma once

#include <optional>
#include <string>

#include "verify/check/finding.h"
#include "verify/check/inspection.h"

namespace verify {

// The finding if the function's capabilities could not be read; nullopt: they were read.
std::optional<Finding> unread(const ConfiguredFunction& function);
Finding unread(const ConfiguredFunction& function, const host::Error& error);

// The remedy for a sleeping function: keep it awake while vfio-verify reads it.
Remedy keep_awake(const std::string& address);

// The remedy for a function that did not wake: keep it powered from the next boot on.
Remedy keep_powered(const Inspection& inspection, const ConfiguredFunction& function);

}  // namespace verify
