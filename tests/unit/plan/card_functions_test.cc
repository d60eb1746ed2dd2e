// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/card_functions.h"

#include "plan/plan.h"
#include "plan/suggestion.h"
#include "tests/unit/fake_tree.h"

namespace plan {
namespace {

// An APU as in a notebook: in the slot of its display are the processor's own devices.
class ApuTest : public testing::Test {
 protected:
  ApuTest() {
    tree_.iommu();
    tree_.function("0000:01:00.0", "10DE:2803", "30000", "nouveau");
    tree_.function("0000:01:00.1", "10DE:22BD", "40300", "snd_hda_intel");
    tree_.function("0000:c5:00.0", "1002:1900", "30000", "amdgpu");
    tree_.function("0000:c5:00.1", "1002:1640", "40300", "snd_hda_intel");
    tree_.function("0000:c5:00.2", "1022:15C7", "108000", "ccp");
    tree_.function("0000:c5:00.3", "1022:15B9", "C0330", "xhci_hcd");
    tree_.function("0000:c5:00.6", "1022:15E3", "40300");
    machine_ = tree_.machine();
  }

  Plan plan(std::string_view text) const {
    config::Configuration configuration;
    config::parse_configuration(text, "/etc/vfio-early.conf", configuration);
    return make_plan(configuration, machine_);
  }

