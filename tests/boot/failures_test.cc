// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whatever is broken, in vfio-early or in the user's files: it is reported, the boot continues
// (otherwise there is no report), and no function is left half claimed. Without systemd where it
// makes no difference: a shell init boots faster.
#include "tests/lab/images.h"
#include "tests/lab/lab.h"

namespace {

constexpr const char* kGaming = "[gaming]\naddress = 0000:01:00\n";
constexpr const char* kPath = "etc/vfio-early.conf";

lab::Boot boot_with(const std::string& configuration) {
  return lab::boot({.kernel = "6.1"}, {.configuration = configuration, .systemd = false});
}

// The rest of the file is still used.
TEST(Configuration, ErrorIsReportedWithFileAndLine) {
  const lab::Boot seen =
      boot_with("[audio]\naddress = 0000:02:00\nadress = 1\n\n" + std::string(kGaming));
  EXPECT_TRUE(seen.logged("/etc/vfio-early.conf:3", "adress", "Remedy"));
  EXPECT_TRUE(seen.left_to_host("0000:02:00"));
  EXPECT_TRUE(seen.claimed("0000:01:00"));
}

TEST(UnreadableConfiguration, DirectoryIsReported) {
  const lab::Boot seen = lab::boot(
      {.kernel = "6.1"}, {.overlays = {{.path = kPath, .directory = true}}, .systemd = false});
  EXPECT_TRUE(seen.left_to_host("0000:01:00"));
  EXPECT_TRUE(seen.logged("/etc/vfio-early.conf", "Is a directory"));
}

TEST(Configuration, TooLargeFileIsReported) {
  std::string large;
  while (large.size() < 10'000'000) large += "# nobody needs as many words as this comment has\n";
  const lab::Boot seen = boot_with(large);
  EXPECT_TRUE(seen.left_to_host("0000:01:00"));
  EXPECT_TRUE(seen.logged("/etc/vfio-early.conf", "File too large"));
}

TEST(UnreadableConfiguration, BinaryFileIsReported) {
  std::string garbage;
  for (uint32_t seed = 1; garbage.size() < 20'000; seed = seed * 1664525 + 1013904223)
    garbage += static_cast<char>(seed >> 24);
  const lab::Boot seen = boot_with(garbage);
  EXPECT_TRUE(seen.left_to_host("0000:01:00"));
  EXPECT_TRUE(seen.logged("/etc/vfio-early.conf", "not a text file"));
}

// Without systemd, which would end bind at the time limit of its unit.
TEST(HangingModuleLoad, TimesOut) {
  const std::string release = lab::modules_of("6.1").filename();
  const lab::Overlay hang = {
      .path = "lib/modules/" + release + "/kernel/drivers/vfio/pci/vfio-pci.ko", .console = true};
  const lab::Boot seen = lab::boot(
      {.kernel = "6.1"}, {.configuration = kGaming, .overlays = {hang}, .systemd = false});
  EXPECT_TRUE(seen.driverless("0000:01:00"));
  EXPECT_TRUE(seen.recorded("0000:01:00", "driverless"));
  EXPECT_TRUE(seen.logged("loading vfio-pci has not finished", "vfio-early bind"));
  EXPECT_TRUE(seen.left_to_host("0000:02:00"));
}

lab::Boot boot_with_unit(const std::string& unit, const std::string& settings) {
  const lab::Overlay drop_in = {.path = "etc/systemd/system/" + unit + ".service.d/kill.conf",
                                .text = "[Service]\n" + settings};
  return lab::boot({.kernel = "6.1"}, {.configuration = kGaming, .overlays = {drop_in}});
}

// Killed before its first step: the host gets its cards, as if vfio-early were not installed. ($$$$
// is how a unit writes the shell's $$.)
TEST(Kill, BeforeGateLeavesCardsToHost) {
  const lab::Boot seen =
      boot_with_unit("vfio-early-gate", "ExecStart=\nExecStart=/bin/sh -c 'kill -9 $$$$'\n");
  EXPECT_TRUE(seen.left_to_host("0000:01:00"));
  EXPECT_TRUE(seen.logged("no record", "vfio-early claim"));
}

// Killed while it loads modules: the overrides of the gate remain.
TEST(Kill, DuringBindKeepsOverrides) {
  const lab::Boot seen =
      boot_with_unit("vfio-early-bind", "TimeoutStartSec=50ms\nKillSignal=SIGKILL\n");
  // It was killed. systemd's own message about it may already be in the journal.
  EXPECT_EQ(seen.report().record.at("bind").value("ended_ns", -1), 0);
  for (const lab::Function& function : seen.report().at("0000:01:00")) {
    EXPECT_EQ(function.driver_override, "vfio-pci") << function.address;
    EXPECT_TRUE(function.driver.empty() || function.driver == "vfio-pci") << function.driver;
  }
}

}  // namespace
