// SPDX-License-Identifier: GPL-2.0-or-later
//
// The output of list, setup, save and diff on fake machines.
#include "verify/commands.h"

#include <fstream>
#include <sstream>

#include <nlohmann/json.hpp>

#include "host/pci_serial.h"
#include "host/printable.h"
#include "tests/unit/fake_tree.h"
#include "tests/unit/verify/healthy.h"
#include "verify/after_update.h"
#include "verify/card_operands.h"
#include "verify/inspect_machine.h"
#include "verify/list.h"
#include "verify/output/colour.h"
#include "verify/output/show.h"
#include "verify/passport/passport.h"
#include "verify/setup/setup.h"

namespace verify {
namespace {

// A port with a card of two functions behind it, and two disks in one group.
class MachineTest : public testing::Test {
 protected:
  MachineTest() {
    tree_.iommu();
    tree_.function("0000:00:01.0", "8086:1901", "60400", "pcieport");
    tree_.below("pci0000:00", "0000:00:01.0");
    tree_.function("0000:01:00.0", "10DE:1B81", "30000", "vfio-pci");
    tree_.below("pci0000:00/0000:00:01.0", "0000:01:00.0");
    tree_.function("0000:01:00.1", "10DE:10F0", "40300", "vfio-pci");
    tree_.below("pci0000:00/0000:00:01.0", "0000:01:00.1");
    tree_.function("0000:00:17.0", "8086:A102", "10601", "ahci");
    tree_.below("pci0000:00", "0000:00:17.0");
    tree_.function("0000:00:1d.0", "144D:A808", "10802", "nvme");
    tree_.below("pci0000:00", "0000:00:1d.0");
    tree_.group(1, {"0000:00:01.0"});
    tree_.group(14, {"0000:01:00.0", "0000:01:00.1"});
    tree_.group(7, {"0000:00:17.0", "0000:00:1d.0"});
    tree_.file("/etc/vfio-early.conf", "[gaming]\naddress = 0000:01:00\n");
  }

  config::Configuration configuration() const {
    return config::read_configuration(tree_.root(), config::kConfigurationFile);
  }
  std::string listing(bool colour = false) const {
    return listing_text(*list_machine(tree_.root(), configuration()), colour);
  }
  std::string setup(const std::string& card) const {
    return setup_text(*inspect(tree_.root(), configuration(), {.cards = {card}, .live = false}),
                      configuration());
  }

