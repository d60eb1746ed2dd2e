// SPDX-License-Identifier: GPL-2.0-or-later
//
// Settings of this machine that vfio-early does not need, or that take a card from it.
#include "verify/inspect/other_settings.h"

#include "tests/unit/fake_tree.h"
#include "tests/unit/verify/healthy.h"

namespace verify {
namespace {

class OtherSettingsTest : public testing::Test {
 protected:
  OtherSettingsTest() {
    machine_.machine.functions.push_back(
        pci_function(kSecond, {0x10de, 0x1b81, 0, 0}, 0x030000, ""));
    tree_.file("/sys/bus/pci/devices/0000:01:00.0/modalias", "pci:v000010DEd00001B81bc03\n");
    tree_.file("/sys/bus/pci/devices/0000:02:00.0/modalias", "pci:v000010DEd00001B81bc03\n");
    tree_.file("/lib/modules/6.12.0/modules.alias",
               "alias pci:v000010DEd* nouveau\nalias pci:v000010DEd* nvidiafb\n");
    tree_.file("/lib/modules/6.12.0/modules.dep", "kernel/drivers/vfio/vfio.ko:\n");
  }

  Findings findings(const char* id) {
    machine_.other_settings =
        read_other_settings(tree_.root(), machine_.machine, machine_.assigned_functions);
    return findings_of(id, machine_);
  }

  // The only finding of bind.leftovers with this text in modprobe.d.
  Finding leftover(const std::string& text) {
    tree_.file("/etc/modprobe.d/vfio.conf", text);
    return only_finding(findings("bind.leftovers"));
  }

  static constexpr const char* kSecond = "0000:02:00.0";
  FakeTree tree_;
  Inspection machine_ = healthy();
};

TEST_F(OtherSettingsTest, NoneOrHarmlessOnesPass) {
  EXPECT_EQ(leftover("").evidence, "no settings of other guides for passthrough were found");
  for (const std::string harmless :
       {"softdep nvidia pre: vfio-pci", "options vfio-pci ids=10de:10f0", "blacklist snd_hda_intel",
        "remove vfio-pci /bin/true", "install nouveau modprobe -i nouveau"}) {
    const Finding finding = leftover("# old\n" + harmless + "\n");
    EXPECT_EQ(finding.status, Status::kPass) << harmless;
    const bool listed = !harmless.starts_with("install") && !harmless.starts_with("blacklist");
    EXPECT_EQ(has_text(finding.evidence, "/etc/modprobe.d/vfio.conf:2: " + harmless), listed)
        << finding.evidence;
  }
}

TEST_F(OtherSettingsTest, InstallCommandWarns) {
  const Finding finding = leftover("install vfio-pci /sbin/vfio-pci-override.sh\n");
  EXPECT_EQ(finding.status, Status::kWarn);
  EXPECT_TRUE(has_text(finding.evidence, "/etc/modprobe.d/vfio.conf:1: install vfio-pci /sbin"))
      << finding.evidence;
  EXPECT_TRUE(has_text(finding.remedy, "remove the line /etc/modprobe.d/vfio.conf:1"));
  EXPECT_TRUE(has_text(finding.remedy, "\n  dracut --force --regenerate-all")) << finding.remedy;
}

TEST_F(OtherSettingsTest, SoftdepOnGraphicsDriverWarns) {
  EXPECT_EQ(leftover("softdep vfio-pci pre: nvidia-drm\n").status, Status::kWarn);
  EXPECT_EQ(leftover("softdep vfio-pci pre: vendor_reset\n").status, Status::kPass);
}

// Both cards have that id, and only one is configured.
TEST_F(OtherSettingsTest, IdsOfOtherCardWarn) {
  const Finding finding = leftover("options vfio-pci ids=10de:1b81\n");
  EXPECT_EQ(finding.status, Status::kWarn);
  EXPECT_TRUE(has_text(finding.evidence, kSecond)) << finding.evidence;
  machine_.machine.command_line = host::CommandLine::parse("pci-stub.ids=10de:1b81");
  const Finding stub = leftover("");
  EXPECT_EQ(stub.status, Status::kWarn);
  EXPECT_TRUE(has_text(stub.remedy, "remove pci-stub.ids=10de:1b81 from GRUB_CMDLINE_LINUX"))
      << stub.remedy;
  machine_.machine.command_line = host::CommandLine::parse("pci-stub.ids=10de:10f0");
  EXPECT_TRUE(has_text(leftover("").evidence, "pci-stub binds 0000:01:00.1")) << "its own audio";
}

TEST_F(OtherSettingsTest, BlacklistThatDisablesAnotherCardWarns) {
  // nvidiafb remains for the other card.
  EXPECT_EQ(leftover("blacklist nouveau\n").status, Status::kPass);
  const Finding finding = leftover("blacklist nouveau\nblacklist nvidiafb\n");
  EXPECT_EQ(finding.status, Status::kWarn);
  EXPECT_TRUE(has_text(finding.evidence,
                       "/etc/modprobe.d/vfio.conf:1: blacklist nouveau: this also leaves 0000:02"))
      << finding.evidence;
  machine_.machine.functions.back().driver = "nvidia";
  EXPECT_EQ(leftover("blacklist nouveau\nblacklist nvidiafb\n").status, Status::kPass);
}

TEST_F(OtherSettingsTest, MissingVirqfdWarns) {
  tree_.file("/etc/modules", "# vfio_virqfd\nvfio\nvfio_virqfd\n");
  tree_.file("/etc/mkinitcpio.conf.d/a.conf", "MODULES=(vfio_pci vfio vfio-virqfd)\n");
  const Findings found = findings("bind.leftovers");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].status, Status::kWarn);
  EXPECT_TRUE(has_text(found[0].evidence, "/etc/modules:3: vfio_virqfd")) << found[0].evidence;
  EXPECT_TRUE(has_text(found[1].evidence, "a.conf:1: MODULES=")) << found[1].evidence;
  tree_.file("/lib/modules/6.12.0/modules.dep", "kernel/drivers/vfio/vfio_virqfd.ko.xz:\n");
  EXPECT_EQ(only_finding(findings("bind.leftovers")).status, Status::kPass);
}

