// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/fake_tree.h"
#include "tests/unit/verify/healthy.h"
#include "verify/inspect/log/logging_driver.h"

namespace verify {
namespace {

// The finding for the first function.
Finding driver(const Inspection& machine) {
  return findings_of("bind.driver", machine).front();
}
Finding override(const Inspection& machine) {
  return findings_of("bind.override", machine).front();
}
Finding history(const Inspection& machine) {
  return findings_of("bind.history", machine).front();
}

Inspection with_log_line(const std::string& line) {
  Inspection machine = healthy();
  machine.kernel_log->push_back({machine.kernel_log->size(), 9000, line});
  return machine;
}

record::FunctionRecord& record(Inspection& machine) {
  return machine.record->functions.front();
}

TEST(BindPlan, ListsConfiguredFunctions) {
  const Findings findings = findings_of("bind.plan", healthy());
  ASSERT_EQ(findings.size(), 2u);
  EXPECT_EQ(findings[0].status, Status::kPass);
  EXPECT_EQ(findings[0].evidence, "[gaming] 10de:1b81 class 030000");
}

TEST(BindPlan, WarnsAboutAFunctionBesideTheCard) {
  Inspection machine = healthy();
  FakeTree tree;
  tree.function("0000:01:00.0", "1002:1900", "30000");
  tree.function("0000:01:00.1", "1022:15B9", "C0330");
  machine.machine.functions = tree.machine().functions;
  for (size_t i = 0; i < 2; ++i) machine.functions[i].function = machine.machine.functions[i];
  const Findings findings = findings_of("bind.plan", machine);
  EXPECT_EQ(findings[0].status, Status::kPass);
  EXPECT_EQ(findings[1].status, Status::kWarn);
  EXPECT_TRUE(has_text(findings[1].remedy, "take it out of [gaming] in /etc/vfio-early.conf"))
      << findings[1].remedy;
}

TEST(BindPlan, ARefusalFailsWithFileAndLine) {
  Inspection machine = healthy();
  machine.refusals.push_back({"spare", "/etc/vfio-early.conf", 7, "unknown key 'adress'", "help"});
  const Finding finding = findings_of("bind.plan", machine).front();
  EXPECT_EQ(finding.status, Status::kFail);
  EXPECT_EQ(finding.evidence, "/etc/vfio-early.conf:7: [spare] unknown key 'adress'");
  EXPECT_EQ(finding.remedy, "help");
}

// The host has a card with 'hand-over = yes' until a guest starts.
TEST(BindDriver, HostMayHaveCardThatIsHandedOver) {
  Inspection machine = healthy();
  machine.functions[0].function.driver = "nouveau";
  machine.functions[0].override = "";
  EXPECT_EQ(driver(machine).status, Status::kFail);
  machine.functions[0].hand_over = true;
  for (const Finding& finding : {driver(machine), override(machine), history(machine)}) {
    EXPECT_EQ(finding.status, Status::kSkip) << finding.id;
    EXPECT_TRUE(has_text(finding.evidence, "the host has it until a guest starts"))
        << finding.evidence;
  }
  // While a guest has it, the driver is judged.
  machine.functions[0].function.driver = "vfio-pci";
  EXPECT_EQ(driver(machine).status, Status::kPass);
}

TEST(BindPlan, NoConfiguredCardIsUnknown) {
  Inspection machine = healthy();
  machine.functions.clear();
  const Finding finding = only_finding(findings_of("bind.plan", machine));
  EXPECT_EQ(finding.status, Status::kUnknown);
  EXPECT_TRUE(
      has_text(finding.remedy, "\n  address = 0000:01:00\n  identity = 10de:1b81 10de:10f0\n"))
      << finding.remedy;
  EXPECT_TRUE(has_text(finding.remedy, "\n  dracut --force --regenerate-all")) << finding.remedy;
}

TEST(BindPlan, EachGraphicsCardMayBeChecked) {
  Inspection machine = healthy();
  machine.functions.clear();
  machine.machine.functions.push_back(
      pci_function("0000:02:00.0", {0x1002, 0x73ff, 0, 0}, 0x030000, ""));
  EXPECT_TRUE(has_text(only_finding(findings_of("bind.plan", machine)).remedy,
                       "\n  vfio-verify 0000:01:00\n  vfio-verify 0000:02:00"));
}

// A router: its network card is not suggested.
TEST(BindPlan, NothingIsSuggestedWithoutAGraphicsCard) {
  Inspection machine = healthy();
  machine.functions.clear();
  machine.machine.functions = {
      pci_function("0000:01:00.0", {0x8086, 0x157b, 0, 0}, 0x020000, "igb")};
  const Finding finding = only_finding(findings_of("bind.plan", machine));
  EXPECT_EQ(finding.status, Status::kUnknown);
  EXPECT_TRUE(has_text(finding.evidence, "no graphics card was found")) << finding.evidence;
  EXPECT_FALSE(has_text(finding.remedy, "0000:01:00")) << finding.remedy;
}

TEST(BindPlan, UnreadableConfigurationIsUnknown) {
  Inspection machine = healthy();
  machine.functions.clear();
  machine.forbidden_files = {"/etc/vfio-early.conf"};
  EXPECT_EQ(only_finding(findings_of("bind.plan", machine)).status, Status::kUnknown);
}

// A healthy machine whose configuration was changed after the image was made.
Inspection with_stale_image() {
  Inspection machine = healthy();
  machine.configuration_hash = "0000000000000001";
  return machine;
}

TEST(BindPlan, OldConfigurationInImageWarns) {
  const Finding finding = findings_of("bind.plan", with_stale_image()).back();
  EXPECT_EQ(finding.status, Status::kWarn);
  EXPECT_EQ(finding.evidence,
            "the initramfs of this boot did not use the current /etc/vfio-early.conf");
  EXPECT_TRUE(has_text(finding.remedy, "\n  dracut --force --regenerate-all")) << finding.remedy;
}

TEST(BindPlan, OnlyImageOfThisBootIsCompared) {
  const auto expect_no_warning = [](auto change) {
    Inspection machine = with_stale_image();
    change(machine);
    for (const Finding& finding : findings_of("bind.plan", machine))
      EXPECT_NE(finding.status, Status::kWarn) << finding.evidence;
  };
  expect_no_warning([](auto& m) { m.configuration_hash = m.record->configuration_hash; });
  expect_no_warning([](auto& m) { m.configuration_file = "/tmp/another.conf"; });
  expect_no_warning([](auto& m) { m.record->configuration_files = {"/tmp/another.conf"}; });
  expect_no_warning([](auto& m) { m.record->boot_id = "another-boot"; });
  expect_no_warning([](auto& m) { m.record = host::Error{ENOENT, "open"}; });
  expect_no_warning([](auto& m) { m.record->in_initramfs = false; });
  expect_no_warning([](auto& m) { m.record->configuration_hash.clear(); });
  expect_no_warning([](auto& m) { m.forbidden_files = {"/etc/vfio-early.conf"}; });
}

TEST(BindDriver, ExpectedDriverPasses) {
  EXPECT_EQ(driver(healthy()).status, Status::kPass);
}

TEST(BindDriver, OtherOrNoDriverFails) {
  Inspection machine = healthy();
  machine.functions[0].function.driver = "nouveau";
  EXPECT_EQ(driver(machine).status, Status::kFail);
  EXPECT_TRUE(has_text(driver(machine).evidence, "bound to nouveau"));
  machine.functions[0].function.driver.clear();
  EXPECT_EQ(driver(machine).status, Status::kFail);
}

TEST(BindDriver, QuotesReasonFromRecord) {
  Inspection machine = healthy();
  machine.functions[0].function.driver.clear();
  record(machine).state = record::State::kReserved;
  record(machine).why = "the module vfio-pci is not in this initramfs";
  record(machine).remedy = "rebuild it";
  EXPECT_TRUE(has_text(driver(machine).evidence, "not in this initramfs"));
  EXPECT_EQ(driver(machine).remedy, "rebuild it");

  machine.record->boot_id = "another-boot";  // of an earlier boot
  EXPECT_FALSE(has_text(driver(machine).evidence, "not in this initramfs"));
}

TEST(BindDriver, QuotesRefusalFromRecord) {
  Inspection machine = healthy();
  machine.functions[0].function.driver = "nouveau";
  machine.record->functions.clear();
  machine.record->refusals = {
      {"other", "", 0, "not about it", ""},
      {"gaming", "", 0, "the last boot was not healthy", "look at its log"}};
  EXPECT_TRUE(has_text(driver(machine).evidence, "the last boot was not healthy"));
  EXPECT_EQ(driver(machine).remedy, "look at its log");
}

TEST(BindDriver, NamesTheRescueSwitch) {
  Inspection machine = healthy();
  machine.functions[0].function.driver = "nouveau";
  machine.machine.command_line = host::CommandLine::parse("vfio_early=off");
  EXPECT_TRUE(has_text(driver(machine).remedy, "remove vfio_early=off")) << driver(machine).remedy;
}

TEST(BindOverride, SetOverridePasses) {
  EXPECT_EQ(override(healthy()).status, Status::kPass);
}

TEST(BindOverride, UnsetWarnsWhileBoundAndFailsOtherwise) {
  Inspection machine = healthy();
  machine.functions[0].override = "";
  EXPECT_EQ(override(machine).status, Status::kWarn);
  machine.functions[0].function.driver = "nouveau";
  EXPECT_EQ(override(machine).status, Status::kFail);
  machine.functions[0].override = "nouveau";
  EXPECT_EQ(override(machine).status, Status::kFail);
  machine.functions[0].override.reset();
  EXPECT_EQ(override(machine).status, Status::kUnknown);
}

// `vfio-early claim` would claim nothing.
TEST(BindOverride, WithoutAnIommuOnlyTheIommuIsFixed) {
  Inspection machine = without_iommu();
  for (const char* set : {"", "nouveau"}) {
    machine.functions[0].override = set;
    EXPECT_EQ(override(machine).cause, "iommu.present") << set;
  }
  Inspection other = healthy();
  other.functions[0].override = "";
  EXPECT_EQ(override(other).cause, "");
}

TEST(BindHistory, CompleteRecordAndLogPass) {
  const Finding finding = history(healthy());
  EXPECT_EQ(finding.status, Status::kPass);
  EXPECT_TRUE(has_text(finding.evidence, "reserved 4.1 s after")) << finding.evidence;
}

// A kexec does not power-cycle any card.
TEST(BindHistory, KexecWarns) {
  FakeTree tree;
  EXPECT_FALSE(host::read_platform(tree.root()).kexec);
  tree.file("/proc/sys/kernel/bootloader_type", "114\n");  // GRUB
  EXPECT_FALSE(host::read_platform(tree.root()).kexec);
  tree.file("/proc/sys/kernel/bootloader_type", "208\n");
  Inspection machine = healthy();
  machine.platform = host::read_platform(tree.root());
  const Finding finding = history(machine);
  EXPECT_EQ(finding.status, Status::kWarn);
  EXPECT_TRUE(has_text(finding.evidence, "started by kexec")) << finding.evidence;
  EXPECT_TRUE(has_text(finding.evidence, "reserved 4.1 s after")) << finding.evidence;
}

TEST(BindHistory, EarlierVfioPciIsReported) {
  Inspection machine = healthy();
  record(machine).found = "vfio-pci";
  const Finding finding = history(machine);
  EXPECT_EQ(finding.status, Status::kPass);
  EXPECT_TRUE(
      has_text(finding.evidence, "vfio-pci already held it when vfio-early ran, 4.1 s after"))
      << finding.evidence;
  EXPECT_FALSE(has_text(finding.evidence, "no driver held it")) << finding.evidence;
}

TEST(BindHistory, HostDriverInLogFails) {
  for (const char* line :
       {"nouveau 0000:01:00.0: NVIDIA GP104 (134000a1)", "bochs-drm: probe of 0000:01:00.0 failed",
        "[drm] Initialized nouveau 1.4.0 for 0000:01:00.0 on minor 0"}) {
    const Finding finding = history(with_log_line(line));
    EXPECT_EQ(finding.status, Status::kFail) << line;
    EXPECT_TRUE(has_text(finding.evidence, line)) << finding.evidence;
  }
}

TEST(BindHistory, HostDriverInLogFailsWithoutRecord) {
  Inspection machine = with_log_line("nouveau 0000:01:00.0: NVIDIA GP104 (134000a1)");
  machine.record = host::Error{ENOENT, "open"};
  machine.kernel_log->erase(machine.kernel_log->begin());
  EXPECT_EQ(history(machine).status, Status::kFail);
}

TEST(BindHistory, RecordedOrCurrentHostDriverFails) {
  Inspection found = healthy();
  record(found).found = "nouveau";
  EXPECT_EQ(history(found).status, Status::kFail);
  EXPECT_TRUE(has_text(history(found).evidence, "nouveau held it before vfio-early ran"));

  Inspection holds = healthy();
  holds.functions[0].function.driver = "nouveau";
  EXPECT_EQ(history(holds).status, Status::kFail);
}

// If the id of this boot is unknown, a record without one may be of any boot.
TEST(BindHistory, RecordWithoutABootIdIsNotOfThisBoot) {
  Inspection machine = healthy();
  const host::PciAddress address = machine.functions[0].function.address;
  EXPECT_TRUE(machine.has_record_of_this_boot());
  EXPECT_NE(machine.recorded(address), nullptr);
  machine.machine.boot_id = machine.record->boot_id = "";
  EXPECT_FALSE(machine.has_record_of_this_boot());
  EXPECT_EQ(machine.recorded(address), nullptr);
  machine = healthy();
  machine.record = host::Error{ENOENT, "open"};
  EXPECT_FALSE(machine.has_record_of_this_boot());
}

TEST(BindHistory, MissingProofIsUnknown) {
  const auto expect_unknown = [](auto damage, const char* words) {
    Inspection machine = healthy();
    damage(machine);
    const Finding finding = history(machine);
    EXPECT_EQ(finding.status, Status::kUnknown) << words;
    EXPECT_TRUE(has_text(finding.evidence + finding.remedy, words)) << finding.evidence;
  };
  expect_unknown([](auto& m) { m.record = host::Error{ENOENT, "open"}; }, "wrote no record");
  expect_unknown([](auto& m) { m.record = host::Error{0, "no JSON object"}; }, "no JSON object");
  expect_unknown([](auto& m) { m.record->boot_id = "another"; }, "different boot");
  expect_unknown([](auto& m) { m.machine.boot_id = m.record->boot_id = ""; }, "boot id");
  expect_unknown([](auto& m) { m.record->functions[0].in_initramfs = false; },
                 "in the booted system");
  expect_unknown([](auto& m) { m.machine.kernel_release = ""; },
                 "the version of the running kernel cannot be read");
  expect_unknown([](auto& m) { m.record->functions.clear(); }, "does not name");
  expect_unknown([](auto& m) { record(m).override_ns = 0; }, "did not reserve");
  expect_unknown([](auto& m) { record(m).state = record::State::kReserved; }, "'reserved'");
  for (const auto given : {record::State::kReturned, record::State::kReleased})
    expect_unknown(
        [&](auto& m) {
          record(m).state = given;
          record(m).override_ns = record(m).bound_ns = 0;
        },
        record::state_name(given));
  expect_unknown([](auto& m) { record(m).wanted_driver = "nvgrace_gpu_vfio_pci"; }, "nvgrace");
  expect_unknown([](auto& m) { m.kernel_log = host::Error{EPERM, "open /dev/kmsg"}; }, "as root");
  expect_unknown([](auto& m) { record(m).override_ns = 9'000'000'000'000'000'000; }, "newest line");
  expect_unknown([](auto& m) { record(m).override_ns = 1; }, "before the kernel found it");
  expect_unknown([](auto& m) { record(m).bound_ns = 4'000'000'000; }, "bound before");
  expect_unknown([](auto& m) { record(m).bound_ns = 0; }, "bound before");
  expect_unknown([](auto& m) { record(m).bound_ns = 9'000'000'000'000'000'000; }, "newest line");
  expect_unknown([](auto& m) { m.kernel_log->clear(); }, "log_buf_len");
  expect_unknown([](auto& m) { m.kernel_log->erase(m.kernel_log->begin()); }, "overwritten");
  expect_unknown([](auto& m) { m.kernel_log->erase(m.kernel_log->begin() + 2); }, "overwritten");
}

// No rebuild of the initramfs makes a file of /proc readable.
TEST(BindHistory, UnreadableKernelHasItsOwnRemedy) {
  for (auto member : {&host::Machine::boot_id, &host::Machine::kernel_release}) {
    Inspection machine = healthy();
    machine.machine.*member = "";
    const Finding finding = history(machine);
    EXPECT_TRUE(has_text(finding.remedy, "mount procfs at /proc")) << finding.remedy;
    EXPECT_FALSE(has_text(finding.remedy, "initramfs")) << finding.remedy;
    machine.record = host::Error{ENOENT, "open /run/vfio-early/record.json"};
    EXPECT_TRUE(has_text(history(machine).evidence, "wrote no record")) << "there is none to read";
  }
}

// vfio-early claims nothing without an IOMMU, so that a rebuild of the initramfs does not help.
TEST(BindHistory, RefersToTheMissingIommu) {
  Inspection machine = healthy();
  machine.functions[0].function.driver = "nouveau";
  machine.record = host::Error{ENOENT, "open /run/vfio-early/record.json"};
  EXPECT_EQ(history(machine).cause, "");
  machine.iommus = std::vector<std::string>();
  EXPECT_EQ(history(machine).status, Status::kFail);
  EXPECT_EQ(history(machine).cause, "iommu.present");
  const Findings all = run_checks(machine);
  const auto shown = std::find_if(all.begin(), all.end(),
                                  [](const auto& one) { return one.id == "bind.history"; });
  ASSERT_NE(shown, all.end());
  EXPECT_EQ(shown->evidence, "nouveau holds it now: see iommu.present");
  EXPECT_EQ(shown->remedy, "fix iommu.present first");
}

TEST(BindOverride, RefersToTheMissingIommu) {
  for (const char* other : {"", "nouveau"}) {
    Inspection machine = healthy();
    machine.functions[0].override = other;
    EXPECT_EQ(override(machine).cause, "") << other;
    machine.iommus = std::vector<std::string>();
    EXPECT_EQ(override(machine).cause, "iommu.present") << other;
  }
}

TEST(BindHistory, ContradictoryRecordIsUnknown) {
  const auto expect_unknown = [](auto damage, const char* words) {
    Inspection machine = healthy();
    damage(machine);
    const Finding finding = history(machine);
    EXPECT_EQ(finding.status, Status::kUnknown) << words;
    EXPECT_TRUE(has_text(finding.evidence, words)) << finding.evidence;
  };
  expect_unknown([](auto& m) { m.record->kernel_release = "6.1.0"; }, "from the kernel '6.1.0'");
  expect_unknown([](auto& m) { m.record->kernel_release = ""; }, "does not name its kernel");
  expect_unknown([](auto& m) { record(m).id.device = 0x2204; }, "the id '10de:2204'");
  expect_unknown([](auto& m) { record(m).id = {}; }, "the id '0000:0000'");
  expect_unknown([](auto& m) { m.record->gate = {}; }, "no time at which the gate began");
  expect_unknown([](auto& m) { m.record->gate.ended_ns = 1; }, "gate ended before it began");
  expect_unknown([](auto& m) { m.record->gate.began_ns = 0; }, "no time at which the gate began");
  expect_unknown([](auto& m) { m.record->bind = {0, 4'300'000'000}; }, "bind ended before");
  expect_unknown([](auto& m) { m.record->gate = {4'200'000'000, 4'300'000'000}; }, "gate began");
  expect_unknown([](auto& m) { m.functions[0].function.driver.clear(); }, "sysfs shows no driver");
  expect_unknown([](auto& m) { m.record->functions.push_back(record(m)); }, "two entries");
  expect_unknown([](auto& m) { m.functions[0].contradiction = "one, and two"; }, "one, and two");
}

// A gate that was killed has no end time, although bind completed.
TEST(BindHistory, MissingGateEndTimePasses) {
  Inspection machine = healthy();
  machine.record->gate.ended_ns = 0;
  EXPECT_EQ(history(machine).status, Status::kPass);
}

TEST(BindDriver, IsUnknownIfSysfsContradictsItself) {
  Inspection machine = healthy();
  machine.functions[0].contradiction = "one, and two";
  EXPECT_EQ(driver(machine).status, Status::kUnknown);
  EXPECT_EQ(findings_of("bind.plan", machine).front().status, Status::kUnknown);
}

TEST(BindHistory, RemovalAndRescanIsUnknown) {
  const Finding finding = history(with_log_line(
      "pci 0000:01:00.0: [10de:1b81] type 00 class 0x030000 conventional PCI endpoint"));
  EXPECT_EQ(finding.status, Status::kUnknown);
  EXPECT_TRUE(has_text(finding.evidence, "removed and found again")) << finding.evidence;
}

TEST(BindHistory, UnknownLogWordingIsUnknown) {
  Inspection machine = healthy();
  machine.kernel_log->at(1).text = "pci 0000:01:00.0: found 10de:1b81";
  const Finding finding = history(machine);
  EXPECT_EQ(finding.status, Status::kUnknown);
  EXPECT_TRUE(has_text(finding.evidence, "no known message")) << finding.evidence;
  EXPECT_FALSE(has_text(finding.evidence, "removed")) << finding.evidence;
  EXPECT_TRUE(has_text(finding.remedy, "\n  uname -r; dmesg | grep 0000:01:00.0"))
      << finding.remedy;
}

TEST(BindHistory, UnrelatedLineWithAddressPasses) {
  EXPECT_EQ(history(with_log_line("firmware of 0000:01:00.0: not needed")).status, Status::kPass);
}

TEST(BindHistory, ReleaseIsReportedAsCause) {
  Inspection machine = healthy();
  for (auto& function : machine.record->functions) {
    function.released = true;
    function.found = "bochs-drm";
  }
  const Finding reclaimed = history(machine);
  EXPECT_EQ(reclaimed.status, Status::kFail);
  EXPECT_TRUE(has_text(reclaimed.evidence, "bochs-drm held it after `vfio-early release`"))
      << reclaimed.evidence;
  EXPECT_TRUE(has_text(reclaimed.remedy, "reboot")) << reclaimed.remedy;
  EXPECT_FALSE(has_text(reclaimed.remedy, "dracut")) << reclaimed.remedy;
  machine.functions[0].function.driver = "bochs-drm";
  EXPECT_FALSE(has_text(history(machine).remedy, "dracut")) << history(machine).remedy;
}

TEST(BindHistory, ReturnToBusIsReportedAsCause) {
  Inspection machine = healthy();
  for (auto& function : machine.record->functions) {
    function.reappeared = true;
    function.found = "bochs-drm";
  }
  const Finding returned = history(machine);
  EXPECT_EQ(returned.status, Status::kFail);
  EXPECT_TRUE(has_text(returned.evidence, "bochs-drm held it after it returned to the bus"))
      << returned.evidence;
  EXPECT_TRUE(has_text(returned.remedy, "reboot")) << returned.remedy;
  EXPECT_FALSE(has_text(returned.remedy, "dracut")) << returned.remedy;
}

// No other driver had it meanwhile, but nothing proves that. The image is right: rebuilding it
// would not help.
TEST(BindHistory, RemedyForReclaimIsReboot) {
  for (const bool released : {true, false}) {
    Inspection machine = healthy();
    for (auto& function : machine.record->functions) {
      function.released = released;
      function.reappeared = !released;
      function.in_initramfs = false;
    }
    const Finding again = history(machine);
    EXPECT_EQ(again.status, Status::kUnknown);
    EXPECT_TRUE(has_text(again.evidence, "claimed again in the booted system")) << again.evidence;
    EXPECT_TRUE(has_text(again.remedy, "reboot")) << again.remedy;
    EXPECT_FALSE(has_text(again.remedy, "dracut")) << again.remedy;
  }
}

// A virtual function of a section with 'vfs': the first function, found at 4.08 s.
Inspection with_virtual_function(int64_t autoprobe_ns) {
  Inspection machine = healthy();
  machine.record->physical_functions.push_back(
      {.card = "gaming", .address = *host::PciAddress::parse("0000:01:01.0")});
  machine.record->physical_functions[0].autoprobe_ns = autoprobe_ns;
  record(machine).physical_function = machine.record->physical_functions[0].address;
  record(machine).in_initramfs = false;
  machine.kernel_log->at(1).microseconds = 4'080'000;
  return machine;
}

// It was created in the booted system, but no host driver could bind it: autoprobe was off before.
TEST(BindHistory, VirtualFunctionNeedsNoInitramfs) {
  constexpr int64_t kBefore = 3'000'000'000, kAfter = 4'090'000'000;
  for (const bool again : {false, true}) {
    Inspection machine = with_virtual_function(kBefore);
    if (again) {  // its driver was loaded again
      record(machine).reappeared = true;
      machine.kernel_log->insert(machine.kernel_log->begin() + 3, machine.kernel_log->at(1));
      for (size_t i = 0; i < machine.kernel_log->size(); ++i)
        machine.kernel_log->at(i).sequence = i;
    }
    EXPECT_EQ(history(machine).status, Status::kPass) << history(machine).evidence;
  }
  EXPECT_EQ(history(with_virtual_function(kAfter)).status, Status::kUnknown);
  // The clock of the log is not exact: it counts who created it.
  Inspection created = with_virtual_function(4'060'000'000);
  EXPECT_EQ(history(created).status, Status::kUnknown);
  created.record->physical_functions[0].created_ns = 4'095'000'000;
  EXPECT_EQ(history(created).status, Status::kPass) << history(created).evidence;
  EXPECT_EQ(history(with_virtual_function(0)).status, Status::kUnknown);
  Inspection released = with_virtual_function(kBefore);
  record(released).released = true;
  EXPECT_EQ(history(released).status, Status::kUnknown);
  Inspection without_physical = with_virtual_function(kBefore);
  without_physical.record->physical_functions.clear();
  EXPECT_EQ(history(without_physical).status, Status::kUnknown);
}

TEST(LogLineDriver, IsFoundInDriverMessages) {
  EXPECT_EQ(logging_driver("snd_hda_intel 0000:01:00.1: enabling device (0000 -> 0002)", kAudio),
            "snd_hda_intel");
  EXPECT_EQ(logging_driver("bochs-drm 0000:01:00.0: vgaarb: deactivate vga console", kVga),
            "bochs-drm");
  EXPECT_EQ(logging_driver("[drm] Initialized bochs-drm 1.0.0 for 0000:01:00.0 on minor 0", kVga),
            "bochs-drm");
  EXPECT_EQ(logging_driver("bochs-drm: probe of 0000:01:00.0 failed with error -16", kVga),
            "bochs-drm");
}

TEST(LogLineDriver, IsEmptyInOtherMessages) {
  for (const char* line : {
           "pci 0000:01:00.0: BAR 0 [mem 0xfd000000-0xfdffffff pref]",
           "pci 0000:01:00.0: Adding to iommu group 4",
           "iommu: Adding device 0000:01:00.0 to group 4",
           "vfio-early: gaming: 0000:01:00.0 is bound to vfio-pci",
           "vfio-early: 0000:01:00.0: refused",
           "snd_hda_intel 0000:01:00.1: bound 0000:01:00.0 (ops i915)",
           "pcieport 0000:00:01.0: AER: device 0000:01:00.0: lost",
           "nouveau 1000:01:00.0: another domain",
           "0000:01:00.0: nobody",
           "firmware of 0000:01:00.0: not needed",
           "the lost device: probe of 0000:01:00.0 failed",
           "",
       })
    EXPECT_EQ(logging_driver(line, kVga), "") << line;
}

}  // namespace
}  // namespace verify