  FakeTree tree_;
};

TEST_F(MachineTest, CardsAreTheSectionsAndTheSlotsOfGraphicsCards) {
  tree_.file("/etc/vfio-early.conf.d/second.conf", "[a 'b' $(c)]\naddress = 0000:02:00\n");
  const std::string text = card_operands(configuration(), tree_.machine());
  EXPECT_EQ(text.substr(0, text.rfind('\n', text.size() - 2) + 1),
            "a 'b' $(c)\t/etc/vfio-early.conf.d/second.conf:1\n"
            "gaming\t/etc/vfio-early.conf:1\n");
  EXPECT_NE(text.find("\n0000:01:00\t"), text.npos) << text;
  EXPECT_EQ(text.find("0000:00:17"), text.npos) << "a disk is not a graphics card: " << text;
}

// Each line is one operand: a name must not make a second one, or an option.
TEST_F(MachineTest, CardsLeaveOutNamesThatCannotBeTyped) {
  auto all = configuration();
  for (const char* name : {"--live", "a\nb", "a\tb", "a\033[1m", "a\xff", ""})
    all.sections[name] = "file\nsecond:1";
  EXPECT_EQ(card_operands(all, {}), "gaming\t/etc/vfio-early.conf:1\n");
  all.sections["good"] = "fi\tle\nsecond:1";
  EXPECT_EQ(card_operands(all, {}), "gaming\t/etc/vfio-early.conf:1\ngood\tfi?le\n");
}

TEST_F(MachineTest, ListIsATreeWithGroups) {
  const std::string text = listing();
  EXPECT_TRUE(has_text(text, "\n    1 0000:00:01.0   bridge  pcieport      8086:1901")) << text;
  EXPECT_TRUE(has_text(text, "\n   14   0000:01:00.0 VGA     vfio-pci      [gaming] 10de:1b81"))
      << text;
  EXPECT_LT(text.find("0000:00:01.0"), text.find("0000:01:00.0"));
  EXPECT_LT(text.find("0000:01:00.1"), text.find("0000:00:17.0")) << "below its port";
  EXPECT_TRUE(has_text(text, "\n   7! 0000:00:17.0")) << text;
  EXPECT_TRUE(has_text(text, "!: this group has functions of several slots")) << text;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80u) << line;
  EXPECT_TRUE(has_text(listing(true), "\033[1m"));
}

TEST_F(MachineTest, ListShowsModulesAndSubsystem) {
  tree_.file("/sys/bus/pci/devices/0000:01:00.0/uevent",
             "DRIVER=vfio-pci\nPCI_CLASS=30000\nPCI_ID=10DE:1B81\nPCI_SUBSYS_ID=1458:3733\n");
  tree_.file("/sys/bus/pci/devices/0000:01:00.0/modalias",
             "pci:v000010DEd00001B81sv00001458sd00003733bc03sc00i00\n");
  tree_.file("/sys/bus/pci/devices/0000:00:17.0/modalias",
             "pci:v00008086d0000A102sv00001AF4sd00001100bc01sc06i01\n");
  tree_.file("/proc/sys/kernel/osrelease", "6.12\n");
  tree_.file("/lib/modules/6.12/modules.alias",
             "alias pci:v00001002d*sv*sd*bc03sc*i* amdgpu\n"
             "alias pci:v000010DEd*sv*sd*bc03sc*i* nvidiafb\n"
             "alias pci:v000010DEd*sv*sd*bc03sc*i* nouveau\n"
             "alias pci:v*d*sv*sd*bc01sc06i01* ahci\n");
  const std::string text = listing();
  EXPECT_TRUE(has_text(text, "\n          modules nvidiafb nouveau, subsystem 1458:3733")) << text;
  EXPECT_FALSE(has_text(text, "modules ahci")) << "of cards alone: " << text;
  const auto json =
      nlohmann::json::parse(listing_json(*list_machine(tree_.root(), configuration())));
  EXPECT_EQ(json["functions"][1]["modules"].dump(), R"(["nvidiafb","nouveau"])");
  EXPECT_EQ(json["functions"][1]["subsystem"], "1458:3733");
  EXPECT_EQ(json["functions"][3]["modules"].dump(), R"(["ahci"])");
}

TEST_F(MachineTest, ListOfAGroupHasAllItsFunctions) {
  const Listing all = *list_machine(tree_.root(), configuration());
  const Listing group = only_group(all, 14);
  ASSERT_EQ(group.functions.size(), 2u);
  EXPECT_EQ(group.functions[0].depth, 0) << "nothing above it is listed";
  const std::string text = listing_text(group, false);
  EXPECT_TRUE(has_text(text, "\n   14 0000:01:00.0 VGA")) << text;
  EXPECT_TRUE(has_text(text, "\n   14 0000:01:00.1 ")) << text;
  for (const char* other : {"pcieport", "0000:00:17.0", "!: this group"})
    EXPECT_FALSE(has_text(text, other)) << text;
  EXPECT_TRUE(has_text(listing_text(only_group(all, 7), false), "!: this group"));
  const auto json = nlohmann::json::parse(listing_json(group));
  EXPECT_EQ(json["functions"].size(), 2u);
  EXPECT_TRUE(only_group(all, 99).functions.empty());
}

// The exit status of `list OPERAND`.
int list_group(const host::Root& root, const char* operand) {
  const char* const words[] = {"vfio-verify", "list", operand};
  const auto parsed = parse_options(commands(), 3, words);
  return parsed.options->command->run(root, *parsed.options);
}

TEST_F(MachineTest, ListAcceptsOnlyTheNumberOfAGroup) {
  EXPECT_EQ(list_group(tree_.root(), "14"), kExitPass);
  for (const char* wrong : {"99", "gaming", "0000:01:00.0", "14x", "", "99999999999"})
    EXPECT_EQ(list_group(tree_.root(), wrong), kExitUsage) << wrong;
}

TEST_F(MachineTest, ListOutputIsPrintable) {
  std::string name;
  for (int i = 0; i < 60; ++i) name += "\u00e9";
  tree_.file("/etc/vfio-early.conf", "[x" + name + "]\naddress = 0000:01:00\n");
  tree_.function("0000:05:00.0", "10DE:1B81", "30000", "evil\033[2J");
  const std::string text = listing();
  EXPECT_EQ(text.find('\033'), text.npos) << text;
  EXPECT_EQ(host::printable(text), text) << "a character was cut";
}

std::string show_output(std::string_view text) {
  char* out = nullptr;
  size_t size = 0;
  std::FILE* stream = ::open_memstream(&out, &size);
  show(stream, text);
  std::fclose(stream);
  const std::string all(out, size);
  std::free(out);
  return all;
}

// The text may come from os-release, from /proc/sys/kernel/osrelease of a capture, or from an
// argument.
TEST(Show, OnlyOurColourSequencesAreKept) {
  for (const char* evil : {"\033[2J", "\033]0;title\007", "\033[8m", "\033c",
                           "\x9b"
                           "2J",
                           "\u009b2J", "\u0085", "\u2028", "\u202e", "\u2066", "\u200f", "\ufeff",
                           "\xef\xbf\xbf", "\x7f", "\r", "\b"}) {
    const std::string all = show_output(std::string("a") + evil + "z");
    EXPECT_EQ(all.find_first_of("\033\x7f\r\b\007"), all.npos) << all;
    EXPECT_EQ(all, host::printable(all));
    EXPECT_TRUE(all.starts_with("a?") || all.starts_with("a\ufffd")) << all;
    EXPECT_TRUE(all.ends_with("z"));
  }
  const std::string ours = styled(Style::kRed, "FAIL") + " \u00e9\u4e2d\U0001f600\n";
  EXPECT_EQ(show_output(ours), ours);
}

TEST_F(MachineTest, ListReportsMissingIommu) {
  std::filesystem::remove_all(tree_.directory() / "sys/class/iommu");
  EXPECT_TRUE(has_text(listing(), "No IOMMU is active"));
  const auto json =
      nlohmann::json::parse(listing_json(*list_machine(tree_.root(), configuration())));
  EXPECT_EQ(json["iommu"], false);
  EXPECT_EQ(json["functions"].size(), 5u);
  EXPECT_EQ(json["functions"][1]["card"], "gaming");
}

TEST_F(MachineTest, ListShowsVirtualFunctionsAndMdev) {
  const std::string disk = "/sys/bus/pci/devices/0000:00:1d.0";
  tree_.file(disk + "/sriov_totalvfs", "7\n").file(disk + "/sriov_numvfs", "2\n");
  tree_.function("0000:00:1d.1", "144D:A808", "10802", "vfio-pci");
  tree_.link("/sys/bus/pci/devices/0000:00:1d.1/physfn", "../0000:00:1d.0");
  tree_.file("/sys/bus/pci/devices/0000:01:00.0/mdev_supported_types/nvidia-35/name", "GRID\n");
  const std::string text = listing();
  EXPECT_TRUE(has_text(text, " 2 of 7 VFs, 144d:a808")) << text;
  EXPECT_TRUE(has_text(text, " VF of 0000:00:1d.0, 144d:a808")) << text;
  EXPECT_TRUE(has_text(text, " [gaming] mdev, 10de:1b81")) << text;
  EXPECT_FALSE(has_text(text, "VFs, 8086:a102")) << text;
  const auto json =
      nlohmann::json::parse(listing_json(*list_machine(tree_.root(), configuration())));
  EXPECT_EQ(json["functions"][2]["mdev_types"].dump(), R"(["nvidia-35"])");
  EXPECT_EQ(json["functions"][0]["physical_function"], "0000:00:1d.0");
}

TEST_F(MachineTest, SetupOfBoundCardIsGuestOnly) {
  tree_.file("/etc/vfio-early.conf",
             "[gaming]\naddress = 0000:01:00\nidentity = 10de:1b81 10de:10f0\n"
             "only-display = allow\n");
  const std::string text = setup("gaming");
  EXPECT_TRUE(has_text(text, "1. Give the card to a guest of libvirt")) << text;
  EXPECT_TRUE(has_text(text, "bus='0x01' slot='0x00' function='0x1'")) << text;
  EXPECT_TRUE(has_text(text, "vfio-pci,host=0000:01:00.0,bus=gpu,addr=0.0,multifunction=on"))
      << text;
  EXPECT_FALSE(has_text(text, "initramfs")) << text;
}

// Guests expect an Intel iGPU at 00:02.0, and not below a root port.
TEST_F(MachineTest, SetupOfAnIntelIgpuHasItsPlace) {
  tree_.file("/etc/vfio-early.conf",
             "[igd]\naddress = 0000:00:02.0\nidentity = 8086:3e92\nonly-display = allow\n");
  tree_.function("0000:00:02.0", "8086:3E92", "30000").group(2, {"0000:00:02.0"});
  const auto text_of = [&](const char* class_code, const char* kernel) {
    tree_.function("0000:00:02.0", "8086:3E92", class_code);
    tree_.file("/proc/sys/kernel/osrelease", kernel);
    return setup("igd");
  };
  const std::string qemu = "vfio-pci,host=0000:00:02.0,bus=pcie.0,addr=02.0";
  std::string text = text_of("30000", "6.8.12-9-pve\n");
  EXPECT_TRUE(has_text(text, "<address type='pci' domain='0x0000' bus='0x00' slot='0x02'")) << text;
  EXPECT_TRUE(has_text(text, qemu + ",x-igd-opregion=on\n")) << text;
  EXPECT_FALSE(has_text(text, "root-port")) << text;
  // The secondary display has no OpRegion with an older kernel.
  text = text_of("38000", "6.8.12-9-pve\n");
  EXPECT_TRUE(has_text(text, qemu + "\n")) << text;
  EXPECT_TRUE(has_text(text, "make it the primary display in the firmware setup")) << text;
  text = text_of("38000", "6.15.2-arch1-1\n");
  EXPECT_TRUE(has_text(text, qemu + ",x-igd-opregion=on\n")) << text;
  EXPECT_FALSE(has_text(text, "primary display")) << text;
}

TEST_F(MachineTest, SetupOfNewCardHasAllSteps) {
  tree_.file("/etc/vfio-early.conf", "");
  tree_.file("/proc/cpuinfo", "vendor_id\t: GenuineIntel\n");
  std::filesystem::remove_all(tree_.directory() / "sys/class/iommu");
  const std::string text = setup("0000:01:00");
  EXPECT_TRUE(
      has_text(text, "  [card]\n  address = 0000:01:00\n  identity = 10de:1b81 10de:10f0\n"))
      << text;
  EXPECT_TRUE(has_text(text, "2. Fix the reason")) << "it is the only display: " << text;
  EXPECT_TRUE(has_text(text, "3. Make the kernel use an IOMMU")) << text;
  EXPECT_TRUE(has_text(text, "-> enable VT-d (Intel)")) << text;
  EXPECT_TRUE(has_text(text, "Include it in the initramfs")) << text;
  tree_.file("/etc/vfio-early.conf", "[card]\naddress = 0000:07:00\n");
  EXPECT_TRUE(has_text(setup("0000:01:00"), "  [pci-0000:01:00.0]\n"))
      << "a duplicate name costs both";
  EXPECT_EQ(setup("gamin"), "");
}

// The names are those of vfio-early's suggestions: several sections can be put into one file.
TEST_F(MachineTest, SetupNamesEachCardAsThePlanDoes) {
  tree_.file("/etc/vfio-early.conf", "");
  EXPECT_TRUE(has_text(setup("0000:01:00"), "  [card]\n"));
  tree_.function("0000:02:00.0", "10DE:1B81", "30000").group(15, {"0000:02:00.0"});
  EXPECT_TRUE(has_text(setup("0000:01:00"), "  [card1]\n"));
  EXPECT_TRUE(has_text(setup("0000:02:00"), "  [card2]\n"));
  EXPECT_TRUE(has_text(setup("0000:00:17.0"), "  [pci-0000:00:17.0]\n"));
  // A used name is not given again.
  tree_.file("/etc/vfio-early.conf",
             "[card2]\naddress = 0000:01:00\n[pci-0000:02:00.0]\naddress = 0000:07:00\n");
  EXPECT_TRUE(has_text(setup("0000:02:00"), "  [pci-0000:02:00.0-2]\n")) << setup("0000:02:00");
}

// What is not a graphics card is selected by its own address, as vfio-early demands.
TEST_F(MachineTest, SetupOfAnotherDeviceIsAccepted) {
  tree_.file("/etc/vfio-early.conf", "");
  tree_.function("0000:00:14.0", "8086:7A60", "C0330", "xhci_hcd").group(2, {"0000:00:14.0"});
  tree_.function("0000:00:14.3", "8086:7A70", "28000").group(3, {"0000:00:14.3"});
  tree_.function("0000:03:00.0", "10DE:1B81", "30000").group(15, {"0000:03:00.0"});
  for (const auto& [named, section] :
       {std::pair("0000:00:14.3", "  address = 0000:00:14.3\n  identity = 8086:7a70\n"),
        std::pair("0000:00:14.0", "  address = 0000:00:14.0\n  identity = 8086:7a60\n"),
        std::pair("0000:00:17", "  address = 0000:00:17.0\n  identity = 8086:a102\n"),
        std::pair("0000:00:1d.0", "  address = 0000:00:1d.0\n  identity = 144d:a808\n")}) {
    const std::string text = setup(named);
    EXPECT_TRUE(has_text(text, section)) << text;
    EXPECT_FALSE(has_text(text, "Fix the reason")) << text;
  }
  EXPECT_TRUE(has_text(setup("0000:00:17"), "Do not give it to a guest")) << setup("0000:00:17");
  EXPECT_FALSE(has_text(setup("0000:01:00"), "Do not give it to a guest"));
}

// The card is the only display: the section alone does not make vfio-early claim it.
TEST_F(MachineTest, SetupTestsItsSection) {
  tree_.file("/etc/vfio-early.conf", "");
  const std::string text = setup("0000:01:00");
  EXPECT_TRUE(has_text(text, "2. Fix the reason why vfio-early would not claim the card")) << text;
  EXPECT_TRUE(has_text(text, "the host would have no other display with a driver")) << text;
  EXPECT_TRUE(has_text(text, "'only-display = allow'")) << text;
  const Inspection machine = *inspect(tree_.root(), configuration(), {.live = false});
  EXPECT_TRUE(has_text(findings_of("bind.plan", machine).at(0).remedy,
                       "vfio-early would not claim [card]: the host would have no other display"));
  tree_.function("0000:00:02.0", "8086:9BC5", "30000", "i915");
  EXPECT_FALSE(has_text(setup("0000:01:00"), "Fix the reason"));
}

TEST_F(MachineTest, SetupOnProxmoxUsesItsTools) {
  tree_.file("/usr/bin/pveversion", "");
  tree_.file("/etc/vfio-early.conf", "[gaming]\naddress = 0000:01:00\nonly-display = allow\n");
  std::string text = setup("gaming");
  EXPECT_TRUE(has_text(text, "\n  qm set VMID -hostpci0 0000:01:00,pcie=1\n")) << text;
  EXPECT_FALSE(has_text(text, "virsh") || has_text(text, "<hostdev")) << text;
  // A slot stands for all its functions.
  tree_.function("0000:01:00.2", "1022:15B9", "C0330", "xhci_hcd").group(14, {"0000:01:00.2"});
  tree_.file("/etc/vfio-early.conf",
             "[gaming]\naddress = 0000:01:00\nidentity = 10de:1b81 10de:10f0\n"
             "only-display = allow\n");
  text = setup("gaming");
  EXPECT_TRUE(has_text(text, "-hostpci0 '0000:01:00.0;0000:01:00.1,pcie=1'")) << text;
  std::filesystem::remove(tree_.directory() / "usr/bin/pveversion");
  EXPECT_FALSE(has_text(setup("gaming"), "qm set"));
}

// The remedies are those of the checks: an IOMMU that the firmware describes but the kernel does
// not use needs a parameter, not the firmware setup.
TEST_F(MachineTest, SetupNamesObstacles) {
  tree_.file("/etc/vfio-early.conf",
             "[gaming]\naddress = 0000:01:00\nidentity = 10de:1b81 10de:ffff\n");
  tree_.function("0000:00:02.0", "8086:9BC5", "30000", "i915").group(14, {"0000:00:02.0"});
  std::string text = setup("gaming");
  EXPECT_TRUE(has_text(text, "1. Fix the reason why vfio-early does not claim the card")) << text;
  EXPECT_TRUE(has_text(text, "/etc/vfio-early.conf:2: ")) << text;
  EXPECT_TRUE(has_text(text, "2. Isolate the card from the other functions of its IOMMU group"))
      << text;
  EXPECT_TRUE(has_text(text, "0000:00:02.0")) << text;
  EXPECT_FALSE(has_text(text, "<hostdev")) << "another card may sit there: " << text;
  tree_.file("/etc/vfio-early.conf", "[gaming]\naddress = 0000:01:00\n");
  text = setup("gaming");
  EXPECT_TRUE(
      has_text(text, "to [gaming], /etc/vfio-early.conf:2\n\n  identity = 10de:1b81 10de:10f0\n"))
      << text;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80u) << line;
}

