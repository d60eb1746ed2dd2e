// SPDX-License-Identifier: GPL-2.0-or-later
//
// How a command answers: what it prints, and where its report goes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "host/result.h"
#include "verify/options.h"
#include "verify/output/wrapped.h"
#include "verify/report/report.h"

namespace verify {

// Both print to standard output and standard error, and return `exit_code`. main() reports write
// errors.
int print(const std::string& text, int exit_code);
int print_error(const std::string& sentence, int exit_code);

// Prints an error, with a hint if a permission or a file below --root is missing.
int print_host_error(const host::Error& error, const Options& options);

// An error message if `file`, which the user names, cannot be written; "": it can. A command asks
// before its work, which may take seconds. Directories are not created, because the path may have a
// typo.
std::string unusable_file(const std::string& file);

// Where the report goes, and what can be shown there.
struct Output {
  bool terminal = false, colour = false, symbols = false;
  size_t width = kWidth;
};

Output output_of(const Options& options);

// An error message if the report cannot go where the options say; "": it can.
std::string unusable_output(const Options& options);

// When the labels of a feature file expire, in seconds since 1970; nullopt: never.
std::optional<int64_t> expiry_of(const Options& options);

// To the file of --output, or to standard output. Only its owner can read the file, except for the
// formats that other programs publish. If the report
// could not be written, the exit status is never "pass".
int write_report(const std::string& text, int exit_code, const Options& options);

// `name`: one that --format takes.
const Format& format_named(const std::string& name);

}  // namespace verify
