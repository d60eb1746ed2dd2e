// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "verify/report/firmware.h"

namespace verify::firmware {
namespace {

using nlohmann::ordered_json;

// Addresses are strings: not every JSON reader keeps a number of 64 bits exactly.
ordered_json hex(uint64_t value) {
  return fmt::format("{:#x}", value);
}

ordered_json flags_json(const std::vector<Flag>& flags) {
  ordered_json names = ordered_json::array();
  for (const Flag& flag : flags) names.push_back(flag.name);
  return names;
}

void add_details(ordered_json& json, const std::vector<Detail>& details) {
  for (const Detail& detail : details)
    json[detail.name] = detail.hex ? hex(detail.value) : ordered_json(detail.value);
}

ordered_json scope_json(const DeviceScope& scope) {
  ordered_json json = {{"kind", scope.kind}};
  if (scope.path) json["path"] = scope.path->str();
  if (scope.devices) {
    json["first"] = requester_str(scope.segment, scope.devices->first);
    json["last"] = requester_str(scope.segment, scope.devices->second);
  }
  if (scope.alias) json["alias"] = requester_str(scope.segment, *scope.alias);
  if (scope.id) json["id"] = *scope.id;
  if (!scope.name.empty()) json["name"] = scope.name;
  json["settings"] = hex(scope.settings);
  return json;
}

ordered_json structure_json(const Structure& structure) {
  ordered_json json = {{"structure", structure.name}, {"offset", hex(structure.offset)}};
  if (structure.segment) json["segment"] = *structure.segment;
  if (structure.base) json["base"] = hex(*structure.base);
  if (structure.limit) json["limit"] = hex(*structure.limit);
  if (structure.device)
    json["device"] = requester_str(structure.segment.value_or(0), *structure.device);
  if (!structure.text.empty()) json["object"] = structure.text;
  json["flags"] = flags_json(structure.flags);
  add_details(json, structure.details);
  json["scopes"] = ordered_json::array();
  for (const DeviceScope& scope : structure.scopes) json["scopes"].push_back(scope_json(scope));
  return json;
}

ordered_json structures_json(const Table& table, Structure::Role role) {
  ordered_json json = ordered_json::array();
  for (const Structure& structure : table.structures)
    if (structure.role == role) json.push_back(structure_json(structure));
  return json;
}

ordered_json faults_json(const Table& table) {
  ordered_json json = ordered_json::array();
  for (const Fault& fault : table.faults)
    json.push_back(
        {{"offset", hex(fault.offset)}, {"structure", fault.structure}, {"what", fault.what}});
  return json;
}

}  // namespace

std::string table_json(const TableFile& file) {
  if (!file.table) return {};
  const Table& table = *file.table;
  ordered_json json = {{"file", file.file},
                       {"signature", table.signature},
                       {"revision", table.revision},
                       {"oem", table.oem},
                       {"flags", flags_json(table.flags)}};
  add_details(json, table.details);
  json["units"] = structures_json(table, Structure::Role::kUnit);
  json["reserved"] = structures_json(table, Structure::Role::kReserved);
  json["others"] = structures_json(table, Structure::Role::kOther);
  json["errors"] = faults_json(table);
  // A file's name may contain bytes that are not UTF-8.
  return json.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace verify::firmware