// What the check reports about the IOMMU and the card is also a step.
TEST_F(MachineTest, SetupHasAStepForEachFailedCheck) {
  tree_.file("/etc/vfio-early.conf",
             "[gaming]\naddress = 0000:01:00\nidentity = 10de:1b81 10de:10f0\n"
             "only-display = allow\n");
  std::string text = setup("gaming");
  EXPECT_FALSE(has_text(text, "Make the firmware release")) << text;
  EXPECT_FALSE(has_text(text, "Read the warning of reset.method")) << text;
  tree_.file("/sys/kernel/iommu_groups/14/reserved_regions",
             "0x000000007c000000 0x000000007dffffff direct\n");
  tree_.file("/dev/kmsg",
             "6,0,0,-;Linux version 6.12.0\n"
             "6,1,9,-;vfio-pci 0000:01:00.0: not ready 65535ms after FLR; giving up\n");
  text = setup("gaming");
  const size_t step = text.find("1. Make the firmware release the card's memory\n");
  ASSERT_NE(step, text.npos) << text;
  EXPECT_EQ(text.find("Make the firmware release", step + 10), text.npos) << "once for the card";
  EXPECT_TRUE(has_text(text, "2. Read the warning of reset.method\n")) << text;
  EXPECT_TRUE(has_text(text, "not ready 65535ms")) << text;
  EXPECT_TRUE(has_text(text, "3. Give the card to a guest of libvirt")) << text;
}

