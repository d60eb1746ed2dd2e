// SPDX-License-Identifier: GPL-2.0-or-later
//
// Files that the user names. Their paths are relative to the current directory and never looked up
// in --root.
#pragma once

#include <string>

#include "host/result.h"

namespace host {

Result<std::string> read_user_file(const std::string& file, size_t limit);

// As read_user_file(), but also from a pipe: /dev/stdin, <(command). ETIMEDOUT: the pipe
// has not ended after ten seconds.
Result<std::string> read_user_file_or_pipe(const std::string& file, size_t limit);

// As Root::replace(). Fails if `file` exists and is not a regular file, or a link to one.
Result<void> replace_user_file(const std::string& file, const std::string& text, unsigned mode);

}  // namespace host
