// SPDX-License-Identifier: GPL-2.0-or-later
//
// Drivers that already hold a card when vfio-early starts: which cards it takes from them and which
// it does not; and settings that must be applied before vfio-pci binds. Without systemd, which
// makes the boot faster.
#include "tests/boot/hanging_audio.h"
#include "tests/lab/lab.h"

namespace {

using lab::Kind;

// Runs before our hook, like built-in drivers: all host drivers that these cards can have.
const lab::Overlay kLoadHostDrivers = {
    .path = "usr/lib/dracut/hooks/cmdline/00-load-drivers.sh",
    .text =
        "modprobe -a virtio_pci xhci_pci usb_storage sd_mod bochs snd_hda_intel\n"
        "i=0; while [ $i -lt 600 ] && ! [ -e /sys/class/block/sda ]; do sleep 0.1; i=$((i+1)); "
        "done\n"};

// No stock kernel of Debian has a variant driver. A modprobe.d file makes pci-stub one. The name of
// its module differs from the driver's.
const lab::Overlay kVariant = {.path = "etc/modprobe.d/variant.conf",
                               .text = "alias vfio_pci:v00001AF4d00001041* pci_stub\n"};

constexpr const char* kConfiguration = R"([net]
address = 0000:01:00.0
reset-method = bus
[lan]
address = 0000:02:00.0
unbind = no
[usb]
address = 0000:03:00
[gpu]
address = 0000:04:00
unbind = display
only-display = allow
driver = auto
disable-idle-d3 = yes
bar-size = 0:256M
reset-method = flr
[variant]
address = 0000:05:00.0
driver = auto
)";

const std::vector<lab::Question> kQuestions = {
    {"option", "cat /sys/module/vfio_pci/parameters/disable_idle_d3"},
    {"reset", "cat /sys/bus/pci/devices/0000:01:00.0/reset_method"},
    {"verify", "vfio-verify net --format json"},
    {"again", "vfio-early bind"}};

class BoundDriver : public lab::BootTest {};

TEST_P(BoundDriver, IsUnboundIfAllowed) {
  const lab::Boot seen = lab::boot(
      {.kernel = kernel(),
       .cards = {{.kind = Kind::kVirtio},
                 {.kind = Kind::kVirtio},
                 {.kind = Kind::kUsbStorage},
                 {.kind = Kind::kGraphics},
                 {.kind = Kind::kVirtio}}},
      {.configuration = kConfiguration, .overlays = {kLoadHostDrivers, kVariant}, .systemd = false},
      kQuestions);

  EXPECT_TRUE(seen.taken_from("0000:01:00.0", "virtio-pci"));
  EXPECT_EQ(seen.answer("reset").out, "bus\n");
  const std::string verdict = seen.answer("verify").out;
  EXPECT_NE(verdict.find("virtio-pci held it before vfio-early ran"), std::string::npos) << verdict;

  EXPECT_TRUE(seen.left_to_host("0000:02:00.0"));
  EXPECT_TRUE(seen.recorded("0000:02:00.0", "held"));
  EXPECT_TRUE(seen.logged("lan", "virtio-pci", "'unbind = no'", "Remedy"));

  EXPECT_TRUE(seen.left_to_host("0000:03:00.0"));
  EXPECT_TRUE(seen.recorded("0000:03:00.0", "held"));
  EXPECT_TRUE(seen.logged("usb", "xhci_hcd", "sda", "Remedy"));

  EXPECT_TRUE(seen.taken_from("0000:04:00.0", "bochs-drm"));
  EXPECT_TRUE(seen.taken_from("0000:04:00.1", "snd_hda_intel"));
  EXPECT_EQ(seen.answer("option").out, "Y\n");
  EXPECT_TRUE(seen.logged("gpu", "0000:04:00.0", "bar-size", "not resizable", "Remedy"));
  EXPECT_TRUE(seen.logged("gpu", "0000:04:00.0", "reset-method", "'flr'", "Remedy"));

  EXPECT_TRUE(seen.recorded("0000:05:00.0", "bound"));
  EXPECT_EQ(seen.report().at("0000:05:00.0").at(0).driver, "pci-stub");
  EXPECT_EQ(seen.report().at("0000:05:00.0").at(0).driver_override, "pci-stub");
}

ON_KERNELS(BoundDriver, "6.12");

// The audio driver never releases its function, and the kernel has removed its link. The boot
// continues, and vfio-pci is loaded for the rest.
TEST(HangingDriver, IsRecordedAndOthersAreClaimed) {
  std::vector<lab::Overlay> overlays = lab::hanging_audio("6.12");
  overlays.push_back(
      {.path = kLoadHostDrivers.path,
       .text = "modprobe -a virtio_pci bochs snd_hda_intel\nsh /usr/lab/hold_audio\n"});
  const lab::Boot seen = lab::boot(
      {.kernel = "6.12", .cards = {{.kind = Kind::kGraphics}, {.kind = Kind::kVirtio}}},
      {.configuration = "[gaming]\naddress = 0000:01:00\nunbind = display\nonly-display = allow\n"
                        "[net]\naddress = 0000:02:00.0\n",
       .overlays = overlays,
       .systemd = false},
      {{"audio", "cat /sys/bus/pci/devices/0000:01:00.1/driver_override"},
       {"end", "sh -c 'kill -9 $(cat /run/holder)'"}});
  EXPECT_TRUE(seen.recorded("0000:01:00.1", "held"));
  EXPECT_TRUE(seen.logged("gaming", "0000:01:00.1", "snd_hda_intel did not release it within 5 s"));
  EXPECT_EQ(seen.answer("audio").out, "(null)\n");
  EXPECT_TRUE(seen.taken_from("0000:01:00.0", "bochs-drm"));
  EXPECT_TRUE(seen.taken_from("0000:02:00.0", "virtio-pci"));
}

// vfio-pci is loaded before our hook, as if it were built in. Unused functions are suspended,
// unless the setting keeps them awake.
lab::Boot boot_with_vfio_pci_loaded(const std::string& kernel) {
  return lab::boot({.kernel = kernel, .cards = {{.kind = Kind::kGraphics}}},
                   {.configuration = "[gaming]\naddress = 0000:01:00\nonly-display = allow\n"
                                     "disable-idle-d3 = yes\n",
                    .overlays = {{.path = kLoadHostDrivers.path, .text = "modprobe vfio_pci\n"}},
                    .systemd = false},
                   {{"idle", "cat /sys/bus/pci/devices/0000:01:00.[01]/power/runtime_status"}});
}

TEST(DisableIdleD3, IsTooLateForLinux612) {
  const lab::Boot seen = boot_with_vfio_pci_loaded("6.12");
  EXPECT_TRUE(seen.claimed("0000:01:00"));
  EXPECT_EQ(seen.answer("idle").out, "suspended\nsuspended\n");
  EXPECT_TRUE(seen.logged("gaming", "disable-idle-d3", "Remedy: add vfio_pci.disable_idle_d3=1"));
}

TEST(DisableIdleD3, IsAppliedByLinux73AtBind) {
  const lab::Boot seen = boot_with_vfio_pci_loaded("backports");
  EXPECT_TRUE(seen.claimed("0000:01:00"));
  EXPECT_EQ(seen.answer("idle").out, "active\nactive\n");
  EXPECT_FALSE(seen.logged("disable-idle-d3"));
}

}  // namespace