TEST_F(MachineTest, PassportRoundTrips) {
  tree_.file("/sys/class/dmi/id/bios_version", "F32\n");
  tree_.file("/sys/firmware/acpi/tables/DMAR", std::string("DMAR\0\xff", 6));
  tree_.file("/sys/bus/pci/devices/0000:01:00.0/resource",
             "0x00000000a0000000 0x00000000a0ffffff 0x0000000000040200\n"
             "0x0000000000000000 0x0000000000000000 0x0000000000000000\n");
  const auto passport = take_passport(tree_.root(), config::kConfigurationFile);
  ASSERT_TRUE(passport);
  const auto again = parse_passport(passport_json(*passport));
  ASSERT_TRUE(again);
  EXPECT_EQ(passport_json(*again), passport_json(*passport));
  EXPECT_EQ(again->tables.at("DMAR"), "444d415200ff");
  EXPECT_EQ(again->functions.size(), 5u);
  EXPECT_EQ(again->functions[3].card, "gaming");
  EXPECT_EQ(again->functions[3].bars, (std::vector<uint64_t>{0x1000000, 0}));
  EXPECT_TRUE(compare_passports(*passport, *again).empty());
}

// Reading its serial number would wake it.
TEST_F(MachineTest, PassportDoesNotWakeFunctions) {
  std::string config(0x110, '\0');
  config.replace(0x100, 12, std::string("\x03\0\x01\0\x01\x02\x03\x04\x05\x06\x07\x08", 12));
  const std::string card = "/sys/bus/pci/devices/0000:01:00.0";
  tree_.file(card + "/config", config);
  const auto serial = [&] {
    return take_passport(tree_.root(), config::kConfigurationFile)->functions[3].serial;
  };
  EXPECT_EQ(serial(), "08-07-06-05-04-03-02-01");
  tree_.file(card + "/power_state", "D3cold\n");
  EXPECT_EQ(serial(), "");
}

