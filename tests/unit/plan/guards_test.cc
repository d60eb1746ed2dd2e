// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is not claimed unless the configuration asks for it: the last display, and the other
// functions of a group. Also the warnings about other settings that claim cards.
#include "plan/guards.h"

#include "plan/suggestion.h"
#include "plan/warnings.h"
#include "tests/unit/fake_tree.h"

namespace plan {
namespace {

class GuardTest : public testing::Test {
 protected:
  GuardTest() {
    tree_.iommu();
    tree_.function("0000:01:00.0", "10DE:1B81", "30000");
    tree_.function("0000:01:00.1", "10DE:10F0", "40300");
  }

  Plan plan(std::string_view text) {
    configuration_ = {};
    config::parse_configuration(text, "/etc/vfio-early.conf", configuration_);
    machine_ = *host::read_machine(tree_.root(),
                                   details_for(configuration_) | host::Details{.groups = true});
    return make_plan(configuration_, machine_);
  }

  std::string claimed(std::string_view text) {
    std::string addresses;
    for (const Claim& claim : plan(text).claims) addresses += claim.function.address.str() + " ";
    return addresses;
  }

  FakeTree tree_;
  config::Configuration configuration_;
  host::Machine machine_;
};

constexpr const char* kCard = "[a]\naddress = 0000:01:00\n";

TEST_F(GuardTest, LastDisplayIsClaimedOnlyIfAllowed) {
  const Plan refused = plan(kCard);
  EXPECT_TRUE(refused.claims.empty());
  ASSERT_EQ(refused.refusals.size(), 1u);
  EXPECT_EQ(refused.refusals[0].line, 2);
  EXPECT_NE(refused.refusals[0].remedy.find("only-display = allow"), std::string::npos);
  EXPECT_EQ(claimed("[a]\naddress = 0000:01:00\nonly-display = allow\n"),
            "0000:01:00.0 0000:01:00.1 ");
  EXPECT_EQ(claimed("[a]\naddress = 0000:01:00.1\n"), "0000:01:00.1 ");  // the audio alone
}

TEST_F(GuardTest, ThreeDControllerIsNotADisplay) {
  tree_.function("0000:02:00.0", "10DE:1DB1", "30200", "nouveau");
  EXPECT_EQ(claimed(kCard), "");
  EXPECT_EQ(claimed("[b]\naddress = 0000:02:00\n"), "0000:02:00.0 ");
  tree_.function("0000:00:02.0", "8086:9BC5", "38000", "i915");
  EXPECT_EQ(claimed(kCard), "0000:01:00.0 0000:01:00.1 ");
}

TEST_F(GuardTest, FirstOfTwoCardsIsClaimed) {
  tree_.function("0000:02:00.0", "10DE:1B81", "30000");
  EXPECT_EQ(claimed("[a]\naddress = 0000:01:00\n[b]\naddress = 0000:02:00\n"),
            "0000:01:00.0 0000:01:00.1 ");
  EXPECT_EQ(claimed("[a]\naddress = 0000:01:00\nonly-display = allow\n"
                    "[b]\naddress = 0000:02:00\nonly-display = allow\n"),
            "0000:01:00.0 0000:01:00.1 0000:02:00.0 ");
}

TEST_F(GuardTest, CardWithoutDriverIsNotADisplay) {
  tree_.function("0000:02:00.0", "1A03:2000", "30000");
  tree_.file("/sys/bus/pci/devices/0000:01:00.0/modalias", "pci:v000010DEd00001B81bc03sc00\n");
  tree_.file("/sys/bus/pci/devices/0000:02:00.0/modalias", "pci:v00001A03d00002000bc03sc00\n");
  tree_.file("/proc/sys/kernel/osrelease", "6.12\n");
  const std::string aliases = "/lib/modules/6.12/modules.alias";
  tree_.file(aliases, "# Aliases\nalias pci:v000010DEd*bc03sc*  nouveau\n");
  EXPECT_EQ(claimed(kCard), "");
  tree_.file(aliases, "alias pci:v000010DEd*bc03sc* nouveau\nalias pci:v00001A03d* ast\n");
  EXPECT_EQ(claimed(kCard), "0000:01:00.0 0000:01:00.1 ");
  // An image contains only some modules.
  tree_.file(aliases, "").file("/etc/initrd-release", "");
  EXPECT_EQ(claimed(kCard), "0000:01:00.0 0000:01:00.1 ");
}

// A driver that is never loaded does not give the host a display.
TEST_F(GuardTest, CardWhoseDriverIsDisabledIsNotADisplay) {
  tree_.function("0000:00:02.0", "8086:4680", "30000");
  tree_.file("/sys/bus/pci/devices/0000:00:02.0/modalias", "pci:v00008086d00004680bc03sc00\n");
  tree_.file("/sys/bus/pci/devices/0000:01:00.0/modalias", "pci:v000010DEd00001B81bc03sc00\n");
  tree_.file("/proc/sys/kernel/osrelease", "6.12\n");
  tree_.file("/lib/modules/6.12/modules.alias",
             "alias pci:v00008086d* i915\nalias pci:v00008086d* xe-test\n"
             "alias pci:v000010DEd* nouveau\n");
  const std::string kFile = "/etc/modprobe.d/x.conf";
  const auto with = [&](const std::string& rules, const std::string& command_line) {
    tree_.file(kFile, rules).file("/proc/cmdline", command_line + "\n");
    return claimed(kCard);
  };
  const std::string both = "0000:01:00.0 0000:01:00.1 ";
  EXPECT_EQ(with("", ""), both);
  EXPECT_EQ(with("blacklist i915\n", ""), both) << "the other module drives it";
  EXPECT_EQ(with("blacklist i915\nblacklist xe_test\n", ""), "");
  EXPECT_EQ(with("install i915 /bin/false\ninstall xe-test /usr/bin/true\n", ""), "");
  EXPECT_EQ(with("install i915 /sbin/modprobe -i i915\n", ""), both);
  EXPECT_EQ(with("", "module_blacklist=i915,xe_test"), "");
  EXPECT_EQ(with("", "modprobe.blacklist=i915 rd.driver.blacklist=xe-test"), "");
  // Then only the firmware's display works.
  tree_.file("/sys/bus/pci/devices/0000:01:00.0/boot_vga", "1\n");
  EXPECT_EQ(with("", "nomodeset"), "");
  tree_.file("/sys/bus/pci/devices/0000:01:00.0/boot_vga", "0\n");
  tree_.file("/sys/bus/pci/devices/0000:00:02.0/boot_vga", "1\n");
  EXPECT_EQ(with("", "nomodeset"), both);
  // The gate does not see that the card's own driver is disabled, too: the plan refuses like it.
  tree_.file("/sys/bus/pci/devices/0000:00:02.0/boot_vga", "0\n");
  EXPECT_EQ(with("blacklist i915\nblacklist xe_test\nblacklist nouveau\n", ""), "");
  ASSERT_EQ(plan(kCard).refusals.size(), 1u);
  EXPECT_EQ(plan(kCard).refusals[0].why,
            "the host would have no other display with a driver. 0000:00:02.0 has no driver: "
            "i915 is blacklisted (/etc/modprobe.d/x.conf:1), and "
            "xe_test is blacklisted (/etc/modprobe.d/x.conf:2)")
      << "the card itself is not a display for the host";
}

class MissingDriver : public GuardTest {
 protected:
  MissingDriver() {
    tree_.function("0000:00:02.0", "8086:4680", "30000");
    tree_.file("/sys/bus/pci/devices/0000:00:02.0/modalias", "pci:v00008086d00004680bc03sc00\n");
    tree_.file("/proc/sys/kernel/osrelease", "6.12\n");
    tree_.file("/lib/modules/6.12/modules.alias", "alias pci:v00008086d* i915\n");
  }

