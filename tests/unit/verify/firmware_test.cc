// SPDX-License-Identifier: GPL-2.0-or-later
//
// Tests the parser of DMAR, IVRS and VIOT on tables built from the specifications, intact and
// damaged.
#include "verify/report/firmware.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/unit/fake_tree.h"
#include "tests/unit/verify/firmware_samples.h"

namespace verify::firmware {
namespace {

bool has_text(const std::string& text, const std::string& words) {
  return text.find(words) != text.npos;
}

std::string text_of(const samples::Bytes& bytes) {
  return table_text({"the file", parse_table(bytes)});
}

nlohmann::json json_of(const samples::Bytes& bytes) {
  return nlohmann::json::parse(table_json({"the file", parse_table(bytes)}), nullptr, false);
}

std::string complaints_of(const samples::Bytes& bytes) {
  return error_lines({"the file", parse_table(bytes)});
}

samples::Bytes with_byte(samples::Bytes bytes, size_t at, uint8_t value) {
  bytes[9] = static_cast<uint8_t>(bytes[9] + bytes[at] - value);  // keeps the checksum right
  bytes[at] = value;
  return bytes;
}

host::PciFunction function(const std::string& address, const std::string& path) {
  return {.address = *host::PciAddress::parse(address), .path = host::PciPath::parse(path)};
}

TEST(Samples, HaveNoFaults) {
  for (const auto& bytes : {samples::dmar(), samples::ivrs(), samples::viot()})
    EXPECT_EQ(complaints_of(bytes), "") << text_of(bytes);
}

TEST(Dmar, ShowsEveryStructure) {
  EXPECT_EQ(text_of(samples::dmar()),
            "DMAR of VFIOET SAMPLE (204 bytes, revision 1): the file\n"
            "  interrupt remapping, x2APIC opt-out, DMA protection opt-in; host address width 39\n"
            "  0x0030  DRHD      unit at 0xfed91000; segment 0001; register pages 4; all devices "
            "that no other unit lists\n"
            "            IOAPIC 2    0001:f0/1f.0\n"
            "            HPET 1      0001:f0/0f.0\n"
            "  0x0050  RMRR      reserves 0x7c000000 to 0x7dffffff; segment 0000\n"
            "            endpoint    0000:00/1c.4/00.0/03.1\n"
            "            bridge      0000:00/01.0\n"
            "  0x007c  ATSR      segment 0000; all root ports\n"
            "  0x0084  RHSA      at 0xfed91000; proximity domain 1\n"
            "  0x0098  ANDD      \\_SB.I2C0; device number 1\n"
            "  0x00ac  SATC      segment 0000; needs its translation cache\n"
            "            endpoint    0000:00/02.0\n"
            "  0x00bc  SIDP      segment 0000\n"
            "            ACPI device 1 0000:00/15.0\n");
}

TEST(Dmar, JsonHasEveryStructure) {
  const auto json = json_of(samples::dmar());
  EXPECT_EQ(json["signature"], "DMAR");
  EXPECT_EQ(json["flags"].dump(),
            R"(["INTR_REMAP","X2APIC_OPT_OUT","DMA_CTRL_PLATFORM_OPT_IN_FLAG"])");
  ASSERT_EQ(json["units"].size(), 1u);
  EXPECT_EQ(json["units"][0]["segment"], 1);
  EXPECT_EQ(json["units"][0]["base"], "0xfed91000");
  EXPECT_EQ(json["units"][0]["scopes"][0]["kind"], "IOAPIC");
  ASSERT_EQ(json["reserved"].size(), 1u);
  EXPECT_EQ(json["reserved"][0]["base"], "0x7c000000");
  EXPECT_EQ(json["reserved"][0]["limit"], "0x7dffffff");
  EXPECT_EQ(json["reserved"][0]["scopes"][0]["path"], "0000:00/1c.4/00.0/03.1");
  EXPECT_EQ(json["others"].size(), 5u);
  EXPECT_EQ(json["errors"].size(), 0u);
}

TEST(Ivrs, ShowsEveryBlockAndEntry) {
  const std::string text = text_of(samples::ivrs());
  for (const char* line : {
           "extended features described here, DMA protection before the boot; physical address "
           "width 48; virtual address width 64\n",
           "0x0030  IVHD 10h  unit at 0xfdf00000, the function 0000:00:00.2; segment 0000",
           "remote IOTLBs, coherent table walks, page requests\n",
           "range       0000:00:01.0 to 0000:ff:1f.6\n",
           "range       0000:ff:00.0 to 0000:ff:1f.7, seen as 0000:00:14.5\n",
           "IOAPIC 33   0000:00:14.0\n",
           "IVHD 11h",
           "all         0000:00:00.0 to 0000:ff:1f.7\n",
           "device      0000:01:03.0\n",
           "device      0000:01:04.0, seen as 0000:01:05.0\n",
           "IVHD 40h  unit at 0xfdf00000, the function 0001:00:00.2; segment 0001; ",
           "device      0001:01:06.0\n",
           "ACPI device 0001:00:14.5 AMDI0020 \\_SB.F0\n",
           "IVMD 20h  reserves 0x1000 to 0x1fff; segment 0000; mapped one to one\n",
           "IVMD 21h  reserves 0x7c000000 to 0x7dffffff; segment 0000; not translated\n",
           "IVMD 22h  reserves 0x7000 to 0x7fff; segment 0000; mapped one to one, readable, "
           "writable\n",
           "range       0000:01:04.0 to 0000:01:04.7\n",
       })
    EXPECT_TRUE(has_text(text, line)) << line << "in\n" << text;
  EXPECT_EQ(json_of(samples::ivrs())["units"][1]["efr"], "0x206d73ef22254ade");
}

TEST(Viot, JsonHasNodesAndUnits) {
  const auto json = json_of(samples::viot());
  ASSERT_EQ(json["units"].size(), 2u);
  EXPECT_EQ(json["units"][0]["device"], "0000:00:02.0");
  EXPECT_EQ(json["units"][0]["scopes"][0]["last"], "0000:00:1f.7");
  EXPECT_EQ(json["units"][1]["base"], "0xfeb00000");
}

TEST(DamagedTable, FaultHasOffsetAndKeepsEarlierStructures) {
  // The RMRR's length exceeds the table.
  const auto bytes = with_byte(samples::dmar(), 0x52, 0xff);
  EXPECT_EQ(complaints_of(bytes),
            "vfio-verify: the file: offset 0x50, remapping structure: its length is 255, but only "
            "124 bytes are left\n");
  EXPECT_TRUE(has_text(text_of(bytes), "DRHD      unit at 0xfed91000"));
  EXPECT_EQ(json_of(bytes)["errors"][0]["offset"], "0x50");
}

TEST(DamagedTable, StructureAfterFaultIsRead) {
  const auto bytes = with_byte(samples::dmar(), 0x75, 7);  // length of the RMRR's second scope
  EXPECT_TRUE(has_text(complaints_of(bytes), "offset 0x74, device scope of RMRR: its length is 7"));
  EXPECT_TRUE(has_text(text_of(bytes), "ATSR"));
}

TEST(DamagedTable, EachFaultHasItsMessage) {
  struct Case {
    samples::Bytes bytes;
    const char* words;
  };
  samples::Bytes wrong_sum = samples::dmar();
  ++wrong_sum[9];
  samples::Bytes longer = samples::dmar();
  longer.push_back(0);
  const Case cases[] = {
      {{}, "offset 0x0, header: it needs 36 bytes, but has only 0"},
      {wrong_sum, "offset 0x9, header: the checksum is wrong"},
      {longer, "offset 0xcc, header: 1 bytes follow the end of the table"},
      {with_byte(samples::dmar(), 0, 'X'), "the signature is 'XMAR'"},
      {with_byte(samples::dmar(), 0x32, 3), "its length is 3, but the minimum is 4"},
      {with_byte(samples::dmar(), 0x63, 0x6f),
       "it ends at 0x6fffffff, before its start 0x7c000000"},
      {with_byte(samples::dmar(), 0x6e, 0x20), "has an invalid device or function number"},
  };
  for (const Case& c : cases)
    EXPECT_TRUE(has_text(complaints_of(c.bytes), c.words))
        << c.words << ": " << complaints_of(c.bytes);
}

TEST(DamagedTable, InvalidRangesAreReported) {
  const size_t start = 0x48, end = 0x4c;  // the first entries of the first IVHD
  EXPECT_TRUE(
      has_text(complaints_of(with_byte(samples::ivrs(), start, 2)),
               "offset 0x4c, device entry of IVHD 10h: it ends a range that no entry started"));
  EXPECT_TRUE(has_text(complaints_of(with_byte(samples::ivrs(), end, 2)),
                       "an entry of a different type is inside a range"));
  EXPECT_TRUE(
      has_text(complaints_of(with_byte(samples::ivrs(), end, 0xf1)), "its type 0xf1 is unknown"));
}

TEST(DamagedTable, AnyWrongByteGivesCompleteFaults) {
  for (const auto& whole : {samples::dmar(), samples::ivrs(), samples::viot()})
    for (size_t at = 0; at < whole.size(); ++at)
      for (const uint8_t value : {uint8_t{0}, uint8_t{0x7f}, uint8_t{0xff}})
        for (const Fault& fault : parse_table(with_byte(whole, at, value)).faults)
          EXPECT_FALSE(fault.structure.empty() || fault.what.empty() || fault.offset > whole.size())
              << at;
}

TEST(DamagedTable, EveryTruncationIsReported) {
  for (const auto& whole : {samples::dmar(), samples::ivrs(), samples::viot()})
    for (size_t size = 0; size < whole.size(); ++size)
      EXPECT_NE(
          complaints_of(samples::Bytes(whole.begin(), whole.begin() + static_cast<long>(size))),
          "");
}

TEST(Reserved, IsFoundByPathOrAddress) {
  const Table dmar = parse_table(samples::dmar());
  EXPECT_EQ(reserved_for(dmar, function("0000:05:03.1", "0000:00/1c.4/00.0/03.1")).size(), 1u);
  EXPECT_EQ(reserved_for(dmar, function("0000:01:00.0", "0000:00/01.0/00.0")).size(), 1u);
  EXPECT_EQ(reserved_for(dmar, function("0000:02:00.0", "0000:00/02.0/00.0")).size(), 0u);
  const Table ivrs = parse_table(samples::ivrs());
  EXPECT_EQ(reserved_for(ivrs, function("0000:01:03.0", "0000:00/01.0/03.0")).size(), 2u);
  EXPECT_EQ(reserved_for(ivrs, function("0000:01:04.3", "0000:00/01.0/04.3")).size(), 2u);
  EXPECT_EQ(reserved_for(ivrs, function("0000:02:00.0", "0000:00/02.0/00.0")).size(), 1u);
}

TEST(Tables, AreReadFromSysfs) {
  FakeTree tree;
  EXPECT_TRUE(read_tables(tree.root()).empty());
  const auto bytes = samples::dmar();
  tree.file("/sys/firmware/acpi/tables/DMAR", std::string(bytes.begin(), bytes.end()));
  const auto tables = read_tables(tree.root());
  ASSERT_EQ(tables.size(), 1u);
  EXPECT_TRUE(tables[0].table && tables[0].table->has("X2APIC_OPT_OUT"));
}

TEST(Tables, ReadErrorIsReported) {
  const TableFile file = read_table_file("/nowhere/DMAR");
  EXPECT_FALSE(file.table);
  EXPECT_EQ(error_lines(file), "vfio-verify: open /nowhere/DMAR: No such file or directory\n");
  EXPECT_EQ(error_lines({"DMAR", host::Error{EACCES, "open DMAR"}}),
            "vfio-verify: open DMAR: Permission denied; run vfio-verify as root\n");
}

}  // namespace
}  // namespace verify::firmware