TEST_F(MachineTest, InvalidPassportIsRejected) {
  for (const char* text :
       {"", "[]", "{}", "{\"passport\": 2, \"functions\": []}",
        "{\"passport\": 1, \"functions\": {}}", "\xff", R"({"passport":1,"functions":[3]})",
        R"({"passport":1,"functions":[{"class":"030000","group":4}]})",
        R"({"passport":1,"functions":[{"address":"0000:01:00"}]})",
        R"({"passport":1,"functions":[{"address":"0000:01:00.0"},
                                                         {"address":"0000:01:00.0"}]})"})
    EXPECT_FALSE(parse_passport(text)) << text;
  const auto odd = parse_passport(
      R"({"passport":1,"functions":[{"address":"0000:01:00.0","group":"x","bars":[-1,"a",5],)"
      R"("card":null}],)"
      R"("tables":[],"iommus":{}})");
  ASSERT_TRUE(odd);
  EXPECT_EQ(odd->functions[0].bars, (std::vector<uint64_t>{0, 0, 5}));
  EXPECT_TRUE(compare_passports(*odd, *odd).empty());
}

TEST(Passport, DoesNotReplaceADevice) {
  EXPECT_FALSE(save_passport({}, "/dev/null"));
  EXPECT_FALSE(std::filesystem::is_regular_file("/dev/null"));
  EXPECT_FALSE(save_passport({}, ""));
  EXPECT_FALSE(load_passport(""));
}

