// SPDX-License-Identifier: GPL-2.0-or-later
//
// Features that only newer versions of QEMU emulate: interrupts in x2APIC mode, cards with virtual
// functions (SR-IOV), and an AMD IOMMU without DMA translation. With an older QEMU these tests are
// skipped, and report what is missing.
#include "tests/boot/live_fixture.h"

namespace {

using lab::Kind;

class X2apic : public lab::LiveTest {};

TEST_P(X2apic, IsVerified) {
  const lab::Boot seen =
      lab::boot({.kernel = kernel(), .iommu = lab::Iommu::kIntelX2apic},
                {.configuration = "[gaming]\naddress = 0000:01:00\n", .systemd = false},
                {{"json", "vfio-verify --live --format json"}});
  EXPECT_FALSE(seen.report().log("Enabled IRQ remapping in x2apic mode").empty());
  EXPECT_TRUE(seen.claimed("0000:01:00"));
  EXPECT_TRUE(seen.left_to_host("0000:02:00"));
  for (const char* id : {"irq.x2apic", "irq.remapping"})
    EXPECT_EQ(finding_value(seen, "json", "status", id, "host"), "pass")
        << id << ": " << finding_value(seen, "json", "evidence", id, "host");
  EXPECT_TRUE(
      contains(finding_value(seen, "json", "evidence", "irq.remapping", "host"), "IR- chips"));
  expect_all_pass(seen, "json", "0000:01:00.1");
}

LONG_ON_STOCK_KERNELS(X2apic);

// The kernel's tables are right, but the device reaches all memory: only --live can find this.
class UntranslatedDma : public lab::LiveTest {};

TEST_P(UntranslatedDma, IsDetected) {
  constexpr const char* kAudio = "0000:00:11.1";
  const lab::Boot seen = lab::boot(
      {.kernel = kernel(),
       .iommu = lab::Iommu::kAmdUntranslated,
       .cards = {{.upstream = lab::Upstream::kRootBus}, {}}},
      {.configuration = "[gaming]\naddress = 0000:00:11\nonly-display = allow\n", .systemd = false},
      {{"json", "vfio-verify --live --force --format json"}});
  EXPECT_TRUE(seen.claimed("0000:00:11"));
  EXPECT_EQ(finding_value(seen, "json", "status", "iommu.present", "host"), "pass");
  EXPECT_EQ(seen.answer("json").exit, 1);
  EXPECT_EQ(finding_value(seen, "json", "status", "dma.blocked.physical", kAudio), "fail")
      << finding_value(seen, "json", "evidence", "dma.blocked.physical", kAudio);
}

LONG_ON_KERNELS(UntranslatedDma, "6.12", "sid");

// Runs before our hook: the physical function's driver creates two virtual functions, and no driver
// of the host binds them.
std::string enable_virtual_functions(const std::string& driver) {
  return "modprobe " + driver +
         "\n"
         "card=/sys/bus/pci/devices/0000:01:00.0\n"
         "i=0; while [ $i -lt 100 ] && ! [ -e $card/driver ]; do sleep 0.1; i=$((i+1)); done\n"
         "echo 0 > $card/sriov_drivers_autoprobe\n"
         "echo 2 > $card/sriov_numvfs\n";
}

class VirtualFunctions : public lab::BootTest {
 protected:
  // The configuration names `chosen`. `driver` "": no virtual functions are created.
  static lab::Boot boot(Kind kind, const std::string& driver, const std::string& chosen) {
    lab::Initramfs initramfs = {.configuration = "[virtual]\naddress = " + chosen + "\n",
                                .systemd = false};
    if (!driver.empty())
      initramfs.overlays = {{.path = "usr/lib/dracut/hooks/cmdline/00-virtual-functions.sh",
                             .text = enable_virtual_functions(driver)}};
    return lab::boot({.kernel = kernel(), .cards = {{.kind = kind}, {}}}, initramfs);
  }

  static std::string group(const lab::Boot& seen, const std::string& function) {
    const auto functions = seen.report().at(function);
    return functions.empty() ? "" : functions.front().group;
  }

  static void expect_only_claimed(const lab::Boot& seen, const std::string& chosen,
                                  const std::string& other) {
    EXPECT_TRUE(seen.claimed(chosen));
    EXPECT_TRUE(seen.untouched(other));
    EXPECT_TRUE(seen.untouched("0000:01:00.0"));
    EXPECT_NE(group(seen, chosen), "");
    EXPECT_NE(group(seen, other), "");
    EXPECT_NE(group(seen, chosen), group(seen, other));
    EXPECT_NE(group(seen, chosen), group(seen, "0000:01:00.0"));
  }
};

TEST_P(VirtualFunctions, OfNetworkCardAreClaimedSeparately) {
  const lab::Boot seen = boot(Kind::kSriovNetwork, "igb", "0000:01:10.2");
  expect_only_claimed(seen, "0000:01:10.2", "0000:01:10.0");
  EXPECT_EQ(seen.report().at("0000:01:00.0").at(0).driver, "igb");
}

TEST_P(VirtualFunctions, OfNvmeAreClaimedSeparately) {
  const lab::Boot seen = boot(Kind::kSriovNvme, "nvme", "0000:01:00.1");
  expect_only_claimed(seen, "0000:01:00.1", "0000:01:00.2");
}

// The virtual functions are created after the gate: only the configured one is claimed.
TEST_P(VirtualFunctions, ThatAreCreatedLaterAreAdopted) {
  const lab::Boot seen =
      lab::boot({.kernel = kernel(), .cards = {{.kind = Kind::kSriovNvme}, {}}},
                {.configuration = "[virtual]\naddress = 0000:01:00.1\nidentity = 1b36:0010\n",
                 .overlays = {{.path = "usr/lib/dracut/hooks/pre-mount/10-virtual-functions.sh",
                               .text = enable_virtual_functions("nvme") + "udevadm settle\n"}},
                 .systemd = false});
  EXPECT_TRUE(seen.logged("virtual", "it is a virtual function of 0000:01:00.0",
                          "it is claimed when it appears"));
  EXPECT_TRUE(seen.recorded("0000:01:00.1", "bound"));
  EXPECT_EQ(seen.report().recorded("0000:01:00.1").value("found", "?"), "");
  for (const char* other : {"0000:01:00.0", "0000:01:00.2"}) EXPECT_TRUE(seen.untouched(other));
  EXPECT_EQ(seen.report().at("0000:01:00.0").at(0).driver, "nvme");
}

// The negative test: there are no virtual functions.
TEST_P(VirtualFunctions, ThatDoNotExistAreReported) {
  const lab::Boot seen = boot(Kind::kSriovNetwork, "", "0000:01:10.2");
  EXPECT_TRUE(seen.report().at("0000:01:10.2").empty());
  EXPECT_TRUE(seen.untouched("0000:01:00.0"));
  EXPECT_TRUE(seen.logged("virtual", "0000:01:10.2", "Remedy"));
}

LONG_ON_STOCK_KERNELS(VirtualFunctions);

}  // namespace
