// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/enable/named_card.h"

#include "early/enable/card_choice.h"
#include "early/enable/card_users.h"
#include "early/enable/pci_names.h"
#include "tests/unit/early/used_tree.h"

namespace early::enable {
namespace {

class NamedCardTest : public testing::Test {
 protected:
  NamedCardTest() {
    tree_.function("0000:00:02.0", "8086:1912", "30000", "i915")
        .function("0000:01:00.0", "10DE:1B81", "30000", "nouveau")
        .function("0000:01:00.1", "10DE:10F0", "40300", "snd_hda_intel")
        .function("0000:02:00.0", "8086:1539", "20000", "igb")
        .function("0000:03:00.0", "8086:1539", "20000", "igb");
  }
  host::Machine machine() const {
    return *host::read_machine(tree_.root(), {.display_drivers = true});
  }
  std::string found(const std::string& text) const {
    const auto card = find_card(machine(), text);
    return card ? card->str() : card.error().step;
  }
  std::vector<std::string> users(const std::string& text) const {
    const host::Machine all = machine();
    return users_of(tree_.root(), functions_of(all, *find_card(all, text)));
  }
  UsedTree tree_;
};

TEST_F(NamedCardTest, IsFoundInAnyNotation) {
  for (const char* text :
       {"01:00", "0000:01:00", "01:00.0", "01:00.1", "pci_0000_01_00_0", "pci-0000:01:00.1",
        "pci@0000:01:00.0", "/sys/bus/pci/devices/0000:01:00.0", "10de:1b81", "10DE:10F0",
        "0x10de:0x1b81", "[10de:1b81]"})
    EXPECT_EQ(found(text), "0000:01:00") << text;
  EXPECT_EQ(found("02:00.0"), "0000:02:00.0");  // it is no graphics card: the function alone
  EXPECT_EQ(found("02:00"), "0000:02:00.0");
}

TEST_F(NamedCardTest, IsNamedIfItIsNotFound) {
  EXPECT_EQ(found("07:00"), "no device found at 0000:07:00");
  EXPECT_EQ(found("01:00.2"), "no device found at 0000:01:00.2");
  EXPECT_EQ(found("10de:ffff"), "no device found with the id 10de:ffff");
  EXPECT_EQ(found("8086:1539"),
            "several devices have the id 8086:1539: 0000:02:00.0, 0000:03:00.0");
  EXPECT_EQ(found("gaming"), "'gaming' is not an address, like 01:00, or an id, like 10de:1b81");
}

TEST_F(NamedCardTest, GetsAPinnedSection) {
  const auto text = [&](const char* card, bool last) {
    return section_text(machine(), *find_card(machine(), card), "card", last);
  };
  constexpr const char* kComment =
      "# written by `vfio-early enable`; `vfio-early disable` removes it\n";
  EXPECT_EQ(
      text("01:00", false),
      std::string(kComment) + "[card]\naddress = 0000:01:00\nidentity = 10de:1b81 10de:10f0\n");
  EXPECT_EQ(text("01:00", true),
            std::string(kComment) +
                "[card]\naddress = 0000:01:00\nidentity = 10de:1b81 10de:10f0\n"
                "only-display = allow\n");
  EXPECT_EQ(text("02:00.0", false),
            std::string(kComment) + "[card]\naddress = 0000:02:00.0\nidentity = 8086:1539\n");
}

TEST_F(NamedCardTest, IsFoundInTheConfiguration) {
  const NamedCard card = *find_card(machine(), "01:00");
  const auto where = [&](const std::string& text) -> std::string {
    config::Configuration configuration;
    config::parse_configuration(text, "/etc/vfio-early.conf", configuration);
    const config::Card* found = configured(configuration, machine(), card);
    return found ? found->where() : "";
  };
  EXPECT_EQ(where("[a]\naddress = 01:00.0\n"), "/etc/vfio-early.conf:2");
  EXPECT_EQ(where("[a]\nid = 10de:1b81\n"), "/etc/vfio-early.conf:2");
  EXPECT_EQ(where("[a]\naddress = 01:00\nidentity = 1234:1111\n"), "/etc/vfio-early.conf:2");
  EXPECT_EQ(where("[a]\naddress = 02:00.0\n"), "");
  EXPECT_EQ(where(""), "");
}

TEST_F(NamedCardTest, GetsANameThatIsFree) {
  config::Configuration configuration;
  EXPECT_EQ(free_name(configuration, tree_.root()), "card");
  configuration.sections["card"] = "/etc/vfio-early.conf:1";
  EXPECT_EQ(free_name(configuration, tree_.root()), "card2");
  tree_.file("/etc/vfio-early.conf.d/card2.conf", "# nothing\n");
  EXPECT_EQ(free_name(configuration, tree_.root()), "card3");
}

TEST_F(NamedCardTest, HasUsers) {
  const std::string function = "/sys/bus/pci/devices/0000:01:00.0";
  tree_.file(function + "/drm/card1/dev", "226:1\n")
      .file(function + "/drm/card1/uevent", "MAJOR=226\nMINOR=1\nDEVNAME=dri/card1\n")
      .file("/sys/bus/pci/devices/0000:01:00.1/sound/card0/pcmC0D3p/dev", "116:2\n")
      .file("/sys/bus/pci/devices/0000:01:00.1/sound/card0/pcmC0D3p/uevent",
            "DEVNAME=snd/pcmC0D3p\n")
      .link(function + "/iommu", "../0000:00:02.0");
  tree_.file("/sys/bus/pci/devices/0000:00:02.0/drm/card0/dev", "226:0\n")
      .file("/sys/bus/pci/devices/0000:00:02.0/drm/card0/uevent", "DEVNAME=dri/card0\n");
  tree_.process(812, "Xorg", "/dev/dri/card1");
  tree_.process(90, "pipewire", "/dev/snd/pcmC0D3p");
  tree_.process(1000, "sway", "/dev/dri/card0");
  tree_.process(1001, "bash", "/dev/dri/card10");
  EXPECT_EQ(users("01:00"), (std::vector<std::string>{"pipewire (90)", "Xorg (812)"}));
  EXPECT_EQ(users("00:02"), std::vector<std::string>{"sway (1000)"});
  EXPECT_TRUE(users("02:00.0").empty());
}

TEST_F(NamedCardTest, HasUsersOfNvidiasDriverAndOfVfio) {
  tree_.file("/proc/driver/nvidia/gpus/0000:01:00.0/information",
             "Model: \t\t GeForce\nDevice Minor: \t 0\n");
  // Two GPUs share /dev/nvidiactl.
  tree_.file("/proc/driver/nvidia/gpus/0000:09:00.0/information", "Device Minor: \t 1\n");
  tree_.function("0000:04:00.0", "10DE:1B81", "30000", "vfio-pci").group(7, {"0000:04:00.0"});
  tree_.process(5, "blender", "/dev/nvidia0");
  tree_.process(6, "other", "/dev/nvidiactl");
  tree_.process(7, "qemu", "/dev/vfio/7");
  EXPECT_EQ(users("01:00"), std::vector<std::string>{"blender (5)"});
  EXPECT_EQ(users("04:00"), std::vector<std::string>{"qemu (7)"});
}

TEST(Shortened, NamesSix) {
  EXPECT_EQ(shortened({}), "");
  EXPECT_EQ(shortened({"a", "b", "c", "d", "e", "f"}), "a, b, c, d, e, f");
  EXPECT_EQ(shortened({"a", "b", "c", "d", "e", "f", "g", "h"}), "a, b, c, d, e, f and 2 more");
}

TEST(PciNames, AreThoseOfTheFile) {
  constexpr const char* kText =
      "# comment\n10de  NVIDIA Corporation\n\t1b80  GP104 [GeForce GTX 1080]\n"
      "\t\t1043 85aa  ROG\n\t1b81  GP104 [GeForce GTX 1070]\n1234  Other\n\t1b82  Wrong\n";
  EXPECT_EQ(name_in(kText, {0x10de, 0x1b81}), "NVIDIA Corporation GP104 [GeForce GTX 1070]");
  EXPECT_EQ(name_in(kText, {0x10de, 0x1b82}), "NVIDIA Corporation 10de:1b82");
  EXPECT_EQ(name_in(kText, {0x1234, 0x1b82}), "Other Wrong");
  EXPECT_EQ(name_in(kText, {0x8086, 0x1912}), "8086:1912");
  EXPECT_EQ(name_in("", {0x10de, 0x1b81}), "10de:1b81");
  EXPECT_EQ(name_in("10de  NVIDIA", {0x10de, 0x1b81}), "NVIDIA 10de:1b81");
}

TEST_F(NamedCardTest, CanBeChosenByNumber) {
  tree_.file("/sys/bus/pci/devices/0000:01:00.0/boot_vga", "1\n");
  tree_.file("/usr/share/misc/pci.ids", "10de  NVIDIA\n\t1b81  GP104\n");
  config::Configuration configuration;
  config::parse_configuration("[a]\naddress = 01:00\n", "/etc/vfio-early.conf", configuration);
  const host::Machine all = machine();
  const auto cards = cards_to_choose(all);
  EXPECT_EQ(choice_text(tree_.root(), all, configuration, cards),
            "  1  0000:00:02  8086:1912\n"
            "     driver i915\n"
            "     stays with the host: 0000:01:00.0 (nouveau)\n"
            "  2  0000:01:00  NVIDIA GP104\n"
            "     driver nouveau, snd_hda_intel, boot display\n"
            "     stays with the host: 0000:00:02.0 (i915)\n"
            "     configured: /etc/vfio-early.conf:2\n");
  EXPECT_EQ(chosen(cards, " 2\n")->str(), "0000:01:00");
  for (const char* answer : {"", "\n", "0", "3", "x", "01:00", "-1"})
    EXPECT_FALSE(chosen(cards, answer)) << answer;
}

TEST(CardChoice, SaysThatNoDisplayStays) {
  FakeTree tree;
  tree.function("0000:01:00.0", "10DE:1B81", "30000", "nouveau");
  const auto machine = host::read_machine(tree.root(), {.display_drivers = true});
  EXPECT_NE(choice_text(tree.root(), *machine, {}, cards_to_choose(*machine))
                .find("no display stays with the host (needs --only-display=allow)"),
            std::string::npos);
}

}  // namespace
}  // namespace early::enable
