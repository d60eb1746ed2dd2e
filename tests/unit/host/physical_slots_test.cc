// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/physical_slots.h"

#include "tests/unit/fake_tree.h"
#include "tests/unit/smbios.h"

namespace host {
namespace {

std::string text_of(const std::vector<PhysicalSlot>& slots) {
  std::string text;
  for (const PhysicalSlot& slot : slots)
    text += slot.label + "=" + (slot.address ? slot.address->str() : "-") + " ";
  return text;
}

TEST(PhysicalSlots, FirmwareNamesThem) {
  const std::string board = smbios::structure(2, std::string(11, '\1'), {"ACME", "PCIEX16_9"});
  const std::string old = smbios::structure(9, std::string(9, '\1'), {"ISA1"});  // SMBIOS 2.0
  EXPECT_EQ(text_of(slots_in_smbios(board + smbios::slot(" PCIEX16_1 ", "0000:00:01.2") + old +
                                    smbios::slot("M.2_1", "") + smbios::slot("", "0000:03:00.0") +
                                    smbios::end() + smbios::slot("AFTER", "0000:04:00.0"))),
            "PCIEX16_1=0000:00:01.2 ISA1=- M.2_1=- ");
  EXPECT_EQ(text_of(slots_in_smbios(smbios::slot("a\nb", "10000:e1:00.0"))), "a?b=0000:e1:00.0 ");
}

TEST(PhysicalSlots, DamagedTableEnds) {
  const std::string table = smbios::slot("SLOT1", "0000:01:00.0") + smbios::slot("SLOT2", "");
  EXPECT_EQ(text_of(slots_in_smbios(table)), "SLOT1=0000:01:00.0 SLOT2=- ");
  for (size_t size = 0; size < table.size(); ++size)
    EXPECT_LE(slots_in_smbios(table.substr(0, size)).size(), 1u) << size;
  EXPECT_TRUE(slots_in_smbios(std::string(100, '\0')).empty());
  EXPECT_TRUE(slots_in_smbios(std::string(100, '\xff')).empty());
}

TEST(PhysicalSlots, KernelNamesHotPlugSlots) {
  FakeTree tree;
  EXPECT_TRUE(read_physical_slots(tree.root()).all.empty());
  tree.file("/sys/firmware/dmi/tables/DMI", smbios::slot("SLOT1", "0000:01:00.0"))
      .file("/sys/bus/pci/slots/4/address", "0000:02:00\n")
      .file("/sys/bus/pci/slots/5/address", "0000:03\n");
  const PhysicalSlots slots = read_physical_slots(tree.root());
  EXPECT_EQ(text_of(slots.all), "SLOT1=0000:01:00.0 4=0000:02:00.0 5=0000:03:00.0 ");
  EXPECT_FALSE(slots.unreadable);
  EXPECT_TRUE(slots.all[0].is_called("slot1 "));
  EXPECT_FALSE(slots.all[0].is_called("slot"));
}

TEST(PhysicalSlots, UnreadableTableIsNamed) {
  FakeTree tree;
  std::filesystem::create_directories(tree.directory() / "sys/firmware/dmi/tables/DMI");
  tree.file("/sys/bus/pci/slots/4/address", "0000:02:00\n");
  const PhysicalSlots slots = read_physical_slots(tree.root());
  ASSERT_TRUE(slots.unreadable);
  EXPECT_EQ(text_of(slots.all), "4=0000:02:00.0 ");
}

}  // namespace
}  // namespace host