PassportFunction function_of(const std::string& address, const std::string& id,
                             const std::string& class_code, int group,
                             const std::string& card = "") {
  return {.address = address,
          .path = {},
          .id = id + ":0000:0000",
          .class_code = class_code,
          .serial = {},
          .card = card,
          .group = group,
          .reset_methods = "flr bus",
          .bars = {256 << 20}};
}

class DiffTest : public testing::Test {
 protected:
  std::string difference() const {
    std::string all;
    for (const std::string& sentence : compare_passports(before_, now_)) all += sentence + "\n";
    return all;
  }
  static Passport machine(const std::string& bus, int group) {
    return {
        .kernel = "6.1.0",
        .firmware = "F31",
        .iommus = {"dmar0"},
        .tables = {{"DMAR", "00"}},
        .functions = {function_of("0000:" + bus + ":00.0", "10de:1b81", "030000", group, "gaming"),
                      function_of("0000:" + bus + ":00.1", "10de:10f0", "040300", group, "gaming"),
                      function_of("0000:02:00.0", "144d:a808", "010802", 3)}};
  }
  Passport before_ = machine("0a", 14), now_ = machine("0a", 14);
};

TEST_F(DiffTest, EqualPassportsDoNotDiffer) {
  EXPECT_EQ(difference(), "");
}

