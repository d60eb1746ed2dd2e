// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include "host/text.h"
#include "verify/report/firmware.h"

namespace verify::firmware {
namespace {

std::string words_of(const std::vector<Flag>& flags) {
  std::vector<std::string> words;
  for (const Flag& flag : flags) words.emplace_back(flag.words);
  return host::join(words, ", ");
}

std::string detail_text(const Detail& detail) {
  std::string name = detail.name;
  for (char& c : name)
    if (c == '_') c = ' ';
  return name +
         (detail.hex ? fmt::format(" {:#x}", detail.value) : fmt::format(" {}", detail.value));
}

std::string devices_text(const DeviceScope& scope) {
  if (scope.path) return scope.path->str();
  if (!scope.devices) return "";
  const auto [first, last] = *scope.devices;
  std::string text = requester_str(scope.segment, first);
  if (last != first) text += " to " + requester_str(scope.segment, last);
  if (scope.alias) text += ", seen as " + requester_str(scope.segment, *scope.alias);
  return text;
}

std::string scope_text(const DeviceScope& scope) {
  const bool numbered = scope.id && std::string_view(scope.kind) != "endpoint" &&
                        std::string_view(scope.kind) != "bridge";
  const std::string kind = numbered ? fmt::format("{} {}", scope.kind, *scope.id) : scope.kind;
  std::vector<std::string> words;
  for (const std::string& word : {devices_text(scope), scope.name})
    if (!word.empty()) words.push_back(word);
  return fmt::format("            {:<11} {}\n", kind, host::join(words, " "));
}

// "unit at 0xfed90000", "reserves 0x7c000000 to 0x7dffffff".
std::string location_text(const Structure& structure) {
  std::string text = structure.text;
  if (structure.role == Structure::Role::kUnit) text = "unit";
  if (structure.base && structure.limit)
    return fmt::format("reserves {:#x} to {:#x}", *structure.base, *structure.limit);
  if (structure.base) text += fmt::format("{}at {:#x}", text.empty() ? "" : " ", *structure.base);
  if (structure.device)
    text += ", the function " + requester_str(structure.segment.value_or(0), *structure.device);
  return text;
}

}  // namespace

std::string structure_text(const Structure& structure) {
  std::vector<std::string> words;
  if (const std::string location_words = location_text(structure); !location_words.empty())
    words.push_back(location_words);
  if (structure.segment) words.push_back("segment " + host::hex(*structure.segment, 4));
  for (const Detail& detail : structure.details) words.push_back(detail_text(detail));
  if (!structure.flags.empty()) words.push_back(words_of(structure.flags));
  std::string text = fmt::format("  {:#06x}  {:<9} {}\n", structure.offset, structure.name,
                                 host::join(words, "; "));
  for (const DeviceScope& scope : structure.scopes) text += scope_text(scope);
  return text;
}

std::string table_text(const TableFile& file) {
  if (!file.table) return {};
  const Table& table = *file.table;
  std::string text = fmt::format("{} of {} ({} bytes, revision {}): {}\n", table.signature,
                                 table.oem, table.length, table.revision, file.file);
  text += "  " + (table.flags.empty() ? "no flags" : words_of(table.flags));
  for (const Detail& detail : table.details) text += "; " + detail_text(detail);
  text += "\n";
  for (const Structure& structure : table.structures) text += structure_text(structure);
  return text;
}

}  // namespace verify::firmware
