// SPDX-License-Identifier: GPL-2.0-or-later
//
// What claim CARD and release write, and when they write nothing. On a fake tree no driver changes,
// so a claim fails at its last step; tests/boot has claims by a kernel.
#include <filesystem>

#include "early/commands.h"
#include "early/gate.h"
#include "early/hand_over/claim_card.h"
#include "early/hand_over/hooks.h"
#include "early/hand_over/libvirt_hook.h"
#include "early/hand_over/recover.h"
#include "tests/unit/early/used_tree.h"

namespace early::hand_over {
namespace {

constexpr const char* kCard = "0000:01:00.0";
constexpr const char* kAudio = "0000:01:00.1";

class HandOverTest : public testing::Test {
 protected:
  HandOverTest() {
    tree_.iommu();
    tree_.function(kCard, "1234:1111", "38000", "bochs-drm");
    tree_.function(kAudio, "1234:2668", "40300", "snd_hda_intel");
    tree_.function("0000:02:00.0", "1234:1111", "38000", "bochs-drm");  // the host's
    tree_.file("/dev/kmsg", "").file("/run/x", "").file("/sys/bus/pci/drivers_probe", "");
    tree_.file("/proc/sys/kernel/random/boot_id", "one\n").file("/proc/1/mountinfo", "");
    for (const char* driver : {"bochs-drm", "snd_hda_intel"})
      for (const char* attribute : {"bind", "unbind"})
        tree_.file("/sys/bus/pci/drivers/" + std::string(driver) + "/" + attribute, "");
    configure("address = 0000:01:00\nunbind = display\n");
  }

  void configure(const std::string& lines) {
    tree_.file(config::kConfigurationFile, "[gaming]\n" + lines);
  }

  // Its functions have vfio-pci.
  void be_claimed_for(const std::string& domain) {
    record::Record record = {.boot_id = "one"};
    HandOver claimed = {.card = "gaming", .phase = Phase::kClaimed, .domain = domain};
    for (const char* address : {kCard, kAudio}) {
      const auto link = tree_.directory() / "sys/bus/pci/devices" / address / "driver";
      std::filesystem::remove(link);
      std::filesystem::create_symlink("../../../../bus/pci/drivers/vfio-pci", link);
      record.functions.push_back({.card = "gaming",
                                  .address = *host::PciAddress::parse(address),
                                  .wanted_driver = "vfio-pci",
                                  .state = record::State::kBound});
      claimed.functions.push_back({*host::PciAddress::parse(address), ""});
    }
    ASSERT_TRUE(record::write_record(tree_.root(), record));
    ASSERT_TRUE(write_hand_overs(tree_.root(), {{claimed}}));
  }

  int run_claim(const std::string& what = "gaming", const std::string& domain = {}) {
    (void)tree_.root().make_directory("/run/vfio-early");
    testing::internal::CaptureStderr();
    const int status = claim_card(
        tree_.root(), {.what = what, .config = config::kConfigurationFile, .domain = domain});
    message_ = testing::internal::GetCapturedStderr();
    return status;
  }

  int run_release(const std::string& what = "gaming") {
    testing::internal::CaptureStderr();
    const auto status = release_card(tree_.root(), what);
    message_ = testing::internal::GetCapturedStderr();
    return status.value_or(-1);
  }

  // On a fake tree no hook runs, but one that must not run is reported.
  void add_unsafe_hook() {
    const std::string path = std::string(kHooksDirectory) + "/10-log";
    tree_.file(path, "#!/bin/sh\n");
    std::filesystem::permissions(tree_.directory() / path.substr(1),
                                 static_cast<std::filesystem::perms>(0777));
  }

  bool said(const std::string& words) const { return message_.find(words) != message_.npos; }

  std::string override_of(const std::string& address) const {
    return tree_.text("/sys/bus/pci/devices/" + address + "/driver_override");
  }

  bool untouched() const {
    return override_of(kCard) == "(null)\n" && override_of(kAudio) == "(null)\n" &&
           tree_.text("/sys/bus/pci/drivers/bochs-drm/unbind").empty() &&
           !tree_.root().exists(kHandOverFile);
  }

