// SPDX-License-Identifier: GPL-2.0-or-later
//
// Settings that remain from guides which work without vfio-early, and what takes a card later. Most
// images have no systemd, which makes the boot faster.
#include <ostream>

#include "tests/lab/images.h"
#include "tests/lab/lab.h"

namespace {

using lab::Overlay;

constexpr const char* kGaming = "[gaming]\naddress = 0000:01:00\n";

// The script of an old guide: it takes every display of this machine.
const std::vector<Overlay> kTakeAll = {
    {.path = "etc/modprobe.d/local.conf", .text = "install vfio-pci /sbin/vfio-pci-override.sh\n"},
    {.path = "sbin/vfio-pci-override.sh",
     .text = "#!/bin/sh\n"
             "for device in /sys/bus/pci/devices/*; do\n"
             "  case $(cat $device/class) in 0x03*) echo vfio-pci >$device/driver_override;; esac\n"
             "done\n"
             "modprobe -i vfio-pci\n",
     .executable = true}};

// softdog stands for vendor-reset, which no stock kernel has. The hook puts it into the image, and
// it is loaded before vfio-pci.
void expect_softdog_first(const lab::Boot& seen) {
  EXPECT_TRUE(seen.claimed("0000:01:00"));
  const auto extra = seen.report().loaded("softdog"), vfio = seen.report().loaded("vfio_pci");
  ASSERT_TRUE(extra && vfio);
  EXPECT_LT(*extra, *vfio);
  EXPECT_FALSE(seen.logged("softdog"));
}

class ExtraModules : public lab::BootTest {};

TEST_P(ExtraModules, AreInTheImageAndLoadedFirst) {
  const lab::Boot seen =
      lab::boot({.kernel = kernel()}, {.setting = "modules=softdog", .systemd = false});
  expect_softdog_first(seen);
}

TEST_P(ExtraModules, AreInTheSupplementAndLoadedFirst) {
  const lab::Boot seen = lab::boot({.kernel = kernel(), .arguments = "rdinit=/vfio-early"},
                                   {.configuration = std::string(kGaming) + "modules = softdog\n",
                                    .systemd = false,
                                    .vfio_early = false,
                                    .supplement = lab::Supplement::kBehind});
  expect_softdog_first(seen);
}

// No function of QEMU has a reset method of its own.
TEST_P(ExtraModules, ThatAreMissingDoNotPreventTheClaim) {
  const lab::Boot seen =
      lab::boot({.kernel = kernel()},
                {.configuration = std::string(kGaming) +
                                  "modules = no-such softdog\nreset-method = device_specific\n",
                 .systemd = false});
  EXPECT_TRUE(seen.claimed("0000:01:00"));
  EXPECT_TRUE(seen.logged("0000:01:00.0", "modules: no-such is not loaded", "initramfs", "Remedy"));
  EXPECT_TRUE(seen.logged("0000:01:00.0", "modules: softdog is not loaded", "Remedy"));
  EXPECT_TRUE(seen.logged("0000:01:00.0", "reset-method: it is not 'device_specific'", "Remedy"));
  EXPECT_FALSE(seen.report().loaded("softdog"));
}

ON_KERNELS(ExtraModules, "6.12");

// The images of the other generators.
struct ModulesImage {
  const char* name;
  lab::Generator generator;
  bool systemd = true;
};

constexpr ModulesImage kModulesImages[] = {
    {"initramfs_tools_most", lab::Generator::kInitramfsTools},
    {"initramfs_tools_dep", lab::Generator::kInitramfsToolsDep},
    {"mkinitcpio_busybox", lab::Generator::kMkinitcpio, false},
    {"mkinitcpio_systemd", lab::Generator::kMkinitcpio},
};

void PrintTo(const ModulesImage& image, std::ostream* out) {
  *out << image.name;
}

class ExtraModulesOfGenerator : public testing::TestWithParam<ModulesImage> {
 protected:
  void SetUp() override {
    if (const std::string why = lab::skip_reason(GetParam().generator); !why.empty())
      GTEST_SKIP() << why;
  }
  static lab::Boot boot(const std::string& configuration, const std::string& setting) {
    return lab::boot({.kernel = "6.12"}, {.configuration = configuration,
                                          .setting = setting,
                                          .systemd = GetParam().systemd,
                                          .generator = GetParam().generator});
  }
};

TEST_P(ExtraModulesOfGenerator, AreInTheImageAndLoadedFirst) {
  const lab::Boot seen = boot("", "modules=softdog");
  expect_softdog_first(seen);
}

// The negative test: the image was built before the configuration had the key.
TEST_P(ExtraModulesOfGenerator, AreReportedIfTheImageIsOlder) {
  const lab::Boot seen = boot(std::string(kGaming) + "modules = softdog\n", "");
  EXPECT_TRUE(seen.claimed("0000:01:00"));
  EXPECT_TRUE(seen.logged("0000:01:00.0", "modules: softdog is not loaded", "Remedy"));
  EXPECT_FALSE(seen.report().loaded("softdog"));
}

INSTANTIATE_TEST_SUITE_P(Long, ExtraModulesOfGenerator, testing::ValuesIn(kModulesImages),
                         [](const auto& image) { return image.param.name; });

class InstallCommand : public lab::BootTest {};

TEST_P(InstallCommand, ThatTakesAnotherCardIsNotRun) {
  const lab::Boot seen = lab::boot(
      {.kernel = kernel()}, {.configuration = kGaming, .overlays = kTakeAll, .systemd = false});
  EXPECT_TRUE(seen.claimed("0000:01:00"));
  EXPECT_TRUE(seen.left_to_host("0000:02:00"));
  EXPECT_TRUE(seen.untouched("0000:02:00"));
  EXPECT_TRUE(seen.logged("/etc/modprobe.d/local.conf:1", "is ignored", "Remedy"));
}

// The negative test: modprobe, which loads vfio-pci in this image, runs it.
TEST_P(InstallCommand, IsRunByModprobe) {
  const lab::Boot seen =
      lab::boot({.kernel = kernel()},
                {.overlays = kTakeAll, .systemd = false, .vfio_early = false, .vfio_forced = true});
  for (const char* card : {"0000:01:00.0", "0000:02:00.0"})
    EXPECT_EQ(seen.report().at(card).at(0).driver, "vfio-pci") << card;
}

// None of these keeps vfio-pci and its IOMMU driver from being loaded, and no softdep loads a
// driver of the host: igb drives PCI devices, sd_mod does not. Options apply.
TEST_P(InstallCommand, ThatFailsIsNotRun) {
  const Overlay rules = {.path = "etc/modprobe.d/local.conf",
                         .text =
                             "install vfio-pci /bin/false\n"
                             "install vfio /bin/false\n"
                             "install vfio_iommu_type1 /bin/false\n"
                             "blacklist vfio-pci\n"
                             "softdep vfio pre: igb\n"
                             "softdep vfio-pci pre: sd_mod\n"
                             "options vfio-pci disable_vga=1\n"};
  const lab::Boot seen = lab::boot(
      {.kernel = kernel()}, {.configuration = kGaming, .overlays = {rules}, .systemd = false},
      {{"option", "cat /sys/module/vfio_pci/parameters/disable_vga"}});
  EXPECT_TRUE(seen.claimed("0000:01:00"));
  EXPECT_TRUE(seen.left_to_host("0000:02:00"));
  EXPECT_TRUE(seen.report().loaded("vfio_iommu_type1"));
  EXPECT_TRUE(seen.report().loaded("sd_mod"));
  EXPECT_FALSE(seen.report().loaded("igb"));
  EXPECT_EQ(seen.answer("option").out, "Y\n");
}

ON_KERNELS(InstallCommand, "6.12");

// pci-stub is a module of Debian's kernels; elsewhere it is built in, and is as early as this.
const Overlay kLoadPciStub = {.path = "usr/lib/dracut/hooks/cmdline/00-load-pci-stub.sh",
                              .text = "modprobe pci-stub\n"};

class PciStub : public lab::BootTest {};

TEST_P(PciStub, IsUnboundAndIsNoEvidenceAgainstHistory) {
  const lab::Boot seen =
      lab::boot({.kernel = kernel(), .arguments = "pci-stub.ids=1234:1111,8086:2668"},
                {.configuration = std::string(kGaming) + "only-display = allow\n",
                 .overlays = {kLoadPciStub},
                 .systemd = false},
                {{"verify", "vfio-verify --format json"}});
  EXPECT_TRUE(seen.taken_from("0000:01:00", "pci-stub"));
  EXPECT_EQ(seen.report().at("0000:02:00.0").at(0).driver, "pci-stub");
  EXPECT_TRUE(seen.logged("pci-stub binds 0000:01:00.0", "kernel command line", "Remedy"));
  const auto history = seen.finding("verify", "bind.history", "0000:01:00.0");
  EXPECT_EQ(history.value("status", ""), "warn") << history.dump();
  EXPECT_NE(history.value("remedy", "").find("remove pci-stub.ids="), std::string::npos)
      << history.dump();
}

ON_KERNELS(PciStub, "6.12");

// As driverctl's unit does it, in the booted system.
constexpr const char* kLoadOverride =
    "sh -c 'cd /sys/bus/pci/devices/0000:01:00.0 && echo 0000:01:00.0 >driver/unbind && "
    "cat /etc/driverctl.d/pci-0000:01:00.0 >driver_override && "
    "echo 0000:01:00.0 >/sys/bus/pci/drivers_probe'";

class LaterTaker : public lab::BootTest {};

TEST_P(LaterTaker, IsReportedBeforeAndAfter) {
  const Overlay saved = {.path = "etc/driverctl.d/pci-0000:01:00.0", .text = "bochs-drm\n"};
  const lab::Boot seen = lab::boot(
      {.kernel = kernel()}, {.configuration = kGaming, .overlays = {saved}, .systemd = false},
      {{"save", "mkdir -p /etc/driverctl.d && echo bochs-drm >/etc/driverctl.d/pci-0000:01:00.0"},
       {"plan", "vfio-early plan"},
       {"load", kLoadOverride},
       {"verify", "vfio-verify --format json"}});
  EXPECT_TRUE(seen.logged("0000:01:00.0", "driverctl binds it to bochs-drm", "Remedy"));
  EXPECT_NE(seen.answer("plan").out.find("driverctl unset-override 0000:01:00.0"),
            std::string::npos)
      << seen.answer("plan").out << seen.answer("save").err;
  const auto driver = seen.finding("verify", "bind.driver", "0000:01:00.0");
  EXPECT_NE(driver.value("evidence", "").find("lost later to bochs-drm"), std::string::npos)
      << driver.dump();
  EXPECT_NE(driver.value("remedy", "").find("driverctl unset-override"), std::string::npos)
      << driver.dump();
}

ON_KERNELS(LaterTaker, "6.12");

}  // namespace
