// SPDX-License-Identifier: GPL-2.0-or-later
//
// The card as a piece of hardware: from the bytes of configuration space and sysfs to findings.
#include "tests/unit/fake_tree.h"
#include "tests/unit/rom_samples.h"
#include "tests/unit/verify_healthy.h"

namespace verify {
namespace {

using isolation::PortType;

constexpr uint32_t kFlr = 1u << 28;

// Configuration space of a function with PCI Express.
struct Config {
  PortType type = PortType::kEndpoint;
  hardware::Rate now = {1, 16}, most = {4, 16};
  uint32_t device_capabilities = 0;
  std::optional<uint16_t> power_control = {};                 // of a power management capability
  std::optional<uint8_t> advanced = {};                       // of an Advanced Features capability
  std::vector<std::pair<uint32_t, uint32_t>> resizable = {};  // capability and control registers

  std::string bytes() const {
    std::string config(0x200, '\0');
    const auto put = [&](size_t at, uint32_t value, size_t width) {
      for (size_t i = 0; i < width; ++i) config[at + i] = static_cast<char>(value >> 8 * i);
    };
    const auto rate = [](const hardware::Rate& r) { return r.speed | r.width << 4u; };
    put(0x00, 0x1b8110de, 4);
    put(0x04, 0x00100006, 4);  // memory and bus master on; capabilities
    put(0x08, 0x030000a1, 4);
    put(0x34, 0x40, 1);
    put(0x40, power_control ? 0x5001 : 0x50ff, 2);
    put(0x44, power_control.value_or(0), 2);
    put(0x50, advanced ? 0x6013 : 0x60ff, 2);
    put(0x53, advanced.value_or(0), 1);
    put(0x60, 0x0010, 2);
    put(0x62, 2u | static_cast<uint32_t>(type) << 4, 2);
    put(0x64, device_capabilities, 4);
    put(0x6c, rate(most), 4);
    put(0x72, rate(now), 2);
    if (resizable.empty()) return config;
    put(0x100, 0x11010003, 4);  // a serial number comes first
    put(0x110, 0x00010015, 4);
    for (size_t i = 0; i < resizable.size(); ++i) {
      put(0x114 + 8 * i, resizable[i].first, 4);
      put(0x118 + 8 * i, resizable[i].second, 4);
    }
    return config;
  }
};

const Config kPort{.type = PortType::kRootPort};

// 10de:1b81 and its sound below a root port.
class Hardware : public testing::Test {
 protected:
  Hardware() {
    tree.function("0000:00:01.0", "8086:460D", "60400", "pcieport");
    tree.function(kVga, "10DE:1B81", "30000", "vfio-pci");
    tree.function(kAudio, "10DE:10F0", "40300", "vfio-pci");
    port(kPort);
    vga(Config{});
    config(kAudio, Config{.now = {}, .most = {}});
    tree.below("pci0000:00", "0000:00:01.0");
    for (const char* address : {kVga, kAudio}) {
      set(address, "power_state", "D0\n");
      set(address, "resource", kResource);
      tree.below("pci0000:00/0000:00:01.0", address);
    }
    tree.group(4, {kVga, kAudio});
    tree.file("/etc/vfio-early.conf", "[gaming]\naddress = 0000:01:00\nonly-display = allow\n");
  }

  void set(const std::string& address, const std::string& attribute, const std::string& text) {
    tree.file("/sys/bus/pci/devices/" + address + "/" + attribute, text);
  }
  void config(const std::string& address, const Config& config) {
    set(address, "config", config.bytes());
  }
  void port(const Config& of_port) { config("0000:00:01.0", of_port); }
  void vga(const Config& of_vga) { config(kVga, of_vga); }
  void log(const std::string& line) { log_.push_back(line); }

  Inspection inspected() const {
    const auto root = tree.root();
    Inspection machine = std::move(
        *inspect(root, plan::read_configuration(root, plan::kConfigurationFile), {.live = false}));
    machine.kernel_log = log_of(log_);
    return machine;
  }
  Finding judged(Findings (*check)(const Inspection&)) const {
    const Findings findings = check(inspected());
    EXPECT_FALSE(findings.empty());
    return findings.empty() ? Finding{} : findings.front();
  }
  static constexpr const char* kResource =
      "0x00000000a0000000 0x00000000a0ffffff 0x0000000000040200\n"
      "0x0000004000000000 0x000000400fffffff 0x000000000014220c\n"
      "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
      "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
      "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
      "0x0000000000003000 0x000000000000307f 0x0000000000040101\n"
      "0x00000000a1000000 0x00000000a101ffff 0x0000000000046200\n"
      "0x0000000000000000 0x0000000000000000 0x0000000000000000\n";