TEST_F(OtherSettingsTest, VirqfdIsFoundInTheModuleDirectoryOfNixos) {
  std::filesystem::remove_all(tree_.directory() / "lib/modules");
  const std::string modules = "/run/booted-system/kernel-modules/lib/modules/6.12.0";
  tree_.file("/etc/modules", "vfio_virqfd\n").file(modules + "/modules.dep", "");
  EXPECT_EQ(only_finding(findings("bind.leftovers")).status, Status::kWarn);
  tree_.file(modules + "/modules.dep", "kernel/drivers/vfio/vfio_virqfd.ko.xz:\n");
  EXPECT_EQ(only_finding(findings("bind.leftovers")).status, Status::kPass);
}

TEST_F(OtherSettingsTest, TakerWarnsWithItsCommand) {
  EXPECT_EQ(findings("bind.later").front().status, Status::kSkip);
  tree_.file("/etc/udev/rules.d/9.rules", "");
  EXPECT_EQ(findings("bind.later").front().status, Status::kPass);
  tree_.file("/etc/driverctl.d/pci-0000:01:00.0", "nvidia\n");
  const Findings found = findings("bind.later");
  EXPECT_EQ(found[0].status, Status::kWarn);
  EXPECT_TRUE(has_text(found[0].evidence, "/etc/driverctl.d/pci-0000:01:00.0"));
  EXPECT_TRUE(has_text(found[0].remedy, "\n  driverctl unset-override 0000:01:00.0"));
  EXPECT_EQ(found[1].status, Status::kPass) << "the audio function";
  machine_.functions[0].claim_status = ClaimStatus::kUnconfigured;
  EXPECT_EQ(findings("bind.later").front().status, Status::kSkip);
}

// Too large for any limit.
const std::string kLarge(size_t{3} << 20, '#');

TEST_F(OtherSettingsTest, FileThatIsNotReadMayHaveATaker) {
  for (const char* file :
       {"/etc/udev/rules.d/9.rules", "/etc/rc.local", "/etc/modprobe.d/large.conf",
        "/etc/driverctl.d/pci-0000:01:00.0", "/etc/systemd/system/a.service"}) {
    tree_.file("/etc/udev/rules.d/1.rules", "");
    tree_.file(file, kLarge);
    const Finding finding = findings("bind.later").front();
    EXPECT_EQ(finding.status, Status::kUnknown) << file;
    const std::string path =
        std::string(file).find("driverctl") != std::string::npos ? "/etc/driverctl.d" : file;
    EXPECT_TRUE(has_text(finding.evidence, path)) << finding.evidence;
    std::filesystem::remove(tree_.directory().string() + file);
    EXPECT_EQ(findings("bind.later").front().status, Status::kPass) << file;
  }
}

TEST_F(OtherSettingsTest, TakerCountsBesideAFileThatIsNotRead) {
  tree_.file("/etc/rc.local", kLarge);
  tree_.file("/etc/driverctl.d/pci-0000:01:00.0", "nvidia\n");
  const Findings found = findings("bind.later");
  EXPECT_EQ(found[0].status, Status::kWarn);
  EXPECT_EQ(found[1].status, Status::kUnknown) << "the audio function";
}

TEST_F(OtherSettingsTest, FileThatIsNotReadMayHaveLeftovers) {
  tree_.file("/etc/modules", kLarge);
  EXPECT_EQ(leftover("blacklist snd_hda_intel\n").status, Status::kUnknown);
  const Finding finding = leftover("options vfio-pci ids=10de:10f0\n");
  EXPECT_EQ(finding.status, Status::kUnknown);
  EXPECT_TRUE(has_text(finding.evidence, "/etc/modules")) << finding.evidence;
  EXPECT_EQ(leftover("softdep vfio-pci pre: nvidia\n").status, Status::kWarn);
  tree_.file("/etc/modules", "");
  EXPECT_EQ(leftover(kLarge).status, Status::kUnknown);
  EXPECT_EQ(leftover("").status, Status::kPass);
  tree_.file("/etc/rc.local", kLarge);
  EXPECT_EQ(leftover("").status, Status::kPass) << "a script has none of these settings";
}