  UsedTree tree_;
  std::string message_;
};

TEST_F(HandOverTest, HolderPreventsClaim) {
  tree_.node("/sys/bus/pci/devices/0000:01:00.0/drm/card0", "dri/card0");
  tree_.process(812, "Xorg", "/dev/dri/card0", "/system.slice/lightdm.service");
  EXPECT_EQ(run_claim(), kNotAllClaimed);
  EXPECT_TRUE(
      said("Xorg (812) of lightdm.service has /dev/dri/card0 open\n  Remedy: run "
           "`systemctl stop lightdm.service`"))
      << message_;
  EXPECT_TRUE(said("vfio-early: gaming: not claimed: it is in use: Xorg (812)")) << message_;
  EXPECT_TRUE(untouched());
}

TEST_F(HandOverTest, GraphicsDriverNeedsConsent) {
  configure("address = 0000:01:00\n");
  EXPECT_EQ(run_claim(), kNotAllClaimed);
  EXPECT_TRUE(said("0000:01:00.0 has the driver bochs-drm")) << message_;
  EXPECT_TRUE(said("Remedy: add it in section [gaming], /etc/vfio-early.conf:2")) << message_;
  EXPECT_TRUE(untouched());
}

TEST_F(HandOverTest, GuardsOfBootApply) {
  std::filesystem::remove_all(tree_.directory() / "sys/bus/pci/devices/0000:02:00.0");
  EXPECT_EQ(run_claim(), kNotAllClaimed);
  EXPECT_TRUE(said("no other display")) << message_;
  EXPECT_TRUE(untouched());
  configure("address = 0000:01:00\nunbind = display\nidentity = 10de:1b81\n");
  EXPECT_EQ(run_claim(), kNotAllClaimed);
  EXPECT_TRUE(said("identity")) << message_;
}

// The boot framebuffer does not come back.
TEST_F(HandOverTest, OnlyDisplayNeedsDriver) {
  std::filesystem::remove_all(tree_.directory() / "sys/bus/pci/devices/0000:02:00.0");
  std::filesystem::remove(tree_.directory() / "sys/bus/pci/devices" / kCard / "driver");
  tree_.file("/sys/bus/pci/devices/0000:01:00.0/uevent",
             "PCI_CLASS=38000\nPCI_ID=1234:1111\nPCI_SUBSYS_ID=1AF4:1100\n");
  configure("address = 0000:01:00\nunbind = display\nonly-display = allow\n");
  EXPECT_EQ(run_claim(), kNotAllClaimed);
  EXPECT_TRUE(said("the host could not get its screen back")) << message_;
  EXPECT_TRUE(untouched());
}

TEST_F(HandOverTest, UnsafeHookPreventsClaim) {
  add_unsafe_hook();
  EXPECT_EQ(run_claim(), kNotAllClaimed);
  EXPECT_TRUE(said("not claimed: other users can write to /etc/vfio-early/hooks.d/10-log"))
      << message_;
  EXPECT_TRUE(untouched());
}

TEST_F(HandOverTest, UnsafeHookDoesNotPreventRelease) {
  add_unsafe_hook();
  (void)tree_.root().make_directory("/run/vfio-early");
  for (const char* address : {kCard, kAudio})
    std::filesystem::remove_all(tree_.directory() / "sys/bus/pci/devices" / address);
  ASSERT_TRUE(write_hand_overs(
      tree_.root(), {{{.card = "gaming",
                       .phase = Phase::kClaimed,
                       .functions = {{*host::PciAddress::parse(kCard), "bochs-drm"}}}}}));
  EXPECT_EQ(run_release(), kAllClaimed);
  EXPECT_TRUE(said("no hook is run: other users can write to /etc/vfio-early/hooks.d/10-log"))
      << message_;
  EXPECT_FALSE(tree_.root().exists(kHandOverFile));
}

TEST_F(HandOverTest, LeftoversOfEditorsAreNoHooks) {
  const auto add = [&](const std::string& name) {
    const std::string path = std::string(kHooksDirectory) + "/" + name;
    tree_.file(path, "#!/bin/sh\n");
    std::filesystem::permissions(tree_.directory() / path.substr(1),
                                 static_cast<std::filesystem::perms>(0755));
  };
  for (const char* name : {"10-log.sh", "10-log~", ".10-log.swp", "10-log.bak", "10-log.dpkg-old",
                           "10-log.rpmsave", "10-log.pacnew", "10-log.disabled", "20-log.packages"})
    add(name);
  const Hooks hooks = find_hooks(tree_.root());
  const std::string directory = std::string(kHooksDirectory) + "/";
  EXPECT_EQ(hooks.safe,
            (std::vector<std::string>{directory + "10-log.sh", directory + "20-log.packages"}));
  EXPECT_TRUE(hooks.refused.empty());
}

TEST_F(HandOverTest, MissingDeviceOfUnitIsNamed) {
  configure("address = 0000:01:00 0000:03:00\nexpect = 2\nunbind = display\nhand-over = yes\n");
  EXPECT_EQ(run_claim(), kNotAllClaimed);  // no driver changes here
  EXPECT_TRUE(said("only 1 of 2 devices found: 0000:03:00 is not found")) << message_;
  EXPECT_NE(tree_.text("/sys/bus/pci/drivers/bochs-drm/unbind"), "");
}

// virtio-pci is not the driver of the display: without virtio_gpu there is no screen to give back.
TEST_F(HandOverTest, OnlyDisplayOnVirtioNeedsVirtioGpu) {
  std::filesystem::remove_all(tree_.directory() / "sys/bus/pci/devices/0000:02:00.0");
  std::filesystem::remove(tree_.directory() / "sys/bus/pci/devices" / kCard / "driver");
  tree_.function(kCard, "1AF4:1050", "38000", "virtio-pci");
  tree_.file("/sys/bus/pci/devices/0000:01:00.0/virtio0/modalias", "virtio:d00000010v00001AF4\n");
  tree_.file("/sys/bus/pci/drivers/virtio-pci/unbind", "");
  configure("address = 0000:01:00.0\nunbind = display\nonly-display = allow\n");
  EXPECT_EQ(run_claim(), kNotAllClaimed);
  EXPECT_TRUE(said("the host could not get its screen back")) << message_;
  EXPECT_EQ(tree_.text("/sys/bus/pci/drivers/virtio-pci/unbind"), "");

  tree_.link("/sys/bus/pci/devices/0000:01:00.0/virtio0/driver",
             "../../../../bus/virtio/drivers/virtio_gpu");
  EXPECT_EQ(run_claim(), kNotAllClaimed);  // no driver changes here
  EXPECT_FALSE(said("the host could not get its screen back")) << message_;
  EXPECT_NE(tree_.text("/sys/bus/pci/drivers/virtio-pci/unbind"), "");
}

TEST_F(HandOverTest, OnlyConfiguredCardsAreClaimed) {
  for (const char* what : {"games", "0000:02:00", "0000:02:00.0"}) {
    EXPECT_EQ(run_claim(what), kUsage) << what;
    EXPECT_TRUE(said("configured cards: gaming")) << message_;
  }
  configure("address = rubbish\n");
  EXPECT_EQ(run_claim(), kUsage);
  EXPECT_TRUE(said("/etc/vfio-early.conf:2")) << message_;
  EXPECT_TRUE(untouched());
}

TEST_F(HandOverTest, SwitchedOffFails) {
  tree_.file("/proc/cmdline", "vfio_early=off\n");
  EXPECT_EQ(run_claim(), kNotAllClaimed);
  EXPECT_TRUE(said("vfio_early=off")) << message_;
  EXPECT_TRUE(untouched());
}

// Here no driver lets its function go.
TEST_F(HandOverTest, FailedClaimIsUndone) {
  for (const char* what : {"gaming", "01:00", "0000:01:00.1"}) {
    EXPECT_EQ(run_claim(what), kNotAllClaimed) << what;
    EXPECT_NE(tree_.text("/sys/bus/pci/drivers/bochs-drm/unbind"), "") << what;
    EXPECT_EQ(override_of(kCard).front(), '\n') << what;
    EXPECT_EQ(override_of(kAudio).front(), '\n') << what;
    EXPECT_FALSE(tree_.root().exists(kHandOverFile)) << what;
  }
  const auto record = record::read_record(tree_.root());
  ASSERT_TRUE(record);
  for (const auto& function : record->functions) {
    EXPECT_EQ(function.state, record::State::kReleased);
    EXPECT_NE(function.why.find("the claim failed; its driver is"), std::string::npos)
        << function.why;
  }
}

// Another configured card stays as it is, also if no gate ran in this boot.
TEST_F(HandOverTest, OtherCardsAreNotTouched) {
  tree_.function("0000:03:00.0", "1234:1111", "38000");
  tree_.file(config::kConfigurationFile,
             "[gaming]\naddress = 0000:01:00\nunbind = display\n[other]\naddress = 0000:03:00\n");
  EXPECT_EQ(run_claim(), kNotAllClaimed);
  EXPECT_EQ(override_of("0000:03:00.0"), "(null)\n");
  const auto record = record::read_record(tree_.root());
  ASSERT_TRUE(record);
  for (const auto& function : record->functions) EXPECT_EQ(function.card, "gaming");
}

TEST_F(HandOverTest, InterruptedClaimIsUndoneByNextRun) {
  tree_.file("/sys/bus/pci/devices/0000:01:00.0/driver_override", "vfio-pci\n");
  HandOvers killed = {
      {{.card = "gaming", .functions = {{*host::PciAddress::parse(kCard), "bochs-drm"}}}}};
  record::Record record = {.boot_id = "one"};
  record.functions.push_back(
      {.card = "gaming", .address = *host::PciAddress::parse(kCard), .wanted_driver = "vfio-pci"});
  ASSERT_TRUE(record::write_record(tree_.root(), record));
  ASSERT_TRUE(write_hand_overs(tree_.root(), killed));
  EXPECT_EQ(recover(tree_.root()), kAllClaimed);
  EXPECT_EQ(override_of(kCard).front(), '\n');
  EXPECT_FALSE(tree_.root().exists(kHandOverFile));
}

TEST_F(HandOverTest, LostDriverIsBoundAgain) {
  std::filesystem::remove(tree_.directory() / "sys/bus/pci/devices" / kCard / "driver");
  ASSERT_TRUE(tree_.root().make_directory("/run/vfio-early"));
  ASSERT_TRUE(write_hand_overs(
      tree_.root(), {{{.card = "gaming",
                       .phase = Phase::kReleasing,
                       .functions = {{*host::PciAddress::parse(kCard), "bochs-drm"}}}}}));
  EXPECT_EQ(recover(tree_.root()), kNotAllClaimed);  // no kernel binds it
  EXPECT_EQ(tree_.text("/sys/bus/pci/drivers/bochs-drm/bind"), kCard);
  EXPECT_TRUE(tree_.root().exists(kHandOverFile));
}

// An unplugged card has no driver that could be bound: the rest is given back.
TEST_F(HandOverTest, UnpluggedCardIsGivenBack) {
  for (const char* address : {kCard, kAudio})
    std::filesystem::remove_all(tree_.directory() / "sys/bus/pci/devices" / address);
  record::Record record = {.boot_id = "one"};
  record.functions.push_back({.card = "gaming",
                              .address = *host::PciAddress::parse(kCard),
                              .wanted_driver = "vfio-pci",
                              .state = record::State::kBound,
                              .override_ns = 1,
                              .bound_ns = 2});
  ASSERT_TRUE(record::write_record(tree_.root(), record));
  ASSERT_TRUE(write_hand_overs(
      tree_.root(), {{{.card = "gaming",
                       .phase = Phase::kClaimed,
                       .functions = {{*host::PciAddress::parse(kCard), "bochs-drm"}}}}}));
  EXPECT_EQ(release_card(tree_.root(), "gaming"), kAllClaimed);
  EXPECT_FALSE(tree_.root().exists(kHandOverFile));
  EXPECT_TRUE(record::read_record(tree_.root())->functions[0].released);
}

// The claim for a domain has succeeded, but its guest may not have started yet.
TEST_F(HandOverTest, CardOfOtherDomainIsRefused) {
  be_claimed_for("win");
  EXPECT_EQ(run_claim("gaming", "other"), kNotAllClaimed);
  EXPECT_TRUE(said("gaming: not claimed: it is claimed for domain win. Remedy: stop")) << message_;
  EXPECT_EQ(run_claim("gaming", "win"), kAllClaimed) << message_;
  be_claimed_for("");
  EXPECT_EQ(run_claim("gaming", "other"), kAllClaimed) << message_;
}

// The hook read its cards before it had the lock. Then the card was claimed for another domain.
TEST_F(HandOverTest, HookReleasesOnlyCardOfItsDomain) {
  be_claimed_for("win");
  const HookCall late = {.step = HookStep::kRelease, .domain = "other", .cards = {"gaming"}};
  EXPECT_EQ(run_hook_call(tree_.root(), {}, late), kAllClaimed);
  EXPECT_EQ(read_hand_overs(tree_.root())->all.at(0).phase, Phase::kClaimed);
  EXPECT_EQ(run_hook_call(tree_.root(), {}, {.step = HookStep::kRelease, .domain = "win"}),
            kAllClaimed);
  EXPECT_FALSE(tree_.root().exists(kHandOverFile));
}

// A bind was killed after a killed claim: the next one must not take the card.
TEST_F(HandOverTest, IntendedFunctionOfKilledClaimIsReleased) {
  record::Record record = {.boot_id = "one"};
  record.functions.push_back(
      {.card = "gaming", .address = *host::PciAddress::parse(kCard), .wanted_driver = "vfio-pci"});
  ASSERT_TRUE(record::write_record(tree_.root(), record));
  ASSERT_TRUE(write_hand_overs(
      tree_.root(),
      {{{.card = "gaming", .functions = {{*host::PciAddress::parse(kCard), "bochs-drm"}}}}}));
  EXPECT_EQ(recover(tree_.root()), kAllClaimed);
  EXPECT_EQ(record::read_record(tree_.root())->functions.at(0).state, record::State::kReleased);
}

TEST_F(HandOverTest, UsedCardOfKilledClaimIsKept) {
  ASSERT_TRUE(tree_.root().make_directory("/run/vfio-early"));
  ASSERT_TRUE(write_hand_overs(tree_.root(), {{{.card = "gaming", .domain = "win"}}}));
  tree_.file("/run/libvirt/qemu/win.pid", "123\n").file("/proc/123/comm", "qemu-system-x86\n");
  EXPECT_EQ(recover(tree_.root()), kAllClaimed);
  EXPECT_EQ(read_hand_overs(tree_.root())->all.at(0).phase, Phase::kClaimed);
}

// Each card of a section with `count`, by the name of the section.
TEST_F(HandOverTest, SectionWithCountIsReleasedByItsName) {
  record::Record record = {.boot_id = "one"};
  for (const char* address : {kCard, "0000:02:00.0"})
    record.functions.push_back({.card = std::string("gpus@") + std::string(address, 10),
                                .address = *host::PciAddress::parse(address),
                                .wanted_driver = "vfio-pci",
                                .state = record::State::kBound,
                                .override_ns = 1,
                                .bound_ns = 2});
  ASSERT_TRUE(record::write_record(tree_.root(), record));
  EXPECT_TRUE(release_card(tree_.root(), "gpus"));
  EXPECT_EQ(override_of(kCard).front(), '\n');
  EXPECT_FALSE(release_card(tree_.root(), "gpu"));
  tree_.file(config::kConfigurationFile, "[gpus]\nid = 1234:1111\ncount = all\n");
  for (const char* what : {"gpus", "gpus@0000:01:00"}) {
    EXPECT_EQ(run_claim(what), kUsage) << what;
    EXPECT_TRUE(said("without a name")) << message_;
  }
}

TEST_F(HandOverTest, UnusedCardIsGivenBackOnlyIfWatched) {
  ASSERT_TRUE(tree_.root().make_directory("/run/vfio-early"));
  for (const bool watched : {false, true}) {
    ASSERT_TRUE(write_hand_overs(tree_.root(),
                                 {{{.card = "gaming",
                                    .phase = Phase::kClaimed,
                                    .functions = {{*host::PciAddress::parse(kCard), "bochs-drm"}},
                                    .watched = watched,
                                    .unused_since_ns = 1}}}));
    EXPECT_EQ(recover(tree_.root()), kAllClaimed);
    EXPECT_EQ(tree_.root().exists(kHandOverFile), !watched);
  }
}

// The hooks could stop what the guest needs, or start programs that use the card.
TEST_F(HandOverTest, NoHookRunsWhileGuestUsesCard) {
  add_unsafe_hook();
  tree_.function("0000:03:00.0", "1234:1111", "38000", "vfio-pci").group(7, {"0000:03:00.0"});
  const auto address = *host::PciAddress::parse("0000:03:00.0");
  record::Record record = {.boot_id = "one"};
  record.functions.push_back({.card = "gaming",
                              .address = address,
                              .wanted_driver = "vfio-pci",
                              .state = record::State::kBound,
                              .override_ns = 1,
                              .bound_ns = 2});
  for (const bool at_boot : {false, true}) {
    for (const bool used : {true, false}) {
      (void)tree_.root().make_directory("/run/vfio-early");
      ASSERT_TRUE(record::write_record(tree_.root(), record));
      const HandOver claimed = {
          .card = "gaming", .phase = Phase::kClaimed, .functions = {{address, "bochs-drm"}}};
      ASSERT_TRUE(write_hand_overs(
          tree_.root(), {at_boot ? std::vector<HandOver>{} : std::vector<HandOver>{claimed}}));
      std::filesystem::remove(tree_.directory() / "proc/70/fd/5");
      if (used) tree_.link("/proc/70/fd/5", "/dev/vfio/7");
      (void)run_release();
      EXPECT_EQ(said("hook"), !used) << at_boot << message_;
      EXPECT_EQ(said("a guest uses it"), used && !at_boot) << message_;
    }
  }
}

// A damaged file is not used; claim, release and the timer report it.
TEST_F(HandOverTest, DamagedFileIsReportedWithRemedy) {
  tree_.file("/sys/bus/platform/drivers/x/bind", "");
  tree_.file(kHandOverFile,
             R"({"format": 1, "cards": [{"card": "gaming", "phase": "releasing", "functions": [],
                "stopped": [], "consoles": [], "framebuffers": ["y ../platform/drivers/x"],
                "domain": "", "watched": true, "unused_since_ns": 0, "problem": ""}]})");
  const std::string words =
      "hand-over.json is damaged: 'framebuffers' is missing or invalid. Remedy: remove it";
  EXPECT_EQ(run_claim(), kNotAllClaimed);
  EXPECT_TRUE(said(words)) << message_;
  testing::internal::CaptureStderr();
  EXPECT_EQ(recover(tree_.root()), kNotAllClaimed);
  message_ = testing::internal::GetCapturedStderr();
  EXPECT_TRUE(said(words)) << message_;
  (void)run_release();
  EXPECT_TRUE(said("gaming: the saved state is not used: /run/vfio-early/" + words)) << message_;
  EXPECT_EQ(tree_.text("/sys/bus/platform/drivers/x/bind"), "");
  EXPECT_EQ(override_of(kCard), "(null)\n");
}

TEST_F(HandOverTest, ReleaseOfUnknownCardIsUsageError) {
  EXPECT_FALSE(release_card(tree_.root(), "games"));
}

TEST_F(HandOverTest, BootLeavesHandedOverCardToHost) {
  configure("address = 0000:01:00\nunbind = display\nhand-over = yes\n");
  const auto boot = config::without_hand_overs(
      config::read_configuration(tree_.root(), config::kConfigurationFile));
  EXPECT_TRUE(boot.cards.empty());
  EXPECT_TRUE(boot.refusals.empty());
  EXPECT_EQ(run_claim(), kNotAllClaimed);  // but claim CARD takes it
  EXPECT_NE(tree_.text("/sys/bus/pci/drivers/bochs-drm/unbind"), "");
}

}  // namespace
}  // namespace early::hand_over
