// SPDX-License-Identifier: GPL-2.0-or-later
//
// Common findings and remedies if data could not be read, such as the registers of a card.
#pragma once

#include <optional>
#include <string>

#include "verify/check/finding.h"
#include "verify/check/inspection.h"

namespace verify {

// How to get the data that could not be read: as root. What a captured tree does not have is only
// on the machine itself.
Remedy read_as_root(const Facts& facts, const host::Error& error);
Remedy read_as_root(const Facts& facts);  // without an errno

// The finding if the function's capabilities could not be read; nullopt: they were read.
std::optional<Finding> unread(const Facts& facts, const ConfiguredFunction& function);
Finding unread(const Facts& facts, const ConfiguredFunction& function, const host::Error& error);

// The remedy for a sleeping function: keep it awake while vfio-verify reads it.
Remedy keep_awake(const std::string& address);

// The remedy for a function that did not wake: keep it powered from the next boot on.
Remedy keep_powered(const Inspection& inspection, const ConfiguredFunction& function);

}  // namespace verify
