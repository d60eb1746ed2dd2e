// SPDX-License-Identifier: GPL-2.0-or-later
//
// Boot framebuffers: the whole card that the firmware has drawn on goes to the guest. The proof is
// what a guest does: its first BAR is mapped through VFIO and read.
#include "tests/lab/lab.h"

namespace {

using lab::Firmware;
using lab::Kind;

constexpr const char* kCard = "0000:01:00.0";
constexpr const char* kGaming = "[gaming]\naddress = 0000:01:00\n";
constexpr const char* kKeepFramebuffer = "[gaming]\naddress = 0000:01:00\nframebuffer = keep\n";
constexpr const char* kForceFramebuffer = "[gaming]\naddress = 0000:01:00\nframebuffer = force\n";

const std::vector<lab::Question> kQuestions = {
    {"map", "map_bar 0000:01:00.0 0"},
    {"json", "vfio-verify --format json"},
    {"screens", "cat /proc/fb"},
};

class BootFramebuffer : public lab::BootTest {
 protected:
  // The host's display is the second card.
  static lab::Boot boot(Firmware firmware, Kind kind, const std::string& configuration,
                        const std::string& setting = "") {
    return lab::boot({.kernel = kernel(), .firmware = firmware, .cards = {{.kind = kind}, {}}},
                     {.configuration = configuration, .setting = setting, .systemd = false},
                     kQuestions);
  }

  static nlohmann::json recorded_framebuffer(const lab::Boot& seen) {
    const nlohmann::json entry = seen.report().recorded(kCard);
    const bool has_entry = entry.is_object() && entry.contains("framebuffer");
    return has_entry && entry["framebuffer"].is_object() ? entry["framebuffer"]
                                                         : nlohmann::json::object();
  }

  static void expect_released(const lab::Boot& seen, const std::string& name) {
    EXPECT_TRUE(seen.recorded(kCard, "bound"));
    const nlohmann::json framebuffer = recorded_framebuffer(seen);
    EXPECT_EQ(framebuffer.value("found", ""), name) << framebuffer.dump();
    EXPECT_EQ(framebuffer.value("left", "?"), "") << framebuffer.dump();
    EXPECT_TRUE(seen.logged(kCard, "no boot framebuffer", name));
    const lab::Answer map = seen.answer("map");
    EXPECT_EQ(map.exit, 0) << map.out;
    EXPECT_EQ(map.out.rfind("BAR 0: mapped", 0), 0u) << map.out;
    EXPECT_EQ(seen.finding("json", "bar.framebuffer", kCard).value("status", ""), "pass");
    EXPECT_TRUE(seen.left_to_host("0000:02:00"));
    // Number 0 is free again, or was not yet free when the host's driver was loaded.
    const std::string screens = seen.answer("screens").out;
    EXPECT_TRUE(screens == "0 bochs-drmdrmfb\n" || screens == "1 bochs-drmdrmfb\n") << screens;
  }

  static void expect_blocks_bar(const lab::Boot& seen, const std::string& name) {
    EXPECT_TRUE(seen.recorded(kCard, "bound"));
    EXPECT_EQ(recorded_framebuffer(seen).value("left", ""), name);
    EXPECT_TRUE(seen.logged(kCard, name, "Remedy"));
    const lab::Answer map = seen.answer("map");
    EXPECT_EQ(map.exit, 1) << map.out;
    EXPECT_NE(map.out.find("busy"), std::string::npos) << map.out;
    const nlohmann::json finding = seen.finding("json", "bar.framebuffer", kCard);
    EXPECT_EQ(finding.value("status", ""), "fail") << finding.dump();
    EXPECT_NE(finding.value("evidence", "").find(name), std::string::npos) << finding.dump();
  }
};

// Class 0380, for which vfio-pci does not remove boot framebuffers.
TEST_P(BootFramebuffer, EfifbIsReleased) {
  expect_released(boot(Firmware::kOvmf, Kind::kDisplay, kGaming), "efifb");
}

ON_KERNELS(BootFramebuffer, "6.12");

class FirmwareFramebuffer : public BootFramebuffer {};

TEST_P(FirmwareFramebuffer, VesafbIsReleased) {
  expect_released(boot(Firmware::kVesa, Kind::kDisplay, kGaming), "vesafb");
}

// vfio-pci itself removes it, and vfio-early still checks this.
TEST_P(FirmwareFramebuffer, EfifbOfClass0300IsRemoved) {
  const lab::Boot seen = boot(Firmware::kOvmf, Kind::kVga, kGaming);
  expect_released(seen, "efifb");
  EXPECT_TRUE(seen.logged("0000:01:00.0", "vfio-pci removed it"));
}

TEST_P(FirmwareFramebuffer, KeptEfifbBlocksBar) {
  const lab::Boot seen = boot(Firmware::kOvmf, Kind::kDisplay, kKeepFramebuffer);
  expect_blocks_bar(seen, "efifb");
  EXPECT_NE(seen.finding("json", "bar.framebuffer", kCard).value("remedy", "").find("keep"),
            std::string::npos);
}

LONG_ON_STOCK_KERNELS(FirmwareFramebuffer);

// simpledrm on a BOOTFB resource.
class SimpledrmFramebuffer : public BootFramebuffer {};

TEST_P(SimpledrmFramebuffer, BlocksBarAndIsReported) {
  const lab::Boot seen = boot(Firmware::kOvmf, Kind::kDisplay, kGaming);
  expect_blocks_bar(seen, "BOOTFB, simpledrm");
  EXPECT_TRUE(seen.logged(kCard, "initcall_blacklist=sysfb_init", "framebuffer = force"));
}

TEST_P(SimpledrmFramebuffer, IsReleasedByForce) {
  const lab::Boot seen =
      boot(Firmware::kOvmf, Kind::kDisplay, kForceFramebuffer, "framebuffer=force");
  expect_released(seen, "BOOTFB, simpledrm");
  EXPECT_TRUE(seen.logged(kCard, "framebuffer = force", "vmwgfx"));
  EXPECT_EQ(seen.report().at(kCard).at(0).driver_override, "vfio-pci");
}

TEST_P(SimpledrmFramebuffer, OfClass0300IsRemoved) {
  expect_released(boot(Firmware::kOvmf, Kind::kVga, kGaming), "BOOTFB, simpledrm");
}

// The remedy that vfio-early prints.
TEST_P(SimpledrmFramebuffer, IsAbsentWithInitcallBlacklist) {
  const lab::Boot seen = lab::boot({.kernel = kernel(),
                                    .firmware = Firmware::kOvmf,
                                    .cards = {{.kind = Kind::kDisplay}, {}},
                                    .arguments = "initcall_blacklist=sysfb_init"},
                                   {.configuration = kGaming, .systemd = false}, kQuestions);
  EXPECT_TRUE(seen.recorded(kCard, "bound"));
  EXPECT_TRUE(recorded_framebuffer(seen).empty());
  EXPECT_EQ(seen.answer("map").exit, 0) << seen.answer("map").out;
}

LONG_ON_KERNELS(SimpledrmFramebuffer, "test-6.12", "test-sid");

}  // namespace
