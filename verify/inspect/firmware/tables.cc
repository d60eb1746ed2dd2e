// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/firmware/tables.h"

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "host/user_file.h"

namespace verify::firmware {
namespace {

constexpr size_t kMaxTable = 1 << 20;  // a large server's IVRS has some ten thousand bytes

Table parse(const std::string& bytes) {
  return parse_table({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
}

RequesterId requester_of(const host::PciAddress& address) {
  return static_cast<RequesterId>(address.slot.bus << 8 | address.slot.device << 3 |
                                  address.function);
}

}  // namespace

std::vector<TableFile> read_tables(const host::Root& root) {
  std::vector<TableFile> tables;
  for (const char* signature : kSignatures) {
    const std::string file = std::string(kDirectory) + signature;
    const auto bytes = root.read(file, kMaxTable);
    if (bytes)
      tables.push_back({file, parse(*bytes)});
    else if (bytes.error().code != ENOENT)
      tables.push_back({file, bytes.error()});
  }
  return tables;
}

TableFile read_table_file(const std::string& file) {
  const auto bytes = host::read_user_file_or_pipe(file, kMaxTable);
  if (!bytes) return {file, bytes.error()};
  return {file, parse(*bytes)};
}

bool covers(const DeviceScope& scope, const host::PciFunction& function) {
  const std::string_view kind = scope.kind;
  if (kind == "endpoint") return scope.path && function.path && *function.path == *scope.path;
  if (kind == "bridge")
    return scope.path && function.path && function.path->has_prefix(*scope.path);
  if (kind != "all" && kind != "device" && kind != "range") return false;
  const RequesterId id = requester_of(function.address);
  return scope.devices && scope.segment == function.address.slot.domain &&
         scope.devices->first <= id && id <= scope.devices->second;
}

std::vector<const Structure*> reserved_for(const Table& table, const host::PciFunction& function) {
  std::vector<const Structure*> found;
  for (const Structure& structure : table.structures)
    if (structure.role == Structure::Role::kReserved &&
        std::any_of(structure.scopes.begin(), structure.scopes.end(),
                    [&](const DeviceScope& scope) { return covers(scope, function); }))
      found.push_back(&structure);
  return found;
}

}  // namespace verify::firmware
