// SPDX-License-Identifier: GPL-2.0-or-later
//
// The machine's own firmware tables and what they say of a device. The kernel shows them to root
// alone; that there are some is seen by all.
#pragma once

#include <string>
#include <vector>

#include "host/pci_function.h"
#include "host/result.h"
#include "host/root.h"
#include "host/text.h"
#include "verify/firmware/table.h"

namespace verify::firmware {

struct TableFile {
  std::string file;
  host::Result<Table> table;  // an error: the file could not be read

  std::string name() const { return std::string(host::file_name(file)); }  // "DMAR"
};

// Where the kernel shows them, below each one's signature.
inline constexpr const char* kDirectory = "/sys/firmware/acpi/tables/";

// Those of DMAR, IVRS and VIOT that are there.
std::vector<TableFile> read_tables(const host::Root& root);
// A file anywhere on this machine.
TableFile read_table_file(const std::string& file);

// Is `function` (with its path) one of the devices that `scope` names, or below one?
bool covers(const DeviceScope& scope, const host::PciFunction& function);

// The memory that the firmware keeps for `function`: RMRR and IVMD structures.
std::vector<const Structure*> reserved_for(const Table& table, const host::PciFunction& function);

}  // namespace verify::firmware