TEST_F(DiffTest, MovedCardIsReportedOnce) {
  now_ = machine("0b", 15);
  EXPECT_EQ(difference(),
            "[gaming] moved from 0000:0a:00 to 0000:0b:00 (the same kind of card): correct the "
            "address in the configuration, or use 'path' or 'on-moved = follow'\n");
  before_.functions[0].serial = now_.functions[0].serial = "00-1b-21-ff-ff-ab-cd-ef";
  EXPECT_TRUE(has_text(difference(), "the same card, serial number 00-1b")) << difference();
}

TEST_F(DiffTest, CardWithoutSectionIsNamedByItsClass) {
  const auto moved = [&](const char* class_code) {
    before_.functions = {function_of("0000:0c:00.0", "1da3:1020", class_code, 20)};
    now_.functions = {function_of("0000:0d:00.0", "1da3:1020", class_code, 20)};
    return difference();
  };
  EXPECT_TRUE(has_text(moved("120000"), "the accelerator 1da3:1020 moved from 0000:0c:00"));
  EXPECT_TRUE(has_text(moved("030200"), "the display 1da3:1020 moved from 0000:0c:00"));
}

// A different card of the same model in the same slot.
TEST_F(DiffTest, DifferentSerialIsDifferentCard) {
  before_.functions[0].serial = "00-00-00-00-00-00-00-01";
  now_.functions[0].serial = "00-00-00-00-00-00-00-02";
  EXPECT_TRUE(has_text(difference(), "[gaming] 0000:0a:00.0 (VGA, 10de:1b81) is missing"))
      << difference();
  EXPECT_TRUE(has_text(difference(), "0000:0a:00.0 (VGA, 10de:1b81) is new")) << difference();
}

