// SPDX-License-Identifier: GPL-2.0-or-later
//
// The parameters of a kernel command line that a capture keeps: a list of those that checks, or
// readers of a bug report, need. Other well-known parameters keep only their name ("root=value-1");
// all others become "parameter-1". Words after "--" are arguments of init, and are left out.
#pragma once

#include <string>
#include <string_view>

#include "verify/capture/anonymiser.h"

namespace verify::capture {

// The words of `line`, which is one or more lines without comments.
std::string kept_parameters(std::string_view line, Anonymiser& anonymiser);

// Hides the values that are not kept.
void learn_parameters(std::string_view line, Anonymiser& anonymiser);

// The value of a parameter or an option that is kept. Of its parts between commas, those that
// consist of known words, numbers, ids and addresses are kept; the others are replaced.
std::string kept_value(std::string_view value, Anonymiser& anonymiser);

// The valid parts of a value of vfio_early.claim= (config::parse_command_line()).
std::string kept_claim(std::string_view value, Anonymiser& anonymiser);

// Is `name`, with underscores, a module of VFIO, IOMMUFD or KVM, or pci_stub?
bool has_kept_options(std::string_view name);
// Is `name` an option of one of these modules: "ids", "nested"?
bool is_module_option(std::string_view name);

// Is `text` the name of a parameter that is kept, or a part of such a name?
bool is_parameter(std::string_view text);
bool is_within_parameter(std::string_view text);

}  // namespace verify::capture
