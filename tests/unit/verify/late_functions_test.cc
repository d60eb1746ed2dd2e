// SPDX-License-Identifier: GPL-2.0-or-later
//
// Cards that are away, virtual functions, and functions that the IOMMU leaves out.
#include "host/text.h"
#include "record/record.h"
#include "tests/unit/fake_tree.h"
#include "tests/unit/verify/healthy.h"
#include "verify/check/checks.h"
#include "verify/inspect_machine.h"
#include "verify/named_cards.h"
#include "verify/setup/setup.h"

namespace verify {
namespace {

constexpr const char* kPhysical = "0000:00:02.0";
constexpr const char* kVirtual = "0000:00:02.1";

class LateFunctions : public testing::Test {
 protected:
  LateFunctions() {
    tree_.iommu();
    tree_.function(kPhysical, "8086:46A6", "30000", "i915").group(0, {kPhysical});
    tree_.file("/sys/bus/pci/devices/0000:00:02.0/boot_vga", "1\n");
    tree_.file("/proc/cmdline", "quiet\n");
  }

  void create_virtual_function() {
    tree_.function(kVirtual, "8086:46A6", "30000", "vfio-pci").group(10, {kVirtual});
    tree_.link("/sys/bus/pci/devices/0000:00:02.1/physfn", "../0000:00:02.0");
  }

  Inspection inspected(const std::vector<std::string>& cards) const {
    return std::move(*inspect(tree_.root(), configuration(), {.cards = cards, .live = false}));
  }
  config::Configuration configuration() const {
    return config::read_configuration(tree_.root(), config::kConfigurationFile);
  }
  std::string addresses(const std::string& card) const {
    std::string text;
    for (const ConfiguredFunction& function : inspected({card}).functions)
      text += function.address() + " ";
    return text;
  }
  std::string setup(const std::string& card) const {
    return setup_text(inspected({card}), configuration());
  }

  FakeTree tree_;
};

TEST_F(LateFunctions, VirtualFunctionIsACardOfItsOwn) {
  create_virtual_function();
  EXPECT_EQ(addresses("0000:00:02"), "0000:00:02.0 ");
  EXPECT_EQ(addresses(kVirtual), "0000:00:02.1 ");
  const std::string text = setup(kVirtual);
  EXPECT_TRUE(has_text(text, "  address = 0000:00:02.1\n  identity = 8086:46a6\n")) << text;
  EXPECT_TRUE(has_text(text, "a virtual function of 0000:00:02.0")) << text;
  EXPECT_TRUE(has_text(text, "host=0000:00:02.1,bus=gpu")) << text;
  EXPECT_FALSE(has_text(text, "boot display")) << text;
  const Finding plan = findings_of("bind.plan", inspected({kVirtual})).at(0);
  EXPECT_TRUE(has_text(plan.remedy, "\n  vfio-verify setup 0000:00:02.1")) << plan.remedy;
  EXPECT_TRUE(has_text(setup("0000:00:02"), "This card is the boot display"));
  // A section with the virtual function does not have the slot.
  tree_.file("/etc/vfio-early.conf", "[virtual]\naddress = 0000:00:02.1\n");
  EXPECT_EQ(addresses("0000:00:02"), "0000:00:02.0 ");
  EXPECT_EQ(addresses("virtual"), "0000:00:02.1 ");
}

TEST_F(LateFunctions, CardThatIsAwayIsUnknown) {
  tree_.function("0000:00:07.0", "8086:9A23", "60400", "pcieport");
  tree_.file("/sys/bus/pci/devices/0000:00:07.0/secondary_bus_number", "2\n");
  tree_.file("/etc/vfio-early.conf", "[egpu]\naddress = 0000:02:00\n");
  const Inspection machine = inspected({});
  const Finding away = findings_of("bind.plan", machine).at(0);
  EXPECT_EQ(away.status, Status::kUnknown);
  EXPECT_TRUE(
      has_text(away.evidence, "[egpu] is not connected: no card below the port 0000:00:07.0"));
  EXPECT_TRUE(has_text(away.remedy, "claimed when it appears")) << away.remedy;
  EXPECT_TRUE(has_text(setup("egpu"), "Make the card appear"));
  EXPECT_EQ(named_cards({"02:00"}, configuration(), machine.machine.functions),
            std::vector<std::string>{"egpu"});
  // The negative test: no port leads there.
  tree_.file("/etc/vfio-early.conf", "[egpu]\naddress = 0000:03:00\n");
  EXPECT_EQ(findings_of("bind.plan", inspected({})).at(0).status, Status::kFail);
}

// A section with 'vfs': the physical function is the host's.
class ConfiguredVirtualFunctions : public LateFunctions {
 protected:
  ConfiguredVirtualFunctions() {
    tree_.file("/etc/vfio-early.conf", "[igpu]\naddress = 0000:00:02.0\nvfs = 2\n");
    for (const auto& [name, text] : {std::pair{"totalvfs", "7"}, {"offset", "1"}, {"stride", "1"}})
      attribute(name, text);
    count(0);
  }

