// SPDX-License-Identifier: GPL-2.0-or-later
//
// The machine's firmware tables, and their structures for a device. Only root can read the tables;
// every user can see which ones exist.
#pragma once

#include <string>
#include <vector>

#include "host/pci_function.h"
#include "host/result.h"
#include "host/root.h"
#include "host/text.h"
#include "verify/inspect/firmware/table.h"

namespace verify::firmware {

struct TableFile {
  std::string file;
  host::Result<Table> table;  // an error: the file could not be read

  std::string name() const { return std::string(host::file_name(file)); }  // "DMAR"
};

// The kernel's directory of the tables. A file has the signature of its table as its name.
inline constexpr const char* kDirectory = "/sys/firmware/acpi/tables/";

// The tables DMAR, IVRS and VIOT, if they exist.
std::vector<TableFile> read_tables(const host::Root& root);
// Reads a table from a file or pipe that the user names.
TableFile read_table_file(const std::string& file);

// Is `function` (with its path) one of the devices that `scope` names, or below one?
bool covers(const DeviceScope& scope, const host::PciFunction& function);

// The memory that the firmware reserves for `function`: RMRR and IVMD structures.
std::vector<const Structure*> reserved_for(const Table& table, const host::PciFunction& function);

}  // namespace verify::firmware
