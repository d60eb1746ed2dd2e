// SPDX-License-Identifier: GPL-2.0-or-later
//
// vfio-early's own files without what their owner's words in them give away: its configuration and
// its record. Line numbers stay, and what is wrong with a line stays wrong in the same way.
#pragma once

#include <string>
#include <string_view>

#include "verify/capture/anonymiser.h"

namespace verify::capture {

// Comments become empty lines. Keys and values that vfio-early.conf(5) knows are kept, and names of
// sections that are made of known words.
std::string kept_configuration(std::string_view text, Anonymiser& anonymiser);

// Hides what that does not keep of it.
void learn_configuration(std::string_view text, Anonymiser& anonymiser);

// `hash` is written instead of that of the configuration. What is no record stays none.
std::string kept_record(const std::string& text, const std::string& hash, Anonymiser& anonymiser);

}  // namespace verify::capture
