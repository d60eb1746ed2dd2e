// SPDX-License-Identifier: GPL-2.0-or-later
//
// The parts of vfio-early's configuration and record that a capture keeps: no names and texts that
// the user chose. Line numbers stay, and a line with an error keeps the same error.
#pragma once

#include <string>
#include <string_view>

#include "verify/capture/anonymiser.h"

namespace verify::capture {

// Comments become empty lines. Keys and values that vfio-early.conf(5) documents are kept, and
// names of sections that consist of known words.
std::string kept_configuration(std::string_view text, Anonymiser& anonymiser);

// /proc/sys/kernel/random/boot_id: always replaced, as a UUID.
std::string kept_boot_id(std::string_view text, Anonymiser& anonymiser);

// Hides the words that kept_configuration() does not keep.
void learn_configuration(std::string_view text, Anonymiser& anonymiser);

// `hash` replaces the configuration's hash in the record. An invalid record stays invalid.
std::string kept_record(const std::string& text, const std::string& hash, Anonymiser& anonymiser);

}  // namespace verify::capture
