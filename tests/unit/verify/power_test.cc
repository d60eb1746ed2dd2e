// SPDX-License-Identifier: GPL-2.0-or-later
//
// A card that sleeps, wakes, or no longer answers on its bus.
#include "tests/unit/verify/hardware.h"
#include "tests/unit/verify/rom_samples.h"

namespace verify {
namespace {

class Power : public Hardware {};

TEST_F(Power, AwakeCardPasses) {
  EXPECT_EQ(finding_of("power.answers").status, Status::kPass);
  EXPECT_EQ(finding_of("power.state").evidence, "D0: awake");
}

TEST_F(Power, AllOnesFails) {
  set(kVga, "config", std::string(4096, '\xff'));
  log("vfio-pci 0000:01:00.0: Unable to change power state from D3cold to D0, device inaccessible");
  const Finding finding = finding_of("power.answers");
  EXPECT_EQ(finding.status, Status::kFail);
  EXPECT_TRUE(has_text(finding.evidence, "no longer on its bus, and the kernel failed to wake"))
      << finding.evidence;
  EXPECT_TRUE(has_text(finding.remedy, "disable-idle-d3 = yes to [gaming]")) << finding.remedy;
  for (const char* id : {"link.width", "bar.resizable"})
    EXPECT_EQ(finding_of(id).status, Status::kUnknown);
}

// A card may also refuse to sleep, and a program may write such a line.
TEST_F(Power, OnlyTheKernelsLineAboutWakingIsEvidence) {
  set(kVga, "config", std::string(4096, '\xff'));
  const auto names_wake = [&](const char* line) {
    log_ = {line};
    const Finding finding = finding_of("power.answers");
    EXPECT_EQ(finding.status, Status::kFail);
    return has_text(finding.evidence, "the kernel failed to wake it");
  };
  EXPECT_TRUE(names_wake("vfio-pci 0000:01:00.0: vfio: runtime resume failed -13"));
  EXPECT_FALSE(names_wake("vfio-pci 0000:01:00.0: refused to change power state from D0 to D3hot"));
  EXPECT_FALSE(names_wake("x[1]: 0000:01:00.0: Unable to change power state from D3cold to D0"));
  EXPECT_FALSE(names_wake("vfio-pci 0000:01:00.1: Unable to change power state from D3cold to D0"));
}

TEST_F(Power, FailedWakeWarns) {
  log("vfio-pci 0000:01:00.0: Unable to change power state from D3hot to D0, device inaccessible");
  EXPECT_EQ(finding_of("power.state").status, Status::kWarn);
  log_ = {"vfio-pci 0000:01:00.1: Unable to change power state from D3hot to D0"};
  EXPECT_EQ(finding_of("power.state").status, Status::kPass);
}

// Reading would wake the card: nothing is read.
TEST_F(Power, NothingIsReadInD3cold) {
  set(kVga, "power_state", "D3cold\n");
  set(kVga, "rom", samples::text(samples::rom({{}})));
  EXPECT_EQ(finding_of("power.state").evidence,
            "D3cold: it sleeps until a guest opens it, without power");
  for (const char* id :
       {"power.answers", "link.width", "link.speed", "bar.resizable", "rom.readable"}) {
    const Finding finding = finding_of(id);
    EXPECT_EQ(finding.status, Status::kUnknown) << finding.evidence;
    EXPECT_TRUE(has_text(finding.evidence, "not woken")) << finding.evidence;
    EXPECT_TRUE(has_text(finding.remedy, "power/control")) << finding.remedy;
  }
}

// In D3hot the registers answer, but the memory does not.
TEST_F(Power, OnlyOptionRomIsUnknownInD3hot) {
  set(kVga, "power_state", "D3hot\n");
  set(kVga, "rom", samples::text(samples::rom({{}})));
  set(kVga, "d3cold_allowed", "0\n");
  EXPECT_EQ(finding_of("rom.readable").status, Status::kUnknown);
  EXPECT_EQ(finding_of("link.width").status, Status::kPass);
  EXPECT_EQ(finding_of("power.answers").status, Status::kPass);
  EXPECT_TRUE(has_text(finding_of("power.state").evidence, "D3cold is not allowed"));
}

TEST_F(Power, UnprivilegedReadIsUnknown) {
  set(kVga, "config", Config{}.bytes().substr(0, 64));
  EXPECT_EQ(finding_of("power.answers").status, Status::kPass);
  for (const char* id : {"link.width", "bar.resizable"}) {
    EXPECT_EQ(finding_of(id).status, Status::kUnknown);
    EXPECT_EQ(finding_of(id).remedy, "run vfio-verify as root");
  }
}

}  // namespace
}  // namespace verify
