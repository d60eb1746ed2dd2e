// SPDX-License-Identifier: GPL-2.0-or-later
//
// `vfio-verify firmware`: the tables for people and for programs.
#pragma once

#include <string>
#include <vector>

#include "host/root.h"
#include "verify/firmware/tables.h"

namespace verify::firmware {

std::string structure_text(const Structure& structure);
std::string table_text(const TableFile& table);
// One object.
std::string table_json(const TableFile& table);

// What is wrong with a file: a line for each thing, with file, offset and structure.
std::string complaints(const TableFile& table);

// Prints `files`, or this machine's tables where there are none, and says how to exit: 1 if one is
// malformed, 2 if one could not be read.
int show(const host::Root& root, const std::vector<std::string>& files, bool json);

}  // namespace verify::firmware