TEST_F(DiffTest, GroupChangesAreReported) {
  now_.functions[2].group = 14;
  EXPECT_TRUE(has_text(difference(),
                       "the IOMMU group of [gaming] 0000:0a:00.0 gained 0000:02:00.0 "
                       "(NVMe, 144d:a808)"))
      << difference();
  std::swap(before_, now_);
  EXPECT_TRUE(has_text(difference(), "lost 0000:02:00.0 (NVMe, 144d:a808)")) << difference();
}

// Group numbers are assigned again at each boot.
TEST_F(DiffTest, RenumberedGroupIsNotAChange) {
  for (auto& function : now_.functions) *function.group += 5;
  EXPECT_EQ(difference(), "");
}

TEST_F(DiffTest, UnmovedIdenticalCardsDoNotDiffer) {
  before_.functions.push_back(function_of("0000:0c:00.0", "10de:1b81", "030000", 20));
  now_.functions.push_back(function_of("0000:0c:00.0", "10de:1b81", "030000", 20));
  EXPECT_EQ(difference(), "");
}

TEST_F(DiffTest, EveryKindOfChangeIsReported) {
  now_.functions[0].bars = {uint64_t{16} << 30};
  now_.functions[0].reset_methods = "bus";
  now_.iommus.clear();
  now_.tables.clear();
  now_.firmware = "F32";
  now_.kernel = "6.12.0";
  now_.functions.pop_back();
  const std::string text = difference();
  for (const char* words :
       {"BAR 0 was 256 MiB, and is 16 GiB now", "could be reset by: flr bus; now by: bus",
        "the kernel's IOMMUs: was dmar0, is none now", "no longer has a DMAR table",
        "firmware: was F31, is F32 now", "kernel: was 6.1.0, is 6.12.0 now",
        "0000:02:00.0 (NVMe, 144d:a808) is missing"})
    EXPECT_TRUE(has_text(text, words)) << words << " in:\n" << text;
}

// A passport that an unprivileged user saved does not contain the tables; this is not a change.
TEST_F(DiffTest, UnreadTableIsNotAChange) {
  now_.tables["DMAR"] = "";
  EXPECT_EQ(difference(), "");
}

TEST(Commands, AreOnTheManPage) {
  std::ifstream file(VFIO_VERIFY_PAGE);
  std::stringstream page;
  page << file.rdbuf();
  for (const Command& command : commands())
    EXPECT_TRUE(has_text(page.str(), "*" + std::string(command.name) + "*")) << command.name;
}

TEST_F(MachineTest, UpdateChangesKernelTableOrIommu) {
  tree_.file("/proc/sys/kernel/osrelease", "6.1.0\n")
      .file("/sys/class/dmi/id/bios_version", "F32 \xff\n")
      .file("/sys/firmware/acpi/tables/DMAR", "DMAR one");
  const auto kept =
      *parse_passport(passport_json(*take_passport(tree_.root(), config::kConfigurationFile)));
  const auto updated = [&] { return is_updated(kept, take_passport_head(tree_.root())); };
  EXPECT_FALSE(updated());
  tree_.file("/proc/sys/kernel/osrelease", "6.12.0\n");
  EXPECT_TRUE(updated());
  tree_.file("/proc/sys/kernel/osrelease", "6.1.0\n");
  EXPECT_FALSE(updated());
  tree_.file("/sys/firmware/acpi/tables/DMAR", "DMAR two");
  EXPECT_TRUE(updated());
  tree_.file("/sys/firmware/acpi/tables/DMAR", "DMAR one").file("/sys/class/iommu/dmar1/x", "");
  EXPECT_TRUE(updated());
}

}  // namespace
}  // namespace verify
