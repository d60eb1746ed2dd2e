// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/labelled_slot.h"

#include <cerrno>

#include "tests/unit/plan/plan_fixture.h"
#include "tests/unit/smbios.h"

namespace plan {
namespace {

// The firmware names the port of one slot, and the device in another.
class LabelledSlotTest : public PlanTest {
 protected:
  LabelledSlotTest() {
    tree_.below("pci0000:00", "0000:00:01.0");
    for (const char* function : {"0000:01:00.0", "0000:01:00.1"})
      tree_.below("pci0000:00/0000:00:01.0", function);
    tree_.file("/sys/firmware/dmi/tables/DMI",
               smbios::slot("PCIEX16_1", "0000:00:01.0") +
                   smbios::slot("PCIEX16_2", "0000:02:00.0") + smbios::slot("PCIEX1_1", "") +
                   smbios::slot("TWICE", "0000:01:00.0") + smbios::slot("TWICE", "0000:02:00.0"));
    tree_.file("/sys/bus/pci/slots/7/address", "0000:02:00\n");
    tree_.file("/sys/bus/pci/slots/PCIEX16_1/address", "0000:01:00\n");  // the same slot
  }
};

TEST_F(LabelledSlotTest, LabelSelectsTheCardInTheSlot) {
  EXPECT_EQ(claimed(plan("[a]\nslot = PCIEX16_1\n")), "0000:01:00.0 0000:01:00.1 ");
  EXPECT_EQ(claimed(plan("[a]\nslot = \"pciex16_2\"\n")), "0000:02:00.0 0000:02:00.1 ");
  EXPECT_EQ(claimed(plan("[a]\nslot = 7\nfunctions = 0\n")), "0000:02:00.0 ");
}

TEST_F(LabelledSlotTest, UnknownLabelListsTheSlots) {
  const Plan refused = plan("[a]\nslot = PCIEX16_3\n");
  expect_refused(refused,
                 "no slot 'PCIEX16_3' found; the slots of this machine are: PCIEX16_1 "
                 "(0000:00:01.0), PCIEX16_2 (0000:02:00.0), PCIEX1_1, TWICE");
  EXPECT_NE(refused.refusals[0].why.find("and 1 more"), std::string::npos);
  EXPECT_TRUE(refused.refusals[0].remedy.starts_with("correct 'slot'"));
}

TEST_F(LabelledSlotTest, AmbiguousLabelIsRefused) {
  expect_refused(plan("[a]\nslot = twice\n"),
                 "more than one slot is called 'twice': 0000:01:00.0, 0000:02:00.0");
  expect_refused(plan("[a]\nslot = PCIEX1_1\n"),
                 "the firmware does not name the PCI address of slot 'PCIEX1_1'");
}

// A different card in the slot, a disk, or nothing.
TEST_F(LabelledSlotTest, OtherDeviceInSlotIsRefused) {
  expect_refused(plan("[a]\nslot = PCIEX16_2\nidentity = 1002:164e\n"), "identity mismatch");
  tree_.file("/sys/firmware/dmi/tables/DMI",
             smbios::slot("M2_1", "0000:03:00.0") + smbios::slot("EMPTY", "0000:09:00.0"));
  expect_refused(plan("[a]\nslot = M2_1\n"), "not part of a graphics card");
  expect_refused(plan("[a]\nslot = M2_1\nfunctions = all\n"), "storage or network");
  expect_refused(plan("[a]\nslot = EMPTY\n"), "no PCI function in slot 'EMPTY' (0000:09:00.0)");
}

TEST_F(LabelledSlotTest, UnreadableTableIsNamed) {
  std::filesystem::remove(tree_.directory() / "sys/firmware/dmi/tables/DMI");
  std::filesystem::create_directories(tree_.directory() / "sys/firmware/dmi/tables/DMI");
  const Plan refused = plan("[a]\nslot = PCIEX16_2\n");
  expect_refused(refused, "no slot 'PCIEX16_2' found: read /sys/firmware/dmi/tables/DMI");
  EXPECT_TRUE(refused.refusals[0].remedy.starts_with("select the card by")) << "a directory";
  EXPECT_EQ(claimed(plan("[a]\nslot = PCIEX16_1\n")), "0000:01:00.0 0000:01:00.1 ");
}

// Only a table that root could read is a reason to run as root.
TEST_F(LabelledSlotTest, RemedyForUnreadableTableDependsOnReason) {
  const std::string table = "/sys/firmware/dmi/tables/DMI";
  tree_.file(table, std::string((1 << 20) + 1, 'x'));
  const Plan large = plan("[a]\nslot = PCIEX16_2\n");
  expect_refused(large,
                 "no slot 'PCIEX16_2' found: read /sys/firmware/dmi/tables/DMI: File too large");
  EXPECT_EQ(large.refusals[0].remedy, "select the card by 'address', 'path' or 'serial'");
  host::Machine machine = tree_.machine();
  machine.physical_slots =
      host::PhysicalSlots{.all = {}, .unreadable = host::Error{EACCES, "read " + table}};
  config::Configuration configuration;
  config::parse_configuration("[a]\nslot = PCIEX16_2\n", "/etc/vfio-early.conf", configuration);
  const Plan denied = make_plan(configuration, machine);
  ASSERT_EQ(denied.refusals.size(), 1u);
  EXPECT_EQ(denied.refusals[0].remedy, "run as root, or select the card by 'address'");
}

}  // namespace
}  // namespace plan