  void attribute(const std::string& name, const std::string& text) {
    tree_.file("/sys/bus/pci/devices/0000:00:02.0/sriov_" + name, text + "\n");
  }
  void count(int number) {
    attribute("numvfs", std::to_string(number));
    if (number == 0) return;
    create_virtual_function();
    tree_.link("/sys/bus/pci/devices/0000:00:02.0/virtfn0", "../0000:00:02.1");
  }
  void record(record::Creation state, const std::string& why) {
    record::Record record;
    record.boot_id = "one";
    record.physical_functions.push_back(
        {.card = "igpu", .address = {{0, 0, 2}, 0}, .vfs = 2, .state = state, .why = why});
    record.physical_functions[0].remedy = "do it";
    tree_.file("/proc/sys/kernel/random/boot_id", "one\n");
    tree_.file("/run/vfio-early/record.json", record::to_json(record));
  }
  Finding missing(const std::vector<std::string>& cards = {}) const {
    const Inspection machine = inspected(cards);
    for (const Finding& finding : findings_of("bind.plan", machine))
      if (has_text(finding.evidence, "virtual functions of 0000:00:02.0 exist")) return finding;
    return {};
  }
};

TEST_F(ConfiguredVirtualFunctions, MissingOnesAreReported) {
  EXPECT_EQ(addresses("igpu"), "") << "the physical function is not checked";
  const Finding without_any = missing();
  EXPECT_EQ(without_any.status, Status::kFail);
  EXPECT_EQ(without_any.evidence,
            "[igpu] 0 of 2 virtual functions of 0000:00:02.0 exist; missing: 0000:00:02.1 "
            "0000:00:02.2, although the driver i915 is bound");
  EXPECT_TRUE(has_text(without_any.remedy, "vfio-early claim")) << without_any.remedy;
  for (const char* operand : {"igpu", "0000:00:02.0", "0000:00:02"})
    EXPECT_EQ(missing({operand}).status, Status::kFail) << operand;
  record(record::Creation::kFailed, "the driver refuses");
  EXPECT_TRUE(has_text(missing().evidence, "vfio-early reports: the driver refuses"));
  EXPECT_TRUE(has_text(missing().remedy, "do it"));
}

// The one that exists is judged as a card of its own.
TEST_F(ConfiguredVirtualFunctions, ExistingOnesAreJudged) {
  count(1);
  EXPECT_EQ(addresses("igpu"), "0000:00:02.1 ");
  EXPECT_TRUE(has_text(missing().evidence, "1 of 2 virtual functions"));
  EXPECT_TRUE(has_text(missing().evidence, "missing: 0000:00:02.2"));
  EXPECT_EQ(findings_of("bind.driver", inspected({})).at(0).status, Status::kPass);
  // The negative test: nothing is missing.
  tree_.file("/etc/vfio-early.conf", "[igpu]\naddress = 0000:00:02.0\nvfs = 1\n");
  EXPECT_EQ(missing().evidence, "");
}

TEST_F(ConfiguredVirtualFunctions, WithoutDriverTheyAreAway) {
  std::filesystem::remove_all(tree_.directory() / "sys/bus/pci/devices/0000:00:02.0");
  tree_.function(kPhysical, "8086:46A6", "30000");
  for (const auto& [name, text] : {std::pair{"totalvfs", "7"}, {"numvfs", "0"}})
    attribute(name, text);
  EXPECT_EQ(missing().status, Status::kUnknown);
  EXPECT_TRUE(has_text(missing().evidence, "no driver is bound to 0000:00:02.0"));
  record(record::Creation::kReleased, "released by the user");
  EXPECT_EQ(missing().status, Status::kFail);
}

TEST_F(LateFunctions, IgnoredDropInIsWarnedAbout) {
  tree_.file("/etc/vfio-early.conf.d/gaming", "[a]\naddress = 0000:00:02\n");
  const Findings findings = findings_of("bind.plan", inspected({}));
  EXPECT_EQ(findings.at(0).status, Status::kWarn);
  EXPECT_TRUE(has_text(findings.at(0).evidence, "does not end with .conf"));
}

TEST_F(LateFunctions, ParameterThatRemovesGroupIsNamed) {
  tree_.function("0000:01:00.0", "10DE:1B81", "30000", "nouveau").group(1, {"0000:01:00.0"});
  std::filesystem::remove(tree_.directory() / "sys/bus/pci/devices/0000:00:02.0/iommu_group");
  Finding group = findings_of("iommu.group", inspected({kPhysical})).at(0);
  EXPECT_EQ(group.status, Status::kFail);
  EXPECT_TRUE(has_text(group.evidence, "no unit of the firmware's tables covers it"));
  EXPECT_FALSE(has_text(group.remedy, "slot")) << group.remedy;
  tree_.file("/proc/cmdline", "intel_iommu=on,igfx_off\n");
  group = findings_of("iommu.group", inspected({kPhysical})).at(0);
  EXPECT_EQ(group.status, Status::kFail);
  EXPECT_TRUE(has_text(group.evidence, "intel_iommu=on,igfx_off leaves the integrated graphics"));
  EXPECT_TRUE(has_text(group.remedy, "replace intel_iommu=on,igfx_off with intel_iommu=on in "))
      << group.remedy;
  tree_.file("/proc/cmdline", "intel_iommu=igfx_off\n");
  group = findings_of("iommu.group", inspected({kPhysical})).at(0);
  EXPECT_TRUE(has_text(group.remedy, "remove intel_iommu=igfx_off from ")) << group.remedy;
  EXPECT_EQ(findings_of("iommu.group", inspected({"0000:01:00"})).at(0).status, Status::kPass);
}

TEST(NamedCards, AreWrittenInFull) {
  config::Configuration configuration;
  configuration.sections["01:00"] = "/etc/vfio-early.conf:1";
  const auto named = [&](const std::string& operand) {
    const auto cards = named_cards({operand}, configuration, healthy().machine.functions);
    return host::join(cards, " ");
  };
  EXPECT_EQ(named("pci_0000_01_00_0"), "0000:01:00.0");
  EXPECT_EQ(named("0A:00"), "0000:0a:00");
  EXPECT_EQ(named("01:00"), "01:00") << "the name of a section";
  EXPECT_EQ(named("gaming"), "gaming");
  EXPECT_EQ(named("ffff:1234"), "ffff:1234");
  FakeTree tree;
  tree.function("0000:00:14.0", "8086:7A60", "C0330")
      .function("0000:00:14.3", "8086:7A70", "28000");
  EXPECT_EQ(named_cards({"8086:7a70"}, configuration, tree.machine().functions),
            std::vector<std::string>{"0000:00:14.3"})
      << "not the USB controller in its slot";
  EXPECT_EQ(named(healthy().functions[0].function.id.str()),
            healthy().functions[0].function.address.slot.str());
}

}  // namespace
}  // namespace verify
