// SPDX-License-Identifier: GPL-2.0-or-later
//
// When the file with the option ROM is read, and when it is not.
#include "tests/unit/verify/hardware.h"
#include "tests/unit/verify/rom_samples.h"

namespace verify {
namespace {

class OptionRomFile : public Hardware {};

TEST_F(OptionRomFile, OptionRomOfCaptureIsRead) {
  EXPECT_EQ(finding_of("rom.readable").status, Status::kSkip) << "its bytes were not captured";
  set(kVga, "rom", samples::text(samples::rom({{.last = false}, {.code_type = 3}})));
  EXPECT_EQ(finding_of("rom.readable").evidence, "it can be read (128 KiB)");
  EXPECT_EQ(finding_of("rom.valid").evidence, "BIOS, 1 KiB; UEFI for x64, 1 KiB");
  EXPECT_EQ(finding_of("rom.uefi").status, Status::kPass);
}

// It must be enabled for that.
TEST_F(OptionRomFile, PassiveCheckDoesNotReadIt) {
  set(kVga, "rom", samples::text(samples::rom({{}})));
  const auto configuration = config::read_configuration(tree.root(), config::kConfigurationFile);
  const auto read = [&](bool passive) {
    return inspect(tree.root(), configuration, {.live = false, .passive = passive})
        ->functions[0]
        .hardware.rom.state;
  };
  EXPECT_EQ(read(true), hardware::OptionRom::State::kNotCaptured);
  EXPECT_EQ(read(false), hardware::OptionRom::State::kRead);
}

TEST_F(OptionRomFile, IsNotReadOnHostDriver) {
  set(kVga, "uevent", "DRIVER=nouveau\nPCI_CLASS=30000\nPCI_ID=10DE:1B81\n");
  set(kVga, "rom", samples::text(samples::rom({{}})));
  const Finding finding = finding_of("rom.readable");
  EXPECT_EQ(finding.status, Status::kUnknown);
  EXPECT_TRUE(has_text(finding.evidence, "bound to nouveau, not to a vfio driver"))
      << finding.evidence;
}

TEST_F(OptionRomFile, DisabledMemoryDecodingIsReported) {
  std::string bytes = Config{}.bytes();
  bytes[4] = 0;
  set(kVga, "config", bytes);
  set(kVga, "rom", samples::text(samples::rom({{}})));
  EXPECT_TRUE(has_text(finding_of("rom.readable").evidence, "it decodes no memory"));
}

TEST_F(OptionRomFile, ShadowCopyIsReadInD3hot) {
  std::string resource = kResource;
  const std::string line = "0x00000000a1000000 0x00000000a101ffff 0x0000000000046200";
  resource.replace(resource.find(line), line.size(),
                   "0x00000000000c0000 0x00000000000dffff 0x0000000000000212");
  set(kVga, "resource", resource);
  set(kVga, "power_state", "D3hot\n");
  set(kVga, "rom", samples::text(samples::rom({{}})));
  EXPECT_TRUE(has_text(finding_of("rom.readable").evidence, "this was the boot display"));
  EXPECT_EQ(finding_of("rom.valid").evidence, "BIOS, 1 KiB");
}

}  // namespace
}  // namespace verify
