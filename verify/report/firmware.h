// SPDX-License-Identifier: GPL-2.0-or-later
//
// `vfio-verify firmware`: prints the tables as text or JSON.
#pragma once

#include <string>
#include <vector>

#include "host/root.h"
#include "verify/inspect/firmware/tables.h"

namespace verify::firmware {

std::string structure_text(const Structure& structure);
std::string table_text(const TableFile& table);
// One JSON object.
std::string table_json(const TableFile& table);

// The errors in a file: a line for each, with file, offset and structure.
std::string error_lines(const TableFile& table);

// Prints `files`, or the tables of `root` if `files` is empty. Returns the exit code: 1 if a table
// is malformed, otherwise 2 if one could not be read.
int show(const host::Root& root, const std::vector<std::string>& files, bool json);

}  // namespace verify::firmware
