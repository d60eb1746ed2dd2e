// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/verify/healthy.h"
#include "tests/unit/verify/rom_samples.h"

namespace verify {
namespace {

using hardware::OptionRom;
using hardware::parse_rom;
using samples::Image;
using State = OptionRom::State;

const std::vector<uint8_t> kBiosAndUefi =
    samples::rom({{.last = false}, {.code_type = 3, .blocks = 3}});

TEST(OptionRomTest, ParsesBiosAndUefiImages) {
  const auto rom = parse_rom(kBiosAndUefi);
  EXPECT_EQ(rom.fault, "");
  ASSERT_EQ(rom.images.size(), 2u);
  EXPECT_EQ(rom.images[0].str(), "BIOS, 1 KiB");
  EXPECT_EQ(rom.images[0].vendor, 0x10de);
  EXPECT_EQ(rom.images[0].device, 0x1b81);
  EXPECT_EQ(rom.images[1].str(), "UEFI for x64, 1536 bytes");
  EXPECT_EQ(rom.images[1].offset, 1024u);
  EXPECT_TRUE(rom.has_uefi_for(hardware::kX64));
}

TEST(OptionRomTest, BiosOnlyHasNoUefi) {
  const auto rom = parse_rom(samples::rom({{}}));
  EXPECT_EQ(rom.images.size(), 1u);
  EXPECT_FALSE(rom.has_uefi_for(hardware::kX64));
  EXPECT_FALSE(rom.holds(hardware::kUefiCode));
}

TEST(OptionRomTest, UefiForOtherProcessorIsIgnored) {
  const auto rom = parse_rom(samples::rom({{.code_type = 3, .machine = 0xaa64}}));
  EXPECT_FALSE(rom.has_uefi_for(hardware::kX64));
  EXPECT_EQ(rom.images[0].str(), "UEFI for ARM64, 1 KiB");
}

// The code type alone does not make a driver: UEFI also needs its own signature.
TEST(OptionRomTest, UefiNeedsItsSignature) {
  auto bytes = samples::rom({{.code_type = 3}});
  bytes[4] = 0;
  EXPECT_FALSE(parse_rom(bytes).has_uefi_for(hardware::kX64));
}

// The kernel reports this as "No more images in PCI ROM".
TEST(OptionRomTest, MissingLastImageIsAccepted) {
  auto bytes = samples::rom({{.last = false}});
  EXPECT_EQ(parse_rom(bytes).fault, "");
  bytes.resize(4096, 0xff);
  EXPECT_EQ(parse_rom(bytes).fault, "");
  EXPECT_EQ(parse_rom(bytes).images.size(), 1u);
}

TEST(OptionRomTest, DamagedOptionRomIsReported) {
  struct Case {
    size_t at;
    uint8_t value;
    const char* fault;
  };
  const Case cases[] = {{0, 0xff, "the image at 0x0 begins with ff aa, not with 55 aa"},
                        {0x1c, 0, "the image at 0x0 has no data structure (PCIR)"},
                        {0x19, 0xff, "the image at 0x0 has no data structure (PCIR)"},
                        {0x2c, 0, "the image at 0x0 has an invalid length of 0 bytes; 2560"},
                        {0x2c, 9, "the image at 0x0 has an invalid length of 4608 bytes; 2560"},
                        {0x41c, 0, "the image at 0x400 has no data structure (PCIR)"}};
  for (const Case& c : cases) {
    auto bytes = kBiosAndUefi;
    bytes[c.at] = c.value;
    EXPECT_TRUE(parse_rom(bytes).fault.starts_with(c.fault)) << parse_rom(bytes).fault;
  }
  EXPECT_EQ(parse_rom(std::span<const uint8_t>{}).fault, "the image at 0x0 cannot be read");
}

TEST(OptionRomTest, ImageChainIsLimited) {
  const auto rom =
      parse_rom(samples::rom(std::vector<Image>(100, Image{.blocks = 1, .last = false})));
  EXPECT_EQ(rom.images.size(), 64u);
  EXPECT_TRUE(has_text(rom.fault, "follows 64 other images")) << rom.fault;
}

// The display of a healthy machine with another ROM.
Inspection with_rom(std::vector<uint8_t> bytes) {
  Inspection machine = healthy();
  machine.functions[0].hardware.rom.rom = parse_rom(bytes);
  return machine;
}

Inspection with_state(State state) {
  Inspection machine = healthy();
  machine.functions[0].hardware.rom = {.state = state, .bytes = 0x10000};
  return machine;
}

TEST(RomReadable, OnlyReadOptionRomPasses) {
  const std::pair<State, Status> cases[] = {
      {State::kRead, Status::kPass},           {State::kNone, Status::kWarn},
      {State::kNotCaptured, Status::kSkip},    {State::kOnDriver, Status::kUnknown},
      {State::kInUse, Status::kUnknown},       {State::kAsleep, Status::kUnknown},
      {State::kSwitchedOff, Status::kUnknown}, {State::kUnassigned, Status::kUnknown},
      {State::kForbidden, Status::kUnknown},   {State::kFailed, Status::kUnknown}};
  for (const auto& [state, status] : cases) {
    const Inspection machine = with_state(state);
    const Finding finding = findings_of("rom.readable", machine)[0];
    EXPECT_EQ(finding.status, status) << finding.evidence;
    EXPECT_EQ(finding.remedy.empty(), status == Status::kPass || status == Status::kSkip);
    if (state == State::kRead) continue;
    const Status rest = state == State::kNone ? Status::kPass : Status::kSkip;
    EXPECT_EQ(only_finding(findings_of("rom.valid", machine)).status, rest);
    EXPECT_EQ(only_finding(findings_of("rom.uefi", machine)).status, rest);
  }
}

TEST(RomReadable, SleepingCardRemedyWakesIt) {
  const Finding finding = findings_of("rom.readable", with_state(State::kAsleep))[0];
  EXPECT_TRUE(has_text(finding.evidence, "it sleeps, and is not woken")) << finding.evidence;
  EXPECT_TRUE(
      has_text(finding.remedy, "\n  echo on > /sys/bus/pci/devices/0000:01:00.0/power/control"))
      << finding.remedy;
}

TEST(RomReadable, ShadowCopyWarns) {
  Inspection machine = healthy();
  machine.functions[0].hardware.rom.shadow = true;
  const Finding finding = findings_of("rom.readable", machine)[0];
  EXPECT_EQ(finding.status, Status::kWarn);
  EXPECT_TRUE(has_text(finding.evidence, "this was the boot display")) << finding.evidence;
  EXPECT_TRUE(has_text(finding.remedy, "romfile=")) << finding.remedy;
}

TEST(RomReadable, AudioNeedsNoOptionRom) {
  const Finding finding = findings_of("rom.readable", healthy())[1];
  EXPECT_EQ(finding.status, Status::kPass);
  EXPECT_EQ(finding.evidence, "it has no option ROM, and does not need one");
}

TEST(RomValid, NamesImagesOrFault) {
  EXPECT_EQ(only_finding(findings_of("rom.valid", with_rom(kBiosAndUefi))).evidence,
            "BIOS, 1 KiB; UEFI for x64, 1536 bytes");
  auto bytes = kBiosAndUefi;
  bytes[0x41c] = 0;
  Finding finding = only_finding(findings_of("rom.valid", with_rom(bytes)));
  EXPECT_EQ(finding.status, Status::kWarn);
  EXPECT_TRUE(has_text(finding.evidence, "BIOS, 1 KiB; then the image at 0x400 has no data"))
      << finding.evidence;
  bytes[0] = 0xff;
  finding = only_finding(findings_of("rom.valid", with_rom(bytes)));
  EXPECT_TRUE(has_text(finding.evidence, "begins with ff aa")) << finding.evidence;
  EXPECT_EQ(only_finding(findings_of("rom.uefi", with_rom(bytes))).status, Status::kSkip);
}

// Without the functions' resources, it is unknown whether they have a ROM.
TEST(RomValid, UnreadResourcesAreNoPass) {
  Inspection machine = healthy();
  for (ConfiguredFunction& function : machine.functions) function.hardware.rom = {};
  for (const char* id : {"rom.valid", "rom.uefi"})
    EXPECT_EQ(only_finding(findings_of(id, machine)).status, Status::kPass) << id;
  machine.functions[0].hardware.windows.clear();
  for (const char* id : {"rom.valid", "rom.uefi"})
    EXPECT_EQ(only_finding(findings_of(id, machine)).status, Status::kSkip) << id;
}

TEST(RomValid, QuotesTheKernelRomMessage) {
  Inspection machine = with_state(State::kRejected);
  machine.kernel_log =
      log_of({"vfio-pci 0000:01:00.0: Invalid PCI ROM header signature: expecting "
              "0xaa55, got 0xffff"});
  const Finding finding = only_finding(findings_of("rom.valid", machine));
  EXPECT_EQ(finding.status, Status::kWarn);
  EXPECT_TRUE(
      has_text(finding.evidence, "(Invalid PCI ROM header signature: expecting 0xaa55, got"))
      << finding.evidence;
}

TEST(RomUefi, OnlyDisplayNeedsUefi) {
  EXPECT_EQ(only_finding(findings_of("rom.uefi", with_rom(kBiosAndUefi))).status, Status::kPass);
  Inspection machine = with_rom(samples::rom({{}}));
  const Finding finding = only_finding(findings_of("rom.uefi", machine));
  EXPECT_EQ(finding.status, Status::kWarn);
  EXPECT_TRUE(has_text(finding.remedy, "SeaBIOS")) << finding.remedy;
  machine.functions[0].function.class_code = 0x020000;
  EXPECT_EQ(only_finding(findings_of("rom.uefi", machine)).status, Status::kPass);
}

}  // namespace
}  // namespace verify
