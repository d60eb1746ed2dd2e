// SPDX-License-Identifier: GPL-2.0-or-later
//
// Compares the parser with ACPICA's disassembler on the tables of real machines. This project may
// not publish the tables: VFIO_EARLY_FIRMWARE_TABLES names a directory of them (dmar-*.bin,
// ivrs-*.bin, from the public linuxhw/ACPI collection). IASL names a disassembler other than iasl.
// If something is missing, the tests say so and are skipped.
//
// Debian 12's iasl does not support DMAR type 5 and IVRS type 40h. Our output for these is in
// beyond_iasl.txt, which was checked against the specifications and a newer iasl (20260408).
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

#include "verify/report/firmware.h"

namespace verify::firmware {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> real_tables() {
  std::vector<fs::path> files;
  if (const char* directory = std::getenv("VFIO_EARLY_FIRMWARE_TABLES"))
    for (const auto& entry : fs::directory_iterator(directory))
      if (entry.path().extension() == ".bin") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

Table parsed(const fs::path& file) {
  TableFile read = read_table_file(file);
  return read.table ? std::move(*read.table) : Table{};
}

class RealTables : public testing::Test {
 protected:
  void SetUp() override {
    if (files.empty()) GTEST_SKIP() << "not run: VFIO_EARLY_FIRMWARE_TABLES names no tables";
  }
  const std::vector<fs::path> files = real_tables();
};

// What iasl says: its lines are "[040h 0064   1]    Device Scope Type : 01 [PCI Endpoint Device]".
struct Disassembly {
  std::map<size_t, uint64_t> numbers;  // the value at an offset
  std::set<size_t> starts;             // of structures, scopes and entries
  size_t end = SIZE_MAX;               // the offset at which iasl stopped
};

std::string iasl() {
  const char* chosen = std::getenv("IASL");
  return chosen ? chosen : "iasl";
}

Disassembly disassemble(const fs::path& file) {
  const std::string prefix = testing::TempDir() + "vfio-early-" + file.stem().string();
  const std::string command =
      iasl() + " -p " + prefix + " -d '" + file.string() + "' >/dev/null 2>&1";
  Disassembly seen;
  if (std::system(command.c_str()) != 0) return seen;
  std::ifstream lines(prefix + ".dsl");
  const std::regex form(R"(\[([0-9A-F]+)h \d+ +\w+\] +(.*?) : ([0-9A-F]+)((?:,[0-9A-F]+)*)(.*))");
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (!std::regex_match(line, match, form)) continue;
    const size_t offset = std::stoul(match[1], nullptr, 16);
    if (line.find("Unknown Subtable Type") != line.npos) seen.end = std::min(seen.end, offset);
    if (offset >= seen.end) continue;
    seen.numbers[offset] = std::stoull(match[3], nullptr, 16);
    if (match[4].length() > 1)  // a hop of a path: device, function
      seen.numbers[offset + 1] = std::stoull(match[4].str().substr(1), nullptr, 16);
    const std::string name = match[2];
    if (name.ends_with("Type") && offset >= 48 && name.find("Format") == name.npos)
      seen.starts.insert(offset);
  }
  fs::remove(prefix + ".dsl");
  return seen;
}

// All values that the parser read, by their offset.
using Numbers = std::map<size_t, uint64_t>;

void add_dmar(const Structure& structure, Numbers& ours) {
  const size_t at = structure.offset;
  ours[at + 2] = structure.length;
  if (structure.segment) ours[at + 6] = *structure.segment;
  if (structure.base) ours[at + 8] = *structure.base;
  if (structure.limit) ours[at + 16] = *structure.limit;
  if (structure.name == "DRHD" || structure.name == "ATSR" || structure.name == "SATC")
    ours[at + 4] = structure.raw_flags;
  if (structure.name == "RHSA") ours[at + 16] = structure.details[0].value;
  if (structure.name == "ANDD") ours[at + 7] = structure.details[0].value;
  for (const DeviceScope& scope : structure.scopes) {
    ours[scope.offset + 4] = *scope.id;
    ours[scope.offset + 5] = scope.path->root_bus;
    size_t hop_at = scope.offset + 6;
    for (const auto& hop : scope.path->hops) {
      ours[hop_at++] = hop.device;
      ours[hop_at++] = hop.function;
    }
  }
}

void add_ivrs(const Structure& structure, Numbers& ours) {
  const size_t at = structure.offset;
  ours[at + 1] = structure.raw_flags;
  ours[at + 2] = structure.length;
  if (structure.role == Structure::Role::kReserved) {
    ours[at + 16] = *structure.base;
    ours[at + 24] = *structure.limit - *structure.base + 1;
    ours[at + 4] = structure.scopes[0].devices->first;
    if (structure.name == "IVMD 22h") ours[at + 6] = structure.scopes[0].devices->second;
    return;
  }
  if (structure.role != Structure::Role::kUnit) return;
  ours[at + 4] = *structure.device;
  ours[at + 8] = *structure.base;
  ours[at + 16] = *structure.segment;
  constexpr std::pair<const char*, size_t> kDetails[] = {
      {"capability", 6}, {"info", 18}, {"features", 20}, {"attributes", 20}, {"efr", 24}};
  for (const Detail& detail : structure.details)
    for (const auto& [name, offset] : kDetails)
      if (detail.name == std::string_view(name)) ours[at + offset] = detail.value;
}

// The fields of an entry depend on its type, which iasl prints.
void add_ivrs_entry(const DeviceScope& scope, uint64_t type, Numbers& ours) {
  const size_t at = scope.offset;
  ours[at + 3] = scope.settings;
  if (type == 0x48) {
    ours[at + 4] = *scope.id;
    ours[at + 5] = scope.devices->first;
    ours[at + 7] = std::string_view(scope.kind) == "IOAPIC" ? 1 : 2;
    return;
  }
  if (type != 1) ours[at + 1] = scope.devices->first;
  if (scope.alias) ours[at + 5] = *scope.alias;
  const size_t size = type >= 0x40 ? 8 : 4;
  if (std::string_view(scope.kind) == "range") ours[at + size + 1] = scope.devices->second;
}

// True for padding and for the end of a range, which have no scope of their own.
bool has_no_scope(uint64_t type) {
  return type == 0x00 || type == 0x04 || type == 0x40;
}

void compare(const Table& table, const Disassembly& theirs) {
  Numbers ours;
  std::set<size_t> starts;
  for (const Structure& structure : table.structures) {
    if (structure.offset >= theirs.end || structure.name.starts_with("type ")) continue;
    starts.insert(structure.offset);
    const bool dmar = table.signature == "DMAR";
    dmar ? add_dmar(structure, ours) : add_ivrs(structure, ours);
    for (const DeviceScope& scope : structure.scopes) {
      if (structure.role == Structure::Role::kReserved && !dmar) continue;
      starts.insert(scope.offset);
      const auto type = theirs.numbers.find(scope.offset);
      if (!dmar && type != theirs.numbers.end()) add_ivrs_entry(scope, type->second, ours);
    }
  }
  for (const size_t start : theirs.starts) {
    if (table.signature == "IVRS" && has_no_scope(theirs.numbers.at(start))) continue;
    EXPECT_TRUE(starts.contains(start)) << "not seen: what starts at " << start;
  }
  for (const size_t start : starts)
    EXPECT_TRUE(theirs.starts.contains(start)) << "seen by us alone: what starts at " << start;
  for (const auto& [offset, value] : ours) {
    const auto found = theirs.numbers.find(offset);
    const bool shown = found != theirs.numbers.end();
    EXPECT_EQ(shown ? std::to_string(found->second) : "nothing", std::to_string(value))
        << "at " << offset;
  }
}

TEST_F(RealTables, HaveNoFaults) {
  for (const fs::path& file : files) {
    SCOPED_TRACE(file);
    EXPECT_EQ(error_lines(read_table_file(file)), "");
    EXPECT_FALSE(parsed(file).structures.empty());
  }
}

TEST_F(RealTables, AgreeWithIasl) {
  if (std::system((iasl() + " -v >/dev/null 2>&1").c_str()) != 0)
    GTEST_SKIP() << "not run: iasl is not installed. Remedy: install acpica-tools";
  size_t structures = 0, beyond = 0;
  for (const fs::path& file : files) {
    SCOPED_TRACE(file);
    const Disassembly theirs = disassemble(file);
    ASSERT_FALSE(theirs.numbers.empty());
    const Table table = parsed(file);
    compare(table, theirs);
    for (const Structure& structure : table.structures)
      ++(structure.offset < theirs.end && !structure.name.starts_with("type ") ? structures
                                                                               : beyond);
  }
  std::printf("measured: %zu tables: %zu structures agree, %zu are beyond this iasl\n",
              files.size(), structures, beyond);
}

// "FILE" on a line of its own, then its structures as `vfio-verify firmware` shows them.
TEST_F(RealTables, MatchTheSpecificationBeyondIasl) {
  std::ifstream lines(VFIO_EARLY_BEYOND_IASL);
  std::string shown;
  size_t structures = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.starts_with("#")) continue;
    if (!line.starts_with(" ")) {
      shown.clear();
      const fs::path file = files.front().parent_path() / line;
      ASSERT_TRUE(fs::exists(file)) << file;
      for (const Structure& structure : parsed(file).structures) shown += structure_text(structure);
      continue;
    }
    EXPECT_NE(("\n" + shown).find("\n" + line + "\n"), std::string::npos) << line << "\nnot in\n"
                                                                          << shown;
    structures += line.starts_with("  0x");
  }
  EXPECT_GT(structures, 0u);
}

}  // namespace
}  // namespace verify::firmware
