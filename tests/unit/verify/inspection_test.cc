// SPDX-License-Identifier: GPL-2.0-or-later
//
// From a fake tree to findings.
#include "plan/intent.h"
#include "tests/unit/fake_tree.h"
#include "tests/unit/verify/healthy.h"
#include "verify/check/checks.h"
#include "verify/inspect/checked_functions.h"
#include "verify/inspect_machine.h"
#include "verify/named_cards.h"

namespace verify {
namespace {

constexpr const char* kConfiguration =
    "[gaming]\naddress = 0000:01:00\n[spare]\naddress = 0000:02:00\n";

FakeTree& two_cards(FakeTree& tree) {
  tree.function(kVga, "10DE:1B81", "30000", "vfio-pci")
      .function(kAudio, "10DE:10F0", "40300", "vfio-pci")
      .function("0000:02:00.0", "1002:73BF", "30000", "amdgpu")
      .function("0000:00:02.0", "8086:9BC5", "30000", "i915")
      .group(4, {kVga, kAudio})
      .group(5, {"0000:02:00.0"})
      .file("/sys/kernel/iommu_groups/4/reserved_regions",
            "0x00000000fee00000 0x00000000feefffff msi\n")
      .file("/etc/vfio-early.conf", kConfiguration);
  return tree;
}

Inspection inspected(const FakeTree& tree, const Scope& scope) {
  const auto root = tree.root();
  return std::move(
      *inspect(root, config::read_configuration(root, scope.configuration_file), scope));
}

const Scope kCaptured = {.live = false};

TEST(Inspection, SelectsFunctionsWithoutIommuAndInRescue) {
  FakeTree tree;
  two_cards(tree).file("/proc/cmdline", "quiet vfio_early=off\n");
  const Inspection machine = inspected(tree, kCaptured);
  ASSERT_EQ(machine.functions.size(), 3u);
  EXPECT_EQ(machine.functions[1].address(), kAudio);
  EXPECT_EQ(machine.functions[1].group, 4);
  EXPECT_EQ(machine.functions[1].override, "");
  EXPECT_TRUE(machine.refusals.empty());
  EXPECT_FALSE(machine.has_iommu());
  EXPECT_EQ(machine.machine.command_line.value("vfio_early"), "off");
}

TEST(Inspection, InspectsSelectedCardsAndEachGroupOnce) {
  FakeTree tree;
  two_cards(tree);
  Scope scope = kCaptured;
  scope.cards = {"gaming"};
  const Inspection machine = inspected(tree, scope);
  EXPECT_EQ(machine.functions.size(), 2u);
  EXPECT_EQ(machine.assigned_functions.size(), 3u);
  ASSERT_EQ(machine.groups.size(), 1u);
  EXPECT_EQ(machine.groups[0].subject, kVga);
  EXPECT_EQ(machine.groups[0].members.size(), 2u);
}

// In each pair, the kernel shows one variable in both files.
TEST(Inspection, FindsContradictionsInSysfs) {
  const auto expect_contradiction = [](auto damage, const char* words) {
    FakeTree tree;
    two_cards(tree);
    EXPECT_EQ(inspected(tree, kCaptured).groups[0].contradiction, "");
    damage(tree);
    const Inspection machine = inspected(tree, kCaptured);
    EXPECT_TRUE(has_text(machine.groups[0].contradiction, words))
        << machine.groups[0].contradiction;
    EXPECT_EQ(findings_of("group.isolated", machine)[0].status, Status::kUnknown);
    EXPECT_EQ(findings_of("group.path", machine)[0].status, Status::kUnknown);
    EXPECT_EQ(findings_of("iommu.group", machine)[0].status, Status::kUnknown);
  };
  const auto remove = [](const FakeTree& tree, const std::string& path) {
    std::filesystem::remove(tree.directory() / path);
  };
  const std::string listed = "sys/kernel/iommu_groups/4/devices/";
  const std::string device = "sys/bus/pci/devices/" + std::string(kAudio);
  expect_contradiction([&](auto& tree) { remove(tree, listed + kVga); },
                       "does not list the function");
  expect_contradiction(
      [&](auto& tree) {
        remove(tree, device + "/iommu_group");
        tree.link("/" + device + "/iommu_group", "../../../../kernel/iommu_groups/5");
      },
      "names group 5");
  expect_contradiction([&](auto& tree) { tree.link("/" + listed + "0000:01:00.7", "/nothing"); },
                       "not a PCI function");
  expect_contradiction(
      [](auto& tree) {
        tree.link("/sys/kernel/iommu_groups/5/devices/" + std::string(kVga), "/nothing");
      },
      "group 5 lists 0000:01:00.0");
  expect_contradiction(
      [&](auto& tree) {
        remove(tree, device + "/driver");
        tree.link("/" + device + "/driver", "../../../../bus/pci/drivers/snd_hda_intel");
      },
      "its driver link says 'snd_hda_intel'");
  expect_contradiction([&](auto& tree) { tree.file("/" + device + "/vendor", "0x1002\n"); },
                       "its vendor says '0x1002'");
}

// After an update another card has the address, and vfio-early does not claim it: the user wants to
// know which card is there now.
TEST(Inspection, RefusedCardIsInspected) {
  FakeTree tree;
  two_cards(tree).file("/etc/vfio-early.conf",
                       "[gaming]\naddress = 0000:01:00\nidentity = 10de:1b81 10de:ffff\n"
                       "[spare]\naddress = 0000:02:00\n");
  const Inspection machine = inspected(tree, kCaptured);
  ASSERT_EQ(machine.functions.size(), 3u);
  EXPECT_EQ(machine.functions[0].card, "spare");
  EXPECT_EQ(machine.functions[1].claim_status, ClaimStatus::kRefused);
  EXPECT_EQ(machine.groups.size(), 2u);
  EXPECT_EQ(findings_of("bind.plan", machine).front().status, Status::kFail);
  EXPECT_EQ(findings_of("bind.plan", machine).size(), 2u) << "no function of a refused card passes";
  const Findings held = findings_of("bind.driver", machine);
  EXPECT_EQ(held[1].status, Status::kPass) << "it is on vfio-pci whatever the plan says";
  EXPECT_EQ(findings_of("bind.history", machine)[1].status, Status::kSkip);
}

TEST(Inspection, LastDisplayIsInspected) {
  FakeTree tree;
  tree.function(kVga, "10DE:1B81", "30000", "nouveau")
      .group(4, {kVga})
      .file("/etc/vfio-early.conf", "[only]\naddress = 0000:01:00\n");
  const Inspection machine = inspected(tree, kCaptured);
  ASSERT_EQ(machine.functions.size(), 1u);
  EXPECT_EQ(machine.functions[0].claim_status, ClaimStatus::kRefused);
  const Finding held = only_finding(findings_of("bind.driver", machine));
  EXPECT_EQ(held.status, Status::kSkip);
  EXPECT_EQ(held.evidence, "bound to nouveau; vfio-early does not claim it");
  EXPECT_EQ(held.cause, "bind.plan");
}

TEST(Inspection, AddressNeedsNoSection) {
  FakeTree tree;
  two_cards(tree).file("/etc/vfio-early.conf", "");
  Scope scope = kCaptured;
  scope.cards = {"0000:02:00"};
  const Inspection machine = inspected(tree, scope);
  ASSERT_EQ(machine.functions.size(), 1u);
  EXPECT_EQ(machine.functions[0].claim_status, ClaimStatus::kUnconfigured);
  const Finding plan = only_finding(findings_of("bind.plan", machine));
  EXPECT_EQ(plan.status, Status::kUnknown);
  EXPECT_TRUE(has_text(plan.remedy, "vfio-verify setup 0000:02:00")) << plan.remedy;
  EXPECT_EQ(verdict(run_checks(machine)), Status::kFail) << "there is no IOMMU, and that is said";
}

TEST(Inspection, AddressSelectsFunctionsOfItsSection) {
  FakeTree tree;
  two_cards(tree).function("0000:00:17.0", "8086:A102", "10601", "ahci");
  tree.file("/etc/vfio-early.conf",
            "[gaming]\naddress = 0000:01:00.0\n[disk]\naddress = 0000:00:17\n");
  Scope scope = kCaptured;
  scope.cards = {"0000:01:00", "0000:00:17"};
  const Inspection machine = inspected(tree, scope);
  ASSERT_EQ(machine.functions.size(), 2u);
  EXPECT_EQ(machine.functions[0].address(), kVga);
  EXPECT_EQ(machine.functions[0].claim_status, ClaimStatus::kClaimed);
  EXPECT_EQ(machine.functions[1].card, "disk");
  EXPECT_EQ(machine.functions[1].claim_status, ClaimStatus::kRefused) << "a section names it";
}

// Its slot would select the functions beside it.
TEST(Inspection, SetupOfADiskNamesItsFunction) {
  FakeTree tree;
  two_cards(tree).function("0000:00:17.0", "8086:A102", "10601", "ahci");
  Scope scope = kCaptured;
  scope.cards = {"0000:00:17"};
  const Finding plan = only_finding(findings_of("bind.plan", inspected(tree, scope)));
  EXPECT_TRUE(has_text(plan.remedy, "\n  vfio-verify setup 0000:00:17.0")) << plan.remedy;
}

TEST(Inspection, FunctionAddressSelectsItsSection) {
  FakeTree tree;
  two_cards(tree);
  Scope scope = kCaptured;
  scope.cards = {kAudio};
  const Inspection machine = inspected(tree, scope);
  ASSERT_EQ(machine.functions.size(), 2u);
  EXPECT_EQ(machine.functions[0].card, "gaming");
  EXPECT_EQ(machine.functions[0].claim_status, ClaimStatus::kClaimed);
}

TEST(Inspection, VariantDriverIsReadFromRecord) {
  FakeTree tree;
  two_cards(tree).file("/etc/vfio-early.conf", "[gaming]\naddress = 0000:01:00\ndriver = auto\n");
  EXPECT_EQ(inspected(tree, kCaptured).functions[0].wanted_driver, "vfio-pci");
  tree.file("/run/vfio-early/record.json",
            R"({"functions": [{"address": "0000:01:00.0", "want": "mlx5_vfio_pci"}]})");
  EXPECT_EQ(inspected(tree, kCaptured).functions[0].wanted_driver, "mlx5_vfio_pci");
  EXPECT_EQ(inspected(tree, kCaptured).functions[1].wanted_driver, "vfio-pci");
}

TEST(Inspection, RefusalOfOtherCardIsOmitted) {
  FakeTree tree;
  two_cards(tree).file("/etc/vfio-early.conf",
                       "[gaming]\naddress = 0000:01:00\n[gone]\naddress = 0000:09:00\n");
  EXPECT_EQ(inspected(tree, kCaptured).refusals.size(), 1u);
  Scope scope = kCaptured;
  scope.cards = {"gaming"};
  EXPECT_TRUE(inspected(tree, scope).refusals.empty());
}

TEST(Inspection, CapturedTreeIsNotAttached) {
  FakeTree tree;
  two_cards(tree).iommu();
  const Inspection machine = inspected(tree, kCaptured);
  EXPECT_EQ(only_finding(findings_of("iommu.present", machine)).evidence, "dmar0");
  EXPECT_EQ(findings_of("iommu.attach", machine)[0].status, Status::kSkip);
  EXPECT_EQ(findings_of("group.viable", machine)[0].status, Status::kSkip);
  EXPECT_EQ(findings_of("dma.map", machine)[0].status, Status::kSkip);
}

TEST(Inspection, AttachmentStopsAtMissingNode) {
  FakeTree tree;
  const Inspection machine = inspected(two_cards(tree), {});
  EXPECT_TRUE(machine.attachment(machine.groups[0]).failed(Step::kOpenContainer, ENOENT));
}

TEST(Inspection, ErrorOfReservedRegionsIsKept) {
  FakeTree tree;
  const Inspection machine = inspected(two_cards(tree), {});
  EXPECT_FALSE(machine.groups[0].reserved_unreadable);
  EXPECT_TRUE(machine.groups[1].reserved_unreadable);  // group 5 has no such file
}

TEST(Inspection, ConfigurationHashMatchesTheRecord) {
  FakeTree tree;
  const auto root = two_cards(tree).root();
  const auto configuration = config::read_configuration(root, config::kConfigurationFile);
  const Inspection machine = inspected(tree, kCaptured);
  EXPECT_EQ(machine.configuration_hash,
            plan::intended_record({}, configuration, machine.machine).configuration_hash);
}

TEST(Inspection, MissingPciBusIsAnError) {
  FakeTree tree;
  std::filesystem::remove_all(tree.directory() / "sys/bus/pci");
  EXPECT_FALSE(inspect(tree.root(), {}, {}));
}

TEST(Inspection, ReadsReservedRegions) {
  FakeTree tree;
  two_cards(tree).file("/sys/kernel/iommu_groups/5/reserved_regions",
                       "0x000000007c000000 0x000000007dffffff direct\nrubbish\n"
                       "0x000000000000zzzz 0x0000000000000000 direct\n");
  const auto regions = host::read_reserved_regions(tree.root(), 5);
  ASSERT_TRUE(regions);
  ASSERT_EQ(regions->size(), 1u);
  EXPECT_EQ(regions->front().last, 0x7dffffffu);
  EXPECT_EQ(regions->front().type, "direct");
}

TEST(BindExpected, MissingDeviceFails) {
  Inspection machine = healthy();
  EXPECT_EQ(only_finding(findings_of("bind.expected", machine)).status, Status::kPass);
  machine.expectations[0].expected = 2;
  machine.refusals = {
      {"gaming", "/etc/vfio-early.conf", 2, "only 1 of 2 devices found: 0000:02:00", "reseat it"},
      {"other", "/etc/vfio-early.conf", 9, "no such card", "correct it"}};
  const Finding finding = only_finding(findings_of("bind.expected", machine));
  EXPECT_EQ(finding.status, Status::kFail);
  EXPECT_EQ(finding.evidence,
            "/etc/vfio-early.conf:2: [gaming] 1 of 2 are claimed: only 1 of 2 devices found: "
            "0000:02:00");
  machine.refusals[0] = {"gaming@0000:02:00", "/etc/vfio-early.conf", 2, "identity mismatch", ""};
  EXPECT_TRUE(has_text(only_finding(findings_of("bind.expected", machine)).evidence,
                       "gaming@0000:02:00: identity mismatch"));
  machine.expectations.clear();
  EXPECT_EQ(only_finding(findings_of("bind.expected", machine)).status, Status::kSkip);
}

// The name of the section, one of its cards, and a slot.
TEST(CheckedFunctions, SectionWithCountHasSeveralCards) {
  FakeTree tree;
  tree.iommu();
  for (const char* card : {"0000:01:00.0", "0000:02:00.0", "0000:03:00.0"})
    tree.function(card, "10DE:2330", "30200");
  config::Configuration configuration;
  config::parse_configuration("[gpus]\nid = 10de:2330\ncount = 4\n", "/etc/vfio-early.conf",
                              configuration);
  const host::Machine machine = tree.machine();
  const auto cards_of = [&](const std::vector<std::string>& wanted) {
    std::string text;
    for (const CheckedFunction& each :
         find_checked_functions(configuration, machine, wanted).functions)
      text += each.card + " ";
    return text;
  };
  EXPECT_EQ(cards_of({}), "gpus@0000:01:00 gpus@0000:02:00 gpus@0000:03:00 ");
  EXPECT_EQ(cards_of({"gpus"}), cards_of({}));
  EXPECT_EQ(cards_of({"0000:02:00"}), "gpus@0000:02:00 ");
  EXPECT_EQ(named_cards({"gpus@0000:02:00", "gpus"}, configuration, machine.functions),
            (std::vector<std::string>{"0000:02:00", "gpus"}));
  const CheckedFunctions all = find_checked_functions(configuration, machine, {"gpus"});
  ASSERT_EQ(all.expectations.size(), 1u);
  EXPECT_EQ(all.expectations[0].claimed, 3u);
  ASSERT_EQ(all.refusals.size(), 1u);
}

}  // namespace
}  // namespace verify