  config::Refusal refusal(const std::string& rules, const std::string& command_line) {
    tree_.file("/etc/modprobe.d/x.conf", rules).file("/proc/cmdline", command_line + "\n");
    const Plan refused = plan(kCard);
    EXPECT_EQ(refused.refusals.size(), 1u);
    return refused.refusals.empty() ? config::Refusal{} : refused.refusals[0];
  }
};

constexpr const char* kNoDisplay =
    "the host would have no other display with a driver. 0000:00:02.0 has no driver: ";
constexpr const char* kAllow = "; if the host needs no screen, set 'only-display = allow'";

TEST_F(MissingDriver, IsExplainedByEverySettingAndNoOther) {
  const auto both = refusal("blacklist radeon\nblacklist i915\n", "quiet nomodeset");
  EXPECT_EQ(both.why, std::string(kNoDisplay) +
                          "i915 is blacklisted (/etc/modprobe.d/x.conf:2), and the kernel command "
                          "line has nomodeset");
  EXPECT_EQ(both.remedy, std::string("remove 'blacklist i915' from /etc/modprobe.d/x.conf:2 and "
                                     "nomodeset from the kernel command line, rebuild the "
                                     "initramfs, and reboot") +
                             kAllow);
  const auto listed = refusal("blacklist i915\n", "quiet");
  EXPECT_EQ(listed.why, std::string(kNoDisplay) + "i915 is blacklisted (/etc/modprobe.d/x.conf:1)");
  EXPECT_EQ(listed.remedy.find("nomodeset"), listed.remedy.npos);
  const auto parameter = refusal("", "nomodeset");
  EXPECT_EQ(parameter.why, std::string(kNoDisplay) + "the kernel command line has nomodeset");
  EXPECT_EQ(parameter.remedy,
            std::string("remove nomodeset from the kernel command line, and reboot") + kAllow);
  EXPECT_EQ(refusal("install i915 /bin/false\n", "").why,
            std::string(kNoDisplay) +
                "i915 is disabled by 'install i915 /bin/false' (/etc/modprobe.d/x.conf:1)");
  const auto by_parameter = refusal("", "module_blacklist=i915,xe");
  EXPECT_EQ(by_parameter.why, std::string(kNoDisplay) +
                                  "i915 is blacklisted by module_blacklist=i915,xe on the kernel "
                                  "command line");
  EXPECT_TRUE(by_parameter.remedy.starts_with(
      "remove i915 from module_blacklist=i915,xe on the kernel command line, and reboot"));
}

// The integrated GPU is there, so that the firmware setup cannot enable it.
TEST_F(MissingDriver, OfTheKernelNeedsAnotherCard) {
  tree_.file("/lib/modules/6.12/modules.alias", "alias pci:v00001002d* amdgpu\n");
  const auto none = refusal("blacklist i915\n", "nomodeset");
  EXPECT_EQ(none.why, std::string(kNoDisplay) + "no module of this kernel matches it");
  EXPECT_EQ(none.remedy, std::string("add another graphics card for the host") + kAllow);
}

// Distributions blacklist nvidiafb: it must stay blacklisted.
TEST_F(MissingDriver, IsNotAFramebufferDriver) {
  tree_.file("/lib/modules/6.12/modules.alias",
             "alias pci:v00008086d* intelfb\nalias pci:v00008086d* i915\n");
  const auto listed = refusal("blacklist intelfb\nblacklist i915\n", "");
  EXPECT_EQ(listed.remedy.find("intelfb"), listed.remedy.npos) << listed.remedy;
  EXPECT_NE(listed.remedy.find("'blacklist i915'"), listed.remedy.npos) << listed.remedy;
}

TEST_F(GuardTest, LastDisplayHasARemedyForItsMachine) {
  EXPECT_EQ(plan(kCard).refusals.at(0).remedy,
            "add or enable another display, such as the integrated GPU in the firmware setup; "
            "if the host needs no screen, set 'only-display = allow'");
  tree_.function("0000:01:00.2", "10DE:1B81", "30000");
  tree_.link("/sys/bus/pci/devices/0000:01:00.2/physfn", "../0000:01:00.0");
  EXPECT_TRUE(plan(kCard).refusals.at(0).remedy.starts_with(
      "claim a virtual function of it instead, as in 'address = 0000:01:00.2', or add "));
}

// A virtual function is no display, so its claim takes none from the host.
TEST_F(GuardTest, VirtualFunctionIsNoLastDisplay) {
  tree_.function("0000:01:00.2", "10DE:1B81", "30000");
  tree_.link("/sys/bus/pci/devices/0000:01:00.2/physfn", "../0000:01:00.0");
  const Plan made = plan("[card]\naddress = 0000:01:00\n[virtual]\naddress = 0000:01:00.2\n");
  ASSERT_EQ(made.claims.size(), 1u);
  EXPECT_EQ(made.claims[0].card, "virtual");
  ASSERT_EQ(made.refusals.size(), 1u);
  EXPECT_EQ(made.refusals[0].card, "card");
}

// The only display is the integrated GPU.
TEST_F(GuardTest, IntegratedGpuIsNotEnabledTwice) {
  FakeTree intel, amd;
  intel.iommu().function("0000:00:02.0", "8086:46A6", "30000", "i915");
  amd.iommu().function("0000:05:00.0", "1002:164C", "30000", "amdgpu");
  amd.function("0000:05:00.2", "1022:15DF", "108000", "ccp");
  for (const auto& [tree, address] :
       {std::pair(&intel, "0000:00:02"), std::pair(&amd, "0000:05:00.0")}) {
    config::Configuration configuration;
    config::parse_configuration(std::string("[a]\naddress = ") + address + "\n",
                                "/etc/vfio-early.conf", configuration);
    const Plan refused =
        make_plan(configuration, *host::read_machine(tree->root(), details_for(configuration)));
    ASSERT_EQ(refused.refusals.size(), 1u) << address;
    EXPECT_TRUE(refused.refusals[0].remedy.starts_with("add another graphics card for the host;"))
        << refused.refusals[0].remedy;
  }
}

TEST_F(GuardTest, CardForGuestsIsNotADisplay) {
  for (const char* driver : {"pci-stub", "vfio-pci", "xe-vfio-pci", "nvgrace_gpu_vfio_pci"}) {
    FakeTree other;
    other.iommu();
    other.function("0000:01:00.0", "10DE:1B81", "30000");
    other.function("0000:02:00.0", "10DE:1B81", "30000", driver);
    config::Configuration configuration;
    config::parse_configuration(kCard, "/etc/vfio-early.conf", configuration);
    EXPECT_TRUE(
        make_plan(configuration, *host::read_machine(other.root(), details_for(configuration)))
            .claims.empty())
        << driver;
  }
}

// An option ids= also binds the identical card that the host is to keep.
TEST_F(GuardTest, DisplayOnAClaimingDriverIsNamed) {
  tree_.function("0000:02:00.0", "10DE:1B81", "30000", "vfio-pci");
  const Plan refused = plan(kCard);
  ASSERT_EQ(refused.refusals.size(), 1u);
  EXPECT_TRUE(refused.refusals[0].why.ends_with("kept for a guest: 0000:02:00.0 (vfio-pci)"))
      << refused.refusals[0].why;
  EXPECT_NE(refused.refusals[0].remedy.find("'ids='"), std::string::npos);
  // What a section claims is meant for a guest.
  const Plan both = plan("[a]\naddress = 0000:01:00\n[b]\naddress = 0000:02:00\n");
  ASSERT_EQ(both.refusals.size(), 2u);
  EXPECT_EQ(both.refusals[0].why, "the host would have no other display with a driver");
}

TEST_F(GuardTest, VirtualFunctionIsNotADisplay) {
  tree_.function("0000:03:00.1", "8086:56C0", "30000", "i915");
  EXPECT_EQ(claimed(kCard), "0000:01:00.0 0000:01:00.1 ");
  tree_.function("0000:03:00.0", "8086:56C0", "30200", "i915");
  tree_.link("/sys/bus/pci/devices/0000:03:00.1/physfn", "../0000:03:00.0");
  EXPECT_EQ(claimed(kCard), "");
}

class GroupTest : public GuardTest {
 protected:
  GroupTest() {
    tree_.function("0000:00:01.0", "8086:1901", "60400", "pcieport");
    tree_.function("0000:01:00.2", "10DE:1AD8", "C0330", "xhci_hcd");
    tree_.function("0000:03:00.0", "144D:A808", "10802", "nvme");
    tree_.function("0000:04:00.0", "10DE:1B81", "30000", "nouveau");
    tree_.group(1,
                {"0000:00:01.0", "0000:01:00.0", "0000:01:00.1", "0000:01:00.2", "0000:03:00.0"});
    tree_.group(2, {"0000:04:00.0"});
  }
};

TEST_F(GroupTest, UnclaimedMembersAreReportedExceptBridges) {
  const Plan made = plan("[a]\naddress = 0000:01:00\nfunctions = 0 1\n");
  const auto warnings = unclaimed_group_warnings(machine_, claimed_functions(made));
  ASSERT_EQ(warnings.size(), 2u);
  EXPECT_NE(warnings[0].what.find("0000:01:00.2 (10de:1ad8, class 0c0330) shares IOMMU group 1"),
            std::string::npos)
      << warnings[0].what;
  EXPECT_NE(warnings[0].what.find("(driver xhci_hcd)"), std::string::npos);
  EXPECT_NE(warnings[1].remedy.find("move the card to a slot"), std::string::npos);
}

// Only the named function is accepted, and only in the card's own group.
TEST_F(GroupTest, AllowedMemberIsNotReported) {
  const std::string card = "[a]\naddress = 0000:01:00\nfunctions = 0 1\n";
  const auto warnings_of = [&](const std::string& lines) {
    const Plan made = plan(card + lines);
    std::string text;
    for (const auto& warning : unclaimed_group_warnings(machine_, claimed_functions(made)))
      text += warning.what.substr(0, 12) + " ";
    for (const auto& warning : useless_allow_warnings(machine_, claimed_functions(made)))
      text += warning.what + ". ";
    return text;
  };
  EXPECT_EQ(warnings_of(""), "0000:01:00.2 0000:03:00.0 ");
  EXPECT_EQ(warnings_of("allow = 01:00.2\n"), "0000:03:00.0 ");
  EXPECT_EQ(warnings_of("allow = 01:00.2 03:00.0\n"), "");
  EXPECT_EQ(warnings_of("allow = 0000:04:00.0 0000:09:00.0\n"),
            "0000:01:00.2 0000:03:00.0 'allow' names 0000:04:00.0, which is in no IOMMU group of "
            "the card. 'allow' names 0000:09:00.0, which is not found. ");
  EXPECT_EQ(
      warnings_of(
          "only-display = allow\n[b]\naddress = 0000:04:00\nonly-display = allow\nallow = 0000:03:00.0\n"),
      "0000:01:00.2 0000:03:00.0 'allow' names 0000:03:00.0, which is in no IOMMU group of "
      "the card. ")
      << "another card's section";
  ASSERT_EQ(allowed_peers(machine_, claimed_functions(plan(card + "allow = 01:00.2\n"))).size(),
            1u);
}

// It is not left to the host: the plan must not say so.
TEST_F(GroupTest, AllowedMemberThatIsClaimedIsReported) {
  const Plan made = plan(
      "[a]\naddress = 0000:01:00\nfunctions = 0 1\nallow = 01:00.1 01:00.2 03:00.0\n"
      "[b]\n\naddress = 0000:03:00.0\nonly-display = allow\n");
  const auto claimed = claimed_functions(made);
  const auto peers = allowed_peers(machine_, claimed);
  ASSERT_EQ(peers.size(), 1u);
  EXPECT_EQ(peers[0]->address.str(), "0000:01:00.2");
  std::vector<std::string> warnings;
  for (const auto& warning : made.warnings)
    if (warning.what.starts_with("'allow'"))
      warnings.push_back(warning.card + ": " + warning.what + ". Remedy: " + warning.remedy);
  ASSERT_EQ(warnings.size(), 2u);
  EXPECT_EQ(warnings[0].find("a: 'allow' names 0000:01:00.1, which is claimed by section [a] "
                             "(/etc/vfio-early.conf:2) and"),
            0u)
      << warnings[0];
  EXPECT_EQ(warnings[1],
            "a: 'allow' names 0000:03:00.0, which is claimed by section [b] "
            "(/etc/vfio-early.conf:7) and does not stay with the host. Remedy: remove it from "
            "'allow' in section [a] (/etc/vfio-early.conf:2), or do not claim it");
  EXPECT_TRUE(useless_allow_warnings(machine_, claimed).empty());
  for (const auto& warning :
       plan("[a]\naddress = 0000:01:00\nfunctions = 0 1\nallow = 01:00.2\n").warnings)
    EXPECT_FALSE(warning.what.starts_with("'allow'")) << warning.what;
}

TEST_F(GroupTest, AllowedMemberIsNotClaimedWithTheGroup) {
  const std::string card = "[a]\naddress = 0000:01:00.0\ngroup = claim\n";
  EXPECT_EQ(claimed(card), "0000:01:00.0 0000:01:00.1 0000:01:00.2 ");
  EXPECT_EQ(claimed(card + "allow = 0000:01:00.2\n"), "0000:01:00.0 0000:01:00.1 ");
}

// No remedy is to give a function away that the host needs.
TEST_F(GroupTest, RemedyOfAnUnclaimedMemberDependsOnItsKind) {
  const auto remedy_of = [](const std::string& address, const char* class_code,
                            const char* driver) {
    FakeTree tree;
    tree.function("0000:00:14.3", "8086:51F0", "28000", "vfio-pci");
    tree.function(address, "8086:51ED", class_code, driver);
    tree.group(1, {"0000:00:14.3", address});
    const auto warnings =
        unclaimed_group_warnings(*host::read_machine(tree.root(), {.groups = true}),
                                 {{"a", *host::PciAddress::parse("0000:00:14.3")}});
    return warnings.size() == 1 ? warnings[0].remedy : "";
  };
  EXPECT_EQ(remedy_of("0000:00:14.0", "C0330", "xhci_hcd"),
            "use another device for the guest: no slot isolates the functions of one device");
  for (const char* host : {"C0330", "C0500", "50000", "60100", "10601", "20000", "40300"})
    EXPECT_TRUE(remedy_of("0000:00:1f.4", host, "a-driver").starts_with("move the card")) << host;
  for (const char* card : {"30000", "40000", "68000", "120000"})
    EXPECT_TRUE(remedy_of("0000:02:00.0", card, "a-driver").starts_with("claim it too")) << card;
  EXPECT_TRUE(remedy_of("0000:00:0e.0", "10400", "vmd").starts_with("disable VMD in the firmware"));
}

// A driver that keeps a function for a guest leaves the group viable.
TEST_F(GroupTest, MembersOnAVariantDriverAreNotReported) {
  const auto warnings_with = [](const char* driver) {
    FakeTree tree;
    tree.function("0000:01:00.0", "10DE:1B81", "30000", "vfio-pci");
    tree.function("0000:02:00.0", "15B3:101E", "20000", driver);
    tree.group(1, {"0000:01:00.0", "0000:02:00.0"});
    return unclaimed_group_warnings(*host::read_machine(tree.root(), {.groups = true}),
                                    {{"a", *host::PciAddress::parse("0000:01:00.0")}})
        .size();
  };
  EXPECT_EQ(warnings_with("mlx5_core"), 1u);
  for (const char* driver : {"mlx5_vfio_pci", "vfio-pci", "pci-stub"})
    EXPECT_EQ(warnings_with(driver), 0u) << driver;
}

// A function of class 06 that is not a bridge to another bus blocks a group if it has a driver, and
// can be claimed.
TEST_F(GroupTest, EndpointsOfClass06AreNotBridges) {
  tree_.function("0000:05:00.0", "10DE:22A3", "68000", "nvidia-nvswitch");
  tree_.function("0000:05:00.1", "8086:7A04", "60100");
  tree_.group(2, {"0000:05:00.0", "0000:05:00.1"});
  plan("[b]\naddress = 0000:04:00\n");
  const auto warnings =
      unclaimed_group_warnings(machine_, {{"b", *host::PciAddress::parse("0000:04:00.0")}});
  ASSERT_EQ(warnings.size(), 1u) << "not the ISA bridge without a driver";
  EXPECT_NE(warnings[0].what.find("0000:05:00.0 (10de:22a3"), std::string::npos);
  EXPECT_EQ(claimed("[b]\naddress = 0000:04:00\ngroup = claim\n"), "0000:04:00.0 0000:05:00.0 ");
  EXPECT_EQ(claimed("[s]\naddress = 0000:05:00.0\n"), "0000:05:00.0 ");
  EXPECT_EQ(claimed("[p]\naddress = 0000:00:01.0\n"), "") << "a bridge";
}

TEST_F(GroupTest, GroupClaimSkipsBridgesAndDisks) {
  EXPECT_EQ(claimed("[a]\naddress = 0000:01:00\nfunctions = 0 1\ngroup = claim\n"),
            "0000:01:00.0 0000:01:00.1 0000:01:00.2 ");
}

TEST_F(GroupTest, IdsOfUnclaimedFunctionsAreReported) {
  tree_.file("/proc/cmdline", "quiet vfio-pci.ids=10de:1b81,10de:10f0\n");
  tree_.file("/etc/modprobe.d/b.conf",
             "# options vfio-pci ids=8086:1901\n\noptions vfio_pci \\\n"
             "  disable_vga=1 ids=144d:a808:ffffffff:ffffffff\n");
  tree_.file("/usr/lib/modprobe.d/b.conf", "options vfio-pci ids=10de:1ad8\n");  // hidden
  const Plan made = plan(kCard);
  const auto options = host::module_options(host::read_modprobe_lines(tree_.root()),
                                            machine_.command_line, "vfio-pci");
  const auto warnings =
      ids_option_warnings(machine_, {made.claims.at(0).function.address}, "vfio-pci", options);
  ASSERT_EQ(warnings.size(), 2u);
  EXPECT_NE(
      warnings[0].what.find(
          "(/etc/modprobe.d/b.conf:3) also matches functions that are not claimed: 0000:03:00.0"),
      std::string::npos)
      << warnings[0].what;
  EXPECT_NE(
      warnings[1].what.find("(kernel command line) also matches functions that are not claimed: "
                            "0000:01:00.1 (10de:10f0, audio) and 0000:04:00.0 (10de:1b81, VGA)"),
      std::string::npos)
      << warnings[1].what;
  // vfio-pci refuses the ports of a card's switch, which guides list too.
  EXPECT_TRUE(
      ids_option_warnings(machine_, {}, "vfio-pci",
                          std::vector<host::ModuleOption>{{"ids", "8086:1901", "/x.conf:1"}})
          .empty());
}

TEST_F(GroupTest, IdsOfPciStubAreReported) {
  const Plan made = plan("[a]\naddress = 0000:01:00.0\n");
  const std::vector<host::PciAddress> claimed = {made.claims.at(0).function.address};
  const std::vector<host::ModuleOption> options = {
      {"ids", "10de:1b81", host::ModuleOption::kCommandLine}, {"ids", "10de:1b81", "/x.conf:1"}};
  EXPECT_TRUE(ids_option_warnings(machine_, claimed, "pci-stub", options)
                  .at(0)
                  .what.starts_with("the pci-stub option ids=10de:1b81 (kernel command line)"));
  const auto warnings = stub_warnings(machine_, claimed, options);
  ASSERT_EQ(warnings.size(), 2u);
  EXPECT_NE(warnings[0].what.find("pci-stub binds 0000:01:00.0 (10de:1b81, VGA) first"),
            std::string::npos);
  EXPECT_EQ(warnings[0].remedy, "remove pci-stub.ids= from the kernel command line");
  EXPECT_EQ(warnings[1].remedy, "remove the option from /x.conf:1, then rebuild the initramfs");
  EXPECT_TRUE(stub_warnings(machine_, {}, options).empty());
}

TEST(IgnoredCommands, AreThoseOfModulesThatAreLoaded) {
  const auto lines = host::parse_modprobe_lines(
      "install vfio-pci /sbin/x.sh\nremove vfio true\ninstall vfio* a\ninstall mlx5-vfio-pci b\n"
      "install i915 /bin/false\noptions vfio-pci ids=1:1\n",
      "/m.conf");
  const auto warnings = ignored_command_warnings(vfio_modules({"vfio-pci"}), lines);
  ASSERT_EQ(warnings.size(), 3u);
  EXPECT_TRUE(warnings[0].what.starts_with("/m.conf:1: 'install vfio-pci /sbin/x.sh' is ignored"));
  EXPECT_TRUE(warnings[1].what.starts_with("/m.conf:2: "));
  EXPECT_TRUE(warnings[2].what.starts_with("/m.conf:3: "));
  EXPECT_EQ(ignored_command_warnings(vfio_modules({"mlx5_vfio_pci"}), lines).size(), 4u);
}

TEST_F(GroupTest, CommandLineClaimsLikeASection) {
  const auto from = [&](const std::string& line) {
    configuration_ = {};
    config::parse_command_line(host::CommandLine::parse(line), configuration_);
    machine_ = *host::read_machine(tree_.root(), details_for(configuration_));
    std::string addresses;
    const Plan made = make_plan(configuration_, machine_);
    for (const Claim& claim : made.claims) addresses += claim.function.address.str() + " ";
    for (const config::Refusal& refusal : made.refusals)
      addresses += refusal.where() + ": " + refusal.why;
    return addresses;
  };
  const std::string whole = "0000:01:00.0 0000:01:00.1 0000:01:00.2 ";
  EXPECT_EQ(from("quiet vfio_early.claim=0000:01:00"), whole);
  EXPECT_EQ(from("vfio-early.claim=10de:1b81,index=0"), whole);
  EXPECT_EQ(from("vfio_early.claim=\"address=0000:01:00,functions=0 1\""),
            "0000:01:00.0 0000:01:00.1 ");
  EXPECT_EQ(from("vfio_early.claim=0000:01:00.0 vfio_early.claim=0000:01:00.1"),
            "0000:01:00.0 0000:01:00.1 ");
  EXPECT_EQ(from("vfio_early.claim=rubbish"),
            "kernel command line: invalid value 'rubbish' for 'address'");
  EXPECT_EQ(from("vfio_early.claim=0000:01:00,colour=red"),
            "kernel command line: unknown key 'colour'");
  EXPECT_EQ(from("vfio_early.claim="), "kernel command line: no key selects a card");
}

TEST_F(GroupTest, DriverctlIsImportedAsSections) {
  plan(kCard);
  const std::string text = import_driverctl(machine_, {{"pci-0000:01:00.0", "vfio-pci"},
                                                       {"pci-0000:01:00.1", "vfio-pci"},
                                                       {"pci-0000:09:00.0", "vfio-pci"},
                                                       {"pci-0000:04:00.0", "none"},
                                                       {"vmbus-x", "vfio-pci"}});
  EXPECT_EQ(text,
            "# pci-0000:09:00.0: not imported: not found on this machine\n"
            "# pci-0000:04:00.0: not imported: its driver is 'none', not vfio-pci\n"
            "# vmbus-x: not imported: not a PCI function\n"
            "[pci-0000:01:00]\naddress = 0000:01:00.0 0000:01:00.1\n"
            "identity = 10de:1b81 10de:10f0\n");
  EXPECT_EQ(claimed(text), "0000:01:00.0 0000:01:00.1 ");
}

// A control character in a name must not start a section, or make other sections unreadable.
TEST_F(GroupTest, DriverctlNamesCannotLeaveComments) {
  plan(kCard);
  const std::string text = import_driverctl(machine_, {{"x\n[evil]\nid = 10de:1b81", "vfio-pci"},
                                                       {"pci-0000:04:00.0", "no\x07ne"},
                                                       {"pci-0000:01:00.0", "vfio-pci"}});
  EXPECT_EQ(text,
            "# x?[evil]?id = 10de:1b81: not imported: not a PCI function\n"
            "# pci-0000:04:00.0: not imported: its driver is 'no?ne', not vfio-pci\n"
            "[pci-0000:01:00]\naddress = 0000:01:00.0\nidentity = 10de:1b81\n");
  config::Configuration configuration;
  config::parse_configuration(text, "/x", configuration);
  EXPECT_TRUE(configuration.refusals.empty());
  EXPECT_EQ(configuration.cards.size(), 1u);
}

}  // namespace
}  // namespace plan