// The function was bound in the initramfs, and has another driver now.
class LostFunction : public OtherSettingsTest {
 protected:
  LostFunction() { machine_.functions[0].function.driver = "nvidia"; }
};

TEST_F(LostFunction, NamesTheCulprit) {
  tree_.file("/etc/driverctl.d/pci-0000:01:00.0", "nvidia\n");
  tree_.file("/etc/rc.local", "echo 0000:01:00.0 > /sys/bus/pci/drivers/nouveau/bind\n");
  const Finding finding = findings("bind.driver").front();
  EXPECT_EQ(finding.status, Status::kFail);
  EXPECT_TRUE(
      has_text(finding.evidence,
               "it was bound in the initramfs, and lost later to nvidia; driverctl binds it"))
      << finding.evidence;
  EXPECT_FALSE(has_text(finding.evidence, "rc.local")) << "that binds a different driver";
  EXPECT_EQ(finding.remedy, Remedy("remove this override, then reboot:",
                                   {"driverctl unset-override 0000:01:00.0"}));
}

TEST_F(LostFunction, UnknownCulpritIsToBeFound) {
  const Finding finding = findings("bind.driver").front();
  EXPECT_TRUE(has_text(finding.evidence, "lost later to nvidia")) << finding.evidence;
  EXPECT_TRUE(has_text(finding.remedy, "\n  dmesg | grep 0000:01:00.0")) << finding.remedy;
  machine_.functions[0].function.driver.clear();
  EXPECT_TRUE(has_text(findings("bind.driver").front().evidence, "and lost later"));
}

// The initramfs was correct.
TEST_F(LostFunction, NoRemedyRebuildsTheInitramfs) {
  machine_.functions[0].override = "nvidia";
  findings("bind.later");
  for (const Finding& finding : run_checks(machine_))
    if (finding.id.starts_with("bind.")) {
      EXPECT_FALSE(has_text(finding.remedy, "dracut")) << finding.id << ": " << finding.remedy;
    }
  for (const char* id : {"bind.override", "bind.history"})
    EXPECT_EQ(findings_of(id, machine_).front().cause, "bind.driver") << id;
}

TEST_F(LostFunction, IsNotOneThatWasReleased) {
  machine_.record->functions[0].settle(record::State::kReleased, "released by the user", "reboot");
  EXPECT_FALSE(has_text(findings("bind.driver").front().evidence, "lost"));
}

class PciStub : public OtherSettingsTest {
 protected:
  PciStub() {
    machine_.machine.command_line = host::CommandLine::parse("pci-stub.ids=10de:1b81");
    machine_.kernel_log->push_back(
        {machine_.kernel_log->size(), 9000, "pci-stub 0000:01:00.0: claimed by stub"});
  }
};

TEST_F(PciStub, IsNoEvidenceAgainstHistory) {
  machine_.record->functions[0].found = "pci-stub";
  const Finding finding = findings("bind.history").front();
  EXPECT_EQ(finding.status, Status::kWarn);
  EXPECT_TRUE(has_text(finding.evidence,
                       "only pci-stub held it, which does not use the device; "
                       "reserved 4.1 s after the kernel started, when pci-stub held it"))
      << finding.evidence;
  EXPECT_TRUE(has_text(finding.remedy, "remove pci-stub.ids=10de:1b81 from GRUB_CMDLINE_LINUX"))
      << finding.remedy;
  machine_.kernel_log->back().text = "nouveau 0000:01:00.0: NVIDIA GP104";
  EXPECT_EQ(findings("bind.history").front().status, Status::kFail);
}

TEST_F(PciStub, ThatHoldsTheFunctionIsReplaced) {
  machine_.record = host::Error{ENOENT, "open"};
  machine_.functions[0].function.driver = "pci-stub";
  const Finding finding = findings("bind.driver").front();
  EXPECT_EQ(finding.status, Status::kFail);
  EXPECT_TRUE(has_text(finding.remedy, "\n  vfio-early claim\nremove pci-stub.ids="))
      << finding.remedy;
  EXPECT_NE(findings("bind.history").front().status, Status::kFail);
}

TEST_F(PciStub, OptionInFileIsNamed) {
  machine_.machine.command_line = {};
  tree_.file("/etc/modprobe.d/s.conf", "options pci-stub ids=10de:1b81\n");
  EXPECT_TRUE(has_text(findings("bind.history").front().remedy, "from /etc/modprobe.d/s.conf:1"));
  std::filesystem::remove(tree_.directory() / "etc/modprobe.d/s.conf");
  EXPECT_TRUE(has_text(findings("bind.history").front().remedy, "find what binds it to pci-stub"));
}

}  // namespace
}  // namespace verify
