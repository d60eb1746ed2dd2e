// SPDX-License-Identifier: GPL-2.0-or-later
//
// What CLI11 knows about an option.
#pragma once

#include <CLI/CLI.hpp>

#include "completions/program.h"

namespace completions {

// From the name of its argument in the help, or from the set of its values.
Kind value_kind(const CLI::Option& option);

// Appends one for each name: "--quiet" and "-q".
void add_options(const CLI::Option& option, std::vector<Option>& all);

}  // namespace completions
