// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is kept of a kernel command line, by a list: parameters that checks or those who help read.
// Well-known others keep their name ("root=value-1"), all else is "parameter-1". What follows "--"
// is for init, and left out.
#pragma once

#include <string>
#include <string_view>

#include "verify/capture/anonymiser.h"

namespace verify::capture {

// The words of `line`, which is one or more lines without comments.
std::string kept_parameters(std::string_view line, Anonymiser& anonymiser);

// Hides the values that are not kept.
void learn_parameters(std::string_view line, Anonymiser& anonymiser);

// Of a value of vfio_early.claim= (plan::parse_command_line()) what is correct.
std::string kept_claim(std::string_view value, Anonymiser& anonymiser);

// Is `name` an option of a module of VFIO, IOMMUFD or KVM: "ids", "nested"?
bool is_module_option(std::string_view name);

// Is `text` a name that is kept, or a part of one?
bool is_parameter(std::string_view text);
bool is_within_parameter(std::string_view text);

}  // namespace verify::capture