  FakeTree tree_;
  host::Machine machine_;
  const host::PciSlot slot_ = *host::PciSlot::parse("0000:c5:00");
};

TEST_F(ApuTest, SuggestionLeavesTheProcessorsDevices) {
  EXPECT_EQ(section_for(machine_, slot_, "apu"),
            "[apu]\naddress = 0000:c5:00\nidentity = 1002:1900 1002:1640\n");
  EXPECT_EQ(functions_that_stay(machine_, slot_),
            (std::vector<std::string>{"0000:c5:00.2 (ccp)", "0000:c5:00.3 (xhci_hcd)",
                                      "0000:c5:00.6 (1022:15e3)"}));
}

TEST_F(ApuTest, EachSuggestionHasItsName) {
  const auto all = suggestions(machine_);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_TRUE(all[0].section.starts_with("[card1]\n"));
  EXPECT_TRUE(all[1].section.starts_with("[card2]\n"));
  config::Configuration both;
  config::parse_configuration(all[0].section + all[1].section, "/etc/vfio-early.conf", both);
  EXPECT_EQ(both.cards.size(), 2u);
  EXPECT_TRUE(both.refusals.empty());
}

TEST_F(ApuTest, EachFunctionHasANameOfItsOwn) {
  const auto name = [&](const char* address, const std::string& used = "") {
    config::Configuration configuration;
    if (!used.empty()) configuration.sections[used] = "/etc/vfio-early.conf:1";
    return name_for(machine_, *machine_.find(*host::PciAddress::parse(address)), configuration);
  };
  EXPECT_EQ(name("0000:01:00.1"), "card1");
  EXPECT_EQ(name("0000:c5:00.0"), "card2");
  EXPECT_EQ(name("0000:c5:00.0", "card1"), "card2");
  EXPECT_EQ(name("0000:c5:00.0", "card2"), "pci-0000:c5:00.0");
  EXPECT_EQ(name("0000:c5:00.3"), "pci-0000:c5:00.3");
  EXPECT_EQ(name("0000:c5:00.3", "pci-0000:c5:00.3"), "pci-0000:c5:00.3-2");
}

// Without the BMC's display, the host of a server has no console.
TEST_F(ApuTest, DisplayOfABmcIsNotSuggested) {
  for (const char* id : {"1A03:2000", "102B:0536", "19E5:1711"}) {
    tree_.function("0000:00:1f.5", id, "30000");
    const host::Machine machine = tree_.machine();
    EXPECT_TRUE(is_bmc_display(machine.functions[0])) << id;
    EXPECT_EQ(suggestions(machine).size(), 2u) << id;
    EXPECT_EQ(suggestions(machine)[0].section, suggestions(machine_)[0].section) << id;
  }
  tree_.function("0000:00:1f.5", "102B:0525", "30000");  // a graphics card: G400
  EXPECT_EQ(suggestions(tree_.machine()).size(), 3u);
}

TEST_F(ApuTest, SuggestionIsPlanned) {
  const Suggestion second = suggestions(machine_).at(1);
  EXPECT_FALSE(refusal_of(second.section, second.name, {}, machine_));
  config::Configuration other;
  config::parse_configuration("[gaming]\naddress = 0000:01:00\n", "/etc/vfio-early.conf", other);
  const auto refusal = refusal_of(second.section, second.name, other, machine_);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->why, "the host would have no other display with a driver");
  host::Machine without_iommu = machine_;
  without_iommu.has_iommu = false;
  EXPECT_FALSE(refusal_of(second.section, second.name, {}, without_iommu)) << "another step";
}

TEST_F(ApuTest, ClaimOfAProcessorsDeviceIsWarnedAbout) {
  const std::string card = "[apu]\naddress = 0000:c5:00\nonly-display = allow\n";
  const Plan right = plan(card + "identity = 1002:1900 1002:1640\n");
  EXPECT_EQ(right.claims.size(), 2u);
  EXPECT_TRUE(right.warnings.empty());
  const Plan wrong = plan(card + "identity = 1002:1900 1002:1640 1022:15b9\n");
  EXPECT_EQ(wrong.claims.size(), 3u);
  ASSERT_EQ(wrong.warnings.size(), 1u);
  EXPECT_EQ(wrong.warnings[0].card, "apu");
  EXPECT_NE(wrong.warnings[0].what.find("0000:c5:00.3 (1022:15b9, class 0c0330) is in the slot"),
            std::string::npos);
  EXPECT_NE(wrong.warnings[0].remedy.find("'identity = 1002:1900 1002:1640'"), std::string::npos);
}

// A section that claims only the processor's device is meant for that device, not for the card.
TEST_F(ApuTest, ClaimOfAProcessorsDeviceAloneKeepsItsSection) {
  const Plan alone = plan("[usb]\naddress = 0000:c5:00.3\nidentity = 1022:15b9\n");
  EXPECT_EQ(alone.claims.size(), 1u);
  ASSERT_EQ(alone.warnings.size(), 1u);
  EXPECT_EQ(alone.warnings[0].remedy,
            "if the host needs it, remove it from /etc/vfio-early.conf:2");
}

TEST(CardFunctions, AreTheGpuAndItsMakersOtherFunctions) {
  struct Case {
    const char* id;
    const char* class_code;
    bool expected;
  };
  for (const Case& c : {Case{"10DE:10F8", "40300", true}, Case{"10DE:1AD8", "C0330", true},
                        Case{"10DE:1AD9", "C8000", true}, Case{"10DE:1AD9", "C0500", false},
                        Case{"8086:A0E8", "C8000", false}, Case{"1022:15B9", "C0330", false}}) {
    FakeTree tree;
    tree.function("0000:01:00.0", "10DE:1E84", "30000");
    tree.function("0000:01:00.1", c.id, c.class_code);
    const host::Machine machine = tree.machine();
    EXPECT_EQ(is_card_function(machine, machine.functions[1]), c.expected) << c.id;
    EXPECT_EQ(is_beside_card(machine, machine.functions[1]), !c.expected) << c.id;
  }
}

// QEMU puts devices of several vendors into one slot.
TEST(CardFunctions, OfAnEmulatedCardHaveAnyVendor) {
  FakeTree tree;
  tree.function("0000:01:00.0", "1AF4:1050", "38000");
  tree.function("0000:01:00.1", "8086:2668", "40300");
  const host::Machine machine = tree.machine();
  EXPECT_TRUE(is_card_function(machine, machine.functions[1]));
}

// Intel's I2C and SPI controllers have UCSI's class, and are in slots without a display.
TEST(CardFunctions, InASlotWithoutGpuAreAudioAndUsb) {
  for (const auto& [class_code, expected] :
       {std::pair("40300", true), std::pair("C0330", true), std::pair("C8000", false)}) {
    FakeTree tree;
    tree.function("0000:00:15.0", "8086:A0E8", class_code);
    const host::Machine machine = tree.machine();
    EXPECT_EQ(is_card_function(machine, machine.functions[0]), expected) << class_code;
    EXPECT_FALSE(is_beside_card(machine, machine.functions[0]));
  }
}

TEST_F(ApuTest, OneCardHasADisplay) {
  const auto of_one_card = [&](const char* one, const char* other) {
    return are_of_one_card(machine_, *machine_.find(*host::PciAddress::parse(one)),
                           *machine_.find(*host::PciAddress::parse(other)));
  };
  EXPECT_TRUE(of_one_card("0000:01:00.0", "0000:01:00.1"));
  EXPECT_TRUE(of_one_card("0000:c5:00.1", "0000:c5:00.0"));
  EXPECT_FALSE(of_one_card("0000:c5:00.0", "0000:c5:00.3")) << "USB of the processor";
  EXPECT_FALSE(of_one_card("0000:c5:00.3", "0000:c5:00.2"));
  EXPECT_FALSE(of_one_card("0000:01:00.0", "0000:c5:00.0"));
}

TEST_F(ApuTest, ProcessorsDevicesStayWithTheHost) {
  for (const host::PciFunction& function : machine_.functions)
    EXPECT_EQ(stays_with_host(machine_, function), is_beside_card(machine_, function))
        << function.address.str();
}

TEST(CardFunctions, AcceleratorIsACard) {
  FakeTree tree;
  tree.iommu();
  tree.function("0000:c1:00.0", "1002:740F", "120000", "amdgpu");
  const host::Machine machine = tree.machine();
  EXPECT_EQ(graphics_slots(machine).size(), 1u);
  config::Configuration configuration;
  config::parse_configuration("[mi210]\naddress = 0000:c1:00\n", "/etc/vfio-early.conf",
                              configuration);
  EXPECT_EQ(make_plan(configuration, machine).claims.size(), 1u);
}

}  // namespace
}  // namespace plan
