// SPDX-License-Identifier: GPL-2.0-or-later
//
// Adds kernel parameters to the text of a file from which kernel command lines are made. What the
// user wrote stays as it is. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace early::enable {

// Parameters are separated by spaces.

// Is `parameter` one of the words of a command line, or of a line of a shell file?
bool has_word(std::string_view line, std::string_view parameter);

// The line with the parameters at its end, but before "--": what follows is for init.
std::string add_to_line(std::string_view line, std::string_view parameters);

// Does the line of a shell file set the variable that `extension` extends?
bool sets_variable(std::string_view line, std::string_view extension);

// What a line of a shell file sets its variable to, without quotes; it may end within a quote.
std::string value_set_by(std::string_view line);

// The lines of a shell file that set the variable which `extension` extends, without comments.
// `extension`: GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX PARAMETERS"
std::vector<std::string_view> settings_in(std::string_view text, std::string_view extension);

// Adds the parameters to the value, if one line of the text sets the variable to a value in quotes.
// Otherwise appends `extension`. nullopt: the text ends within a line of the shell.
std::optional<std::string> extend_variable(std::string_view text, std::string_view extension,
                                           std::string_view parameters);

// Of a file with only parameters: adds them to its last line that is not a comment.
std::string extend_command_line(std::string_view text, std::string_view parameters);

// The parameters of a running kernel that every boot needs, as one line: without what the boot
// loader adds, and without the rescue switch vfio_early=off.
std::string permanent_parameters(std::string_view command_line);

}  // namespace early::enable