  FakeTree tree;
  std::vector<std::string> log_;
};

class Reset : public Hardware {};

constexpr const char* kWithBus = "not alone, but with its bus: with 0000:01:00.1";

TEST_F(Reset, AloneByWhatTheKernelOffers) {
  set(kVga, "reset_method", "flr bus\n");
  const Finding finding = judged(check_reset_method);
  EXPECT_EQ(finding.status, Status::kPass);
  EXPECT_EQ(finding.evidence, "alone, by flr");
}

// Function 0 is found, and asked about its bus, before the others are there.
TEST_F(Reset, TheBusOfOneThatIsNotAloneIsNoWayAlone) {
  set(kVga, "reset_method", "bus\n");
  EXPECT_EQ(judged(check_reset_method).evidence, kWithBus);
}

// What most graphics cards have: nothing for one function, and all of the bus is theirs.
TEST_F(Reset, WithTheBusWhereAllOfItIsTheCard) {
  const Finding finding = judged(check_reset_method);
  EXPECT_EQ(finding.status, Status::kPass);
  EXPECT_EQ(finding.evidence, kWithBus);
}

TEST_F(Reset, NotWithTheBusWhereStrangersAreOnIt) {
  tree.function("0000:01:00.2", "10DE:1ADA", "C0330", "xhci_hcd");
  tree.below("pci0000:00/0000:00:01.0", "0000:01:00.2");
  tree.file("/etc/vfio-early.conf",
            "[gaming]\naddress = 0000:01:00.0 0000:01:00.1\nonly-display = allow\n");
  const Finding finding = judged(check_reset_method);
  EXPECT_EQ(finding.status, Status::kWarn);
  EXPECT_TRUE(says(finding.evidence, "would hit 0000:01:00.2 (xhci_hcd) too")) << finding.evidence;
  EXPECT_TRUE(says(finding.remedy, "functions of [gaming]")) << finding.remedy;
}

TEST_F(Reset, OnARootBusThereIsNoneAndThatFails) {
  tree.function("0000:00:02.0", "8086:9BC5", "30000", "vfio-pci");
  tree.below("pci0000:00", "0000:00:02.0");
  tree.file("/etc/vfio-early.conf", "[gaming]\naddress = 0000:00:02.0\nonly-display = allow\n");
  Finding finding = judged(check_reset_method);
  EXPECT_EQ(finding.status, Status::kFail);
  EXPECT_TRUE(says(finding.evidence, "knows no way to reset it")) << finding.evidence;
  set("0000:00:02.0", "reset_method", "af_flr\n");
  EXPECT_EQ(judged(check_reset_method).status, Status::kPass);
}

// Before 5.15 only `reset` says that there is a way.
TEST_F(Reset, AnOlderKernelsWaysFollowFromTheCapabilities) {
  const auto names = [&](const Config& of_vga) {
    vga(of_vga);
    return judged(check_reset_method).evidence;
  };
  set(kVga, "reset", "");
  const std::string derived = " (as its capabilities say)";
  EXPECT_EQ(names({.device_capabilities = kFlr}), "alone, by flr" + derived);
  EXPECT_EQ(names({.power_control = 0}), "alone, by pm" + derived);
  EXPECT_EQ(names({.power_control = 8}), kWithBus);  // No_Soft_Reset
  EXPECT_EQ(names({.advanced = 3}), "alone, by af_flr" + derived);
  EXPECT_EQ(names({.advanced = 1}), kWithBus);
}

TEST_F(Reset, AFamilyThatHangsIsNamedWithItsCure) {
  tree.function("0000:02:00.0", "1002:67DF", "30000", "vfio-pci");
  tree.function("0000:02:00.1", "1002:AAF0", "40300", "vfio-pci");
  tree.file("/etc/vfio-early.conf", "[gaming]\naddress = 0000:02:00\nonly-display = allow\n");
  const Findings findings = check_reset_method(inspected());
  ASSERT_EQ(findings.size(), 2u);
  EXPECT_EQ(findings[0].status, Status::kWarn);
  EXPECT_TRUE(says(findings[0].evidence, "AMD Polaris 10 cards are known to hang"));
  EXPECT_TRUE(says(findings[0].remedy, "vendor-reset")) << findings[0].remedy;
  EXPECT_EQ(findings[0].remedy, findings[1].remedy) << "one remedy for the card";
  set("0000:02:00.0", "reset_method", "device_specific bus\n");
  for (const Finding& finding : check_reset_method(inspected()))
    EXPECT_EQ(finding.status, Status::kPass) << finding.subject;
}

class Link : public Hardware {};

TEST_F(Link, AsWideAsBothEndsAllow) {
  const Finding width = judged(check_link_width);
  EXPECT_EQ(width.status, Status::kPass);
  EXPECT_EQ(width.evidence, "x16 of x16 between 0000:00:01.0 (x16) and 0000:01:00.0 (x16)");
  EXPECT_EQ(check_link_width(inspected()).size(), 1u) << "one link for both functions";
}

TEST_F(Link, LanesThatAreMissing) {
  vga({.now = {1, 4}});
  const Finding width = judged(check_link_width);
  EXPECT_EQ(width.status, Status::kWarn);
  EXPECT_TRUE(says(width.evidence, "lanes are missing: x4 of x16")) << width.evidence;
}

TEST_F(Link, ANarrowSlotIsNoFault) {
  vga({.now = {1, 4}});
  port({.type = PortType::kRootPort, .most = {4, 4}});
  const Finding width = judged(check_link_width);
  EXPECT_EQ(width.status, Status::kPass);
  EXPECT_TRUE(says(width.evidence, "the slot has no more, the card could use them"))
      << width.evidence;
}

TEST_F(Link, ASlowOneAtRestIsNoAlarm) {
  const Finding speed = judged(check_link_speed);
  EXPECT_EQ(speed.status, Status::kPass);
  EXPECT_TRUE(says(speed.evidence, "2.5 GT/s of 16 GT/s between 0000:00:01.0 (16 GT/s)"));
  EXPECT_TRUE(says(speed.evidence, "nothing to do")) << speed.evidence;
  vga({.now = {4, 16}});
  EXPECT_FALSE(says(judged(check_link_speed).evidence, "nothing to do"));
}

TEST_F(Link, ConventionalPciHasNone) {
  set(kVga, "config",
      std::string("\xde\x10\x81\x1b\x06\0\0\0\xa1\0\0\x03", 12) + std::string(244, 0));
  EXPECT_EQ(judged(check_link_width).evidence, "it has no PCI Express link of its own");
}

// AMD's cards carry a switch: the link in the slot is the switch's.
TEST_F(Link, TheSlotOfACardWithASwitchOfItsOwn) {
  const auto add = [&](const std::string& way, const std::string& address, const std::string& id,
                       const std::string& class_code, const Config& registers) {
    tree.function(address, id, class_code, class_code == "30000" ? "vfio-pci" : "pcieport");
    config(address, registers);
    tree.below(way, address);
  };
  const std::string port = "pci0000:00/0000:00:02.0", above = port + "/0000:02:00.0";
  add("pci0000:00", "0000:00:02.0", "1022:1483", "60400", kPort);
  add(port, "0000:02:00.0", "1002:1478", "60400", {.type = PortType::kUpstream, .now = {4, 8}});
  add(above, "0000:03:00.0", "1002:1479", "60400", {.type = PortType::kDownstream});
  add(above + "/0000:03:00.0", "0000:04:00.0", "1002:73BF", "30000", {.now = {4, 16}});
  tree.file("/etc/vfio-early.conf", "[gaming]\naddress = 0000:04:00\nonly-display = allow\n");
  const Finding width = judged(check_link_width);
  EXPECT_EQ(width.status, Status::kWarn);
  EXPECT_TRUE(says(width.evidence, "x8 of x16 between 0000:00:02.0 (x16) and 0000:02:00.0 (x16)"))
      << width.evidence;
}

class Bars : public Hardware {};

TEST_F(Bars, InPlace) {
  const Finding finding = judged(check_bar_size);
  EXPECT_EQ(finding.status, Status::kPass);
  EXPECT_EQ(finding.evidence, "BAR 0 16 MiB, BAR 1 256 MiB, BAR 5 128 bytes");
}

TEST_F(Bars, WithoutRoomTheyFail) {
  log("pci 0000:01:00.0: BAR 3 [mem size 0x200000000 64bit pref]: failed to assign");
  const Finding finding = judged(check_bar_size);
  EXPECT_EQ(finding.status, Status::kFail);
  EXPECT_TRUE(says(finding.evidence, "found no room for BAR 3")) << finding.evidence;
  EXPECT_TRUE(says(finding.remedy, "Above 4G Decoding")) << finding.remedy;
  // It found room in the end.
  log("pci 0000:01:00.0: BAR 3 [mem 0x4000000000-0x41ffffffff 64bit pref]: assigned");
  EXPECT_EQ(judged(check_bar_size).status, Status::kPass);
}

TEST_F(Bars, AnotherFunctionsTroubleIsItsOwn) {
  log("pci 0000:01:00.1: BAR 3 [mem size 0x200000000 64bit pref]: failed to assign");
  EXPECT_EQ(judged(check_bar_size).status, Status::kPass);
}

TEST_F(Bars, AnAddressOfZeroIsNone) {
  std::string resource = kResource;
  resource.replace(0, 37, "0x0000000000000000 0x0000000000ffffff");
  set(kVga, "resource", resource);
  EXPECT_EQ(judged(check_bar_size).status, Status::kFail);
}

// 64 MiB to 8 GiB, 256 MiB now; and one of 2 MiB that is as large as it can be.
TEST_F(Bars, SmallerThanTheyCouldBe) {
  vga({.resizable = {{0x0003fc00, 0x841}, {0x00000020, 0x102}}});
  const Finding finding = judged(check_bar_resizable);
  EXPECT_EQ(finding.status, Status::kWarn);
  EXPECT_TRUE(
      says(finding.evidence, "BAR 1 is 256 MiB and could be 8 GiB; BAR 2 is 2 MiB, the most"))
      << finding.evidence;
  EXPECT_TRUE(says(finding.remedy, "bar-size = 1:8G to [gaming] in /etc/vfio-early.conf"))
      << finding.remedy;
}

TEST_F(Bars, AsLargeAsTheyCanBe) {
  vga({.resizable = {{0x0003fc00, 0xd21}}});
  const Finding finding = judged(check_bar_resizable);
  EXPECT_EQ(finding.status, Status::kPass);
  EXPECT_EQ(finding.evidence, "BAR 1 is 8 GiB, the most that it can be");
  vga({});
  EXPECT_EQ(judged(check_bar_resizable).evidence, "its BARs have one size each");
}

TEST_F(Bars, RubbishInTheCapabilityIsNoBar) {
  vga({.resizable = {{UINT32_MAX, UINT32_MAX}, {0, 0xffffff07}}});
  EXPECT_EQ(judged(check_bar_resizable).evidence, "its BARs have one size each");
}

class Power : public Hardware {};

TEST_F(Power, AwakeAndAnswering) {
  EXPECT_EQ(judged(check_power_answers).status, Status::kPass);
  EXPECT_EQ(judged(check_power_state).evidence, "D0: awake");
}

TEST_F(Power, OnesOnlyMeansGone) {
  set(kVga, "config", std::string(4096, '\xff'));
  log("vfio-pci 0000:01:00.0: Unable to change power state from D3cold to D0, device inaccessible");
  const Finding finding = judged(check_power_answers);
  EXPECT_EQ(finding.status, Status::kFail);
  EXPECT_TRUE(says(finding.evidence, "not on its bus any more, and the kernel was unable to wake"))
      << finding.evidence;
  EXPECT_TRUE(says(finding.remedy, "disable-idle-d3 = yes to [gaming]")) << finding.remedy;
  for (const auto check : {check_link_width, check_bar_resizable})
    EXPECT_EQ(judged(check).status, Status::kUnknown);
}

TEST_F(Power, WhatDidNotWakeOnceIsAWarning) {
  log("vfio-pci 0000:01:00.0: Unable to change power state from D3hot to D0, device inaccessible");
  EXPECT_EQ(judged(check_power_state).status, Status::kWarn);
  log_ = {"vfio-pci 0000:01:00.1: Unable to change power state from D3hot to D0"};
  EXPECT_EQ(judged(check_power_state).status, Status::kPass);
}

// What could be read there would be read by waking it: nothing is.
TEST_F(Power, InD3coldNothingIsReadAndNothingIsAPass) {
  set(kVga, "power_state", "D3cold\n");
  set(kVga, "rom", samples::text(samples::rom({{}})));
  EXPECT_EQ(judged(check_power_state).evidence,
            "D3cold: it sleeps until a guest opens it, without power");
  for (const auto check : {check_power_answers, check_link_width, check_link_speed,
                           check_bar_resizable, check_rom_readable}) {
    const Finding finding = judged(check);
    EXPECT_EQ(finding.status, Status::kUnknown) << finding.evidence;
    EXPECT_TRUE(says(finding.evidence, "not woken")) << finding.evidence;
    EXPECT_TRUE(says(finding.remedy, "power/control")) << finding.remedy;
  }
}

// Registers answer in D3hot, memory does not.
TEST_F(Power, InD3hotOnlyTheRomIsUnknown) {
  set(kVga, "power_state", "D3hot\n");
  set(kVga, "rom", samples::text(samples::rom({{}})));
  set(kVga, "d3cold_allowed", "0\n");
  EXPECT_EQ(judged(check_rom_readable).status, Status::kUnknown);
  EXPECT_EQ(judged(check_link_width).status, Status::kPass);
  EXPECT_EQ(judged(check_power_answers).status, Status::kPass);
  EXPECT_TRUE(says(judged(check_power_state).evidence, "D3cold is not allowed"));
}

TEST_F(Power, AUserReadsSixtyFourBytes) {
  set(kVga, "config", Config{}.bytes().substr(0, 64));
  EXPECT_EQ(judged(check_power_answers).status, Status::kPass);
  for (const auto check : {check_link_width, check_bar_resizable}) {
    EXPECT_EQ(judged(check).status, Status::kUnknown);
    EXPECT_EQ(judged(check).remedy, "run vfio-verify as root");
  }
}

class RomFile : public Hardware {};

TEST_F(RomFile, OfACapturedTreeIsReadAsItIs) {
  EXPECT_EQ(judged(check_rom_readable).status, Status::kSkip) << "its bytes were not captured";
  set(kVga, "rom", samples::text(samples::rom({{.last = false}, {.code_type = 3}})));
  EXPECT_EQ(judged(check_rom_readable).evidence, "it can be read (128 KiB of room)");
  EXPECT_EQ(judged(check_rom_valid).evidence, "BIOS, 1 KiB; UEFI for x64, 1 KiB");
  EXPECT_EQ(judged(check_rom_uefi).status, Status::kPass);
}

TEST_F(RomFile, OnADriverOfTheHostIsLeftAlone) {
  set(kVga, "uevent", "DRIVER=nouveau\nPCI_CLASS=30000\nPCI_ID=10DE:1B81\n");
  set(kVga, "rom", samples::text(samples::rom({{}})));
  const Finding finding = judged(check_rom_readable);
  EXPECT_EQ(finding.status, Status::kUnknown);
  EXPECT_TRUE(says(finding.evidence, "it is on nouveau")) << finding.evidence;
}

TEST_F(RomFile, WhereNoMemoryIsDecodedNothingAnswers) {
  std::string bytes = Config{}.bytes();
  bytes[4] = 0;
  set(kVga, "config", bytes);
  set(kVga, "rom", samples::text(samples::rom({{}})));
  EXPECT_TRUE(says(judged(check_rom_readable).evidence, "it decodes no memory"));
}

TEST_F(RomFile, TheCopyInMemoryIsReadWhateverTheCardDoes) {
  std::string resource = kResource;
  const std::string line = "0x00000000a1000000 0x00000000a101ffff 0x0000000000046200";
  resource.replace(resource.find(line), line.size(),
                   "0x00000000000c0000 0x00000000000dffff 0x0000000000000212");
  set(kVga, "resource", resource);
  set(kVga, "power_state", "D3hot\n");
  set(kVga, "rom", samples::text(samples::rom({{}})));
  EXPECT_TRUE(says(judged(check_rom_readable).evidence, "this was the boot display"));
  EXPECT_EQ(judged(check_rom_valid).evidence, "BIOS, 1 KiB");
}

}  // namespace
}  // namespace verify
