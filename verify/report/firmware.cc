// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/report/firmware.h"

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>

#include "verify/output/exit_codes.h"
#include "verify/output/show.h"

namespace verify::firmware {
namespace {

// Flushes, so that the output on both streams stays in order.
bool print(FILE* stream, const std::string& text) {
  verify::show(stream, text);
  return std::fflush(stream) != EOF;
}

int exit_code_of(const TableFile& file) {
  if (!file.table) return kExitUnknown;
  return file.table->faults.empty() ? kExitPass : kExitFail;
}

// Fail has priority over unknown, as for findings.
int worse(int one, int other) {
  if (one == kExitFail || other == kExitFail) return kExitFail;
  return std::max(one, other);
}

}  // namespace

std::string error_lines(const TableFile& file) {
  if (!file.table)
    return fmt::format("vfio-verify: {}{}\n", host::describe(file.table.error()),
                       file.table.error().code == EACCES ? "; run vfio-verify as root" : "");
  std::string text;
  for (const Fault& fault : file.table->faults)
    text += fmt::format("vfio-verify: {}: offset {:#x}, {}: {}\n", file.file, fault.offset,
                        fault.structure, fault.what);
  return text;
}

int show(const host::Root& root, const std::vector<std::string>& files, bool json) {
  std::vector<TableFile> tables;
  for (const std::string& file : files) tables.push_back(read_table_file(file));
  if (files.empty()) tables = read_tables(root);
  if (tables.empty())
    print(
        stderr,
        "vfio-verify: the firmware does not describe an IOMMU: no DMAR, IVRS or VIOT found in /sys/firmware/acpi/tables\n");
  int code = kExitPass;
  for (const TableFile& table : tables) {
    if (!print(stdout, json ? table_json(table) : table_text(table))) return kExitUnknown;
    print(stderr, error_lines(table));
    code = worse(code, exit_code_of(table));
  }
  return code;
}

}  // namespace verify::firmware
