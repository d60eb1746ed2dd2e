// SPDX-License-Identifier: GPL-2.0-or-later
//
// Several paths of one file: /boot and /efi may be the same partition, or one may be a link to the
// other.
#pragma once

#include <string>
#include <vector>

#include "host/root.h"

namespace verify {

// Keeps the first path of each file or directory, and all paths that do not exist.
void drop_duplicates(const host::Root& root, std::vector<std::string>& paths);

bool is_same_file_as_one_of(const host::Root& root, const std::string& path,
                            const std::vector<std::string>& others);

}  // namespace verify
