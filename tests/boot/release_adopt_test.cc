// SPDX-License-Identifier: GPL-2.0-or-later
//
// After the boot: a card is released, and a card that comes back is claimed again.
#include "tests/lab/lab.h"

namespace {

constexpr const char* kConfiguration = R"([gaming]
address = 0000:01:00
unbind = display
only-display = allow
[second]
address = 0000:02:00
only-display = allow
)";

// Removes both functions of a slot and rescans the bus; this drops the override.
constexpr const char* kRemoveAndRescan = R"(for function in 0 1; do
  echo 1 > /sys/bus/pci/devices/$1.$function/remove
done
echo 1 > /sys/bus/pci/rescan
)";

// "DRIVER OVERRIDE" of both functions of a slot.
constexpr const char* kShowDrivers = R"look(for function in 0 1; do
  device=/sys/bus/pci/devices/$1.$function
  driver=$(readlink $device/driver)
  echo "${driver##*/} $(cat $device/driver_override)"
done
)look";

const std::vector<lab::Overlay> kScripts = {{.path = "usr/lab/return", .text = kRemoveAndRescan},
                                            {.path = "usr/lab/look", .text = kShowDrivers}};

constexpr const char* kHost = "bochs-drm (null)\nsnd_hda_intel (null)\n";
constexpr const char* kOurs = "vfio-pci vfio-pci\nvfio-pci vfio-pci\n";

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

class Release : public lab::BootTest {};

TEST_P(Release, ReturnsCardToHost) {
  const lab::Boot seen =
      lab::boot({.kernel = kernel()},
                {.configuration = kConfiguration, .overlays = kScripts, .systemd = false},
                {{"before", "sh /usr/lab/look 0000:02:00"},
                 {"unknown", "vfio-early release games"},
                 {"used",
                  "sh -c 'exec 3<>/dev/vfio/$(basename $(readlink "
                  "/sys/bus/pci/devices/0000:02:00.0/iommu_group)); vfio-early release second'"},
                 {"still", "sh /usr/lab/look 0000:02:00"},
                 {"release", "vfio-early release second"},
                 {"after", "sh /usr/lab/look 0000:02:00"},
                 {"rescan", "sh /usr/lab/return 0000:02:00"},
                 {"adopt", "env ACTION=add vfio-early adopt 0000:02:00.0"},
                 {"kept", "sh /usr/lab/look 0000:02:00"},
                 {"claim", "vfio-early claim"},
                 {"last", "sh /usr/lab/look 0000:02:00"},
                 {"mine", "sh /usr/lab/look 0000:01:00"}});
  EXPECT_EQ(seen.answer("before").out, kOurs);
  EXPECT_EQ(seen.answer("unknown").exit, 2);
  EXPECT_TRUE(contains(seen.answer("unknown").err, "gaming, second")) << seen.answer("unknown").err;
  EXPECT_EQ(seen.answer("used").exit, 1);
  EXPECT_TRUE(contains(seen.answer("used").err, "a guest uses it")) << seen.answer("used").err;
  EXPECT_EQ(seen.answer("still").out, kOurs);
  EXPECT_EQ(seen.answer("release").exit, 0) << seen.answer("release").err;
  EXPECT_TRUE(seen.logged("second", "0000:02:00.1", "released by the user", "snd_hda_intel"));
  EXPECT_EQ(seen.answer("after").out, kHost);
  // A released card stays with the host until the user claims it again.
  EXPECT_EQ(seen.answer("adopt").exit, 0) << seen.answer("adopt").err;
  EXPECT_EQ(seen.answer("kept").out, kHost);
  // In the running system, neither a graphics driver nor a driver that programs use is unbound.
  EXPECT_EQ(seen.answer("claim").exit, 1);
  EXPECT_TRUE(seen.logged("0000:02:00.0", "bochs-drm", "'unbind = display'"));
  EXPECT_TRUE(seen.logged("0000:02:00.1", "snd_hda_intel", "programs", "Remedy"));
  EXPECT_EQ(seen.answer("last").out, kHost);
  EXPECT_EQ(seen.answer("mine").out, kOurs);
}

ON_KERNELS(Release, "6.12");

class ReturnedCard : public lab::BootTest {};

TEST_P(ReturnedCard, IsAdopted) {
  const lab::Boot seen =
      lab::boot({.kernel = kernel()},
                {.configuration = kConfiguration, .overlays = kScripts, .systemd = false},
                {{"rescan_2", "sh /usr/lab/return 0000:02:00"},
                 {"adopt_2", "env ACTION=add vfio-early adopt 0000:02:00.0"},
                 {"quicker", "sh /usr/lab/look 0000:02:00"},
                 {"rescan_1", "sh /usr/lab/return 0000:01:00"},
                 {"taken_away", "sh /usr/lab/look 0000:01:00"},
                 {"adopt_1", "env ACTION=add vfio-early adopt 0000:01:00.0"},
                 {"taken_back", "sh /usr/lab/look 0000:01:00"},
                 {"unbind", "sh -c 'echo 0000:02:00.0 > /sys/bus/pci/drivers/bochs-drm/unbind'"},
                 {"rmmod", "rmmod bochs snd_hda_intel"},
                 {"rescan_3", "sh /usr/lab/return 0000:01:00"},
                 {"lost", "sh /usr/lab/look 0000:01:00"},
                 {"adopt_3", "env ACTION=add vfio-early adopt 0000:01:00.0"},
                 {"found", "sh /usr/lab/look 0000:01:00"},
                 {"cold", "env ACTION=add SYNTH_UUID=0 vfio-early adopt 0000:01:00.0"},
                 {"disk", "env ACTION=add vfio-early adopt 0000:00:1c.0"},
                 {"record", "cat /run/vfio-early/record.json"}});
  // The host's drivers were loaded already, and one of them must not be unbound.
  EXPECT_EQ(seen.answer("adopt_2").exit, 1);
  EXPECT_TRUE(seen.logged("second", "0000:02:00.0", "bochs-drm", "Remedy"));
  EXPECT_EQ(seen.answer("quicker").out, "bochs-drm (null)\nvfio-pci vfio-pci\n");
  // Both may be unbound.
  EXPECT_EQ(seen.answer("taken_away").out, kHost);
  EXPECT_EQ(seen.answer("adopt_1").exit, 0) << seen.answer("adopt_1").err;
  EXPECT_EQ(seen.answer("taken_back").out, kOurs);
  // The host's drivers were not loaded: no driver has bound the card.
  EXPECT_EQ(seen.answer("lost").out, " (null)\n (null)\n");
  EXPECT_EQ(seen.answer("adopt_3").exit, 0) << seen.answer("adopt_3").err;
  EXPECT_EQ(seen.answer("found").out, kOurs);
  for (const nlohmann::json& function : seen.answer("record").json()["functions"]) {
    if (function.value("card", "") != "gaming") continue;
    EXPECT_EQ(function.value("state", ""), "bound");
    EXPECT_EQ(function.value("found", "?"), "");
    EXPECT_FALSE(function.value("initramfs", true));
  }
  for (const char* nothing_to_do : {"cold", "disk"}) {
    EXPECT_EQ(seen.answer(nothing_to_do).exit, 0);
    EXPECT_EQ(seen.answer(nothing_to_do).err, "");
  }
}

ON_KERNELS(ReturnedCard, "6.12");

// The card is removed and comes back in the initramfs while udev runs, before udev loads modules
// again.
const std::vector<lab::Overlay> kReturnInInitramfs = {
    {.path = "usr/lab/return", .text = kRemoveAndRescan},
    {.path = "usr/lib/dracut/hooks/pre-mount/10-return.sh",
     .text = "udevadm settle\nvfio-early bind\nmodprobe -r bochs snd_hda_intel\n"
             "sh /usr/lab/return 0000:01:00\nudevadm settle\n"}};

TEST(CardReturnedInInitramfs, IsAdoptedByUdevRule) {
  const lab::Boot seen =
      lab::boot({.kernel = "6.12", .cards = {{}}},
                {.configuration = kConfiguration, .overlays = kReturnInInitramfs, .systemd = false},
                {{"look", "sh /usr/lab/look 0000:01:00"}});
  for (const char* address : {"0000:01:00.0", "0000:01:00.1"}) {
    EXPECT_TRUE(seen.recorded(address, "bound"));
    EXPECT_EQ(seen.report().recorded(address).value("found", "?"), "") << address;
    EXPECT_EQ(seen.report().at(address).at(0).driver, "vfio-pci");
    EXPECT_EQ(seen.report().at(address).at(0).driver_override, "vfio-pci");
  }
}

TEST(CardReturnedInInitramfs, IsBoundByHostWithoutUdevRule) {
  std::vector<lab::Overlay> overlays = kReturnInInitramfs;
  overlays.push_back({.path = "usr/lib/udev/rules.d/60-vfio-early.rules", .text = "# none\n"});
  const lab::Boot seen =
      lab::boot({.kernel = "6.12", .cards = {{}}},
                {.configuration = kConfiguration, .overlays = overlays, .systemd = false});
  EXPECT_TRUE(seen.left_to_host("0000:01:00"));
}

// The card is plugged in for the first time, after the gate has run, by QEMU's monitor.
const std::vector<lab::Overlay> kPlugInInInitramfs = {
    {.path = "usr/lib/dracut/hooks/pre-mount/10-plug.sh",
     .text = "udevadm settle\nvfio-early bind\nmodprobe -r bochs snd_hda_intel\n"
             "echo device_add secondary-vga,id=late,bus=port1 > /dev/ttyS1\n"
             "i=0; while [ $i -lt 300 ] && ! [ -e /sys/bus/pci/devices/0000:01:00.0/driver ]; do\n"
             "  sleep 0.1; i=$((i+1))\ndone\nudevadm settle\n"}};

// The firmware reserves the address space for the card's memory, without which bochs-drm fails.
lab::Boot boot_and_plug_in(const std::vector<lab::Overlay>& overlays) {
  const lab::Card empty = {.kind = lab::Kind::kNone, .port_options = "mem-reserve=64M"};
  return lab::boot({.kernel = "6.12", .cards = {empty, {}}, .monitor = true},
                   {.configuration = kConfiguration, .overlays = overlays, .systemd = false},
                   {{"look", "sh /usr/lab/look 0000:01:00"}});
}

TEST(PluggedCard, IsAdoptedByUdevRule) {
  const lab::Boot seen = boot_and_plug_in(kPlugInInInitramfs);
  EXPECT_TRUE(
      seen.logged("gaming", "not connected", "no card below", "it is claimed when it appears"));
  EXPECT_TRUE(seen.logged("gaming", "0000:01:00.0 is bound to vfio-pci"));
  EXPECT_TRUE(seen.recorded("0000:01:00.0", "bound"));
  EXPECT_EQ(seen.report().recorded("0000:01:00.0").value("found", "?"), "");
  EXPECT_EQ(seen.report().at("0000:01:00.0").at(0).driver_override, "vfio-pci");
  EXPECT_TRUE(seen.recorded("0000:02:00", "bound"));
}

TEST(PluggedCard, GoesToHostWithoutUdevRule) {
  std::vector<lab::Overlay> overlays = kPlugInInInitramfs;
  overlays.push_back({.path = "usr/lib/udev/rules.d/60-vfio-early.rules", .text = "# none\n"});
  const lab::Boot seen = boot_and_plug_in(overlays);
  EXPECT_TRUE(seen.left_to_host("0000:01:00"));
}

lab::Overlay drop_in(const std::string& unit, const std::string& settings) {
  return {.path = "etc/systemd/system/" + unit + ".service.d/boot-test.conf",
          .text = "[Service]\n" + settings};
}

// What vfio-early-complete.service runs if no bind ran in the initramfs.
TEST(SkippedBind, CompletesInRealRoot) {
  std::vector<lab::Overlay> overlays = kScripts;
  overlays.push_back(drop_in("vfio-early-bind", "ExecStart=\nExecStart=/bin/true\n"));
  const lab::Boot seen =
      lab::boot({.kernel = "6.12"}, {.configuration = kConfiguration, .overlays = overlays},
                {{"bind", "vfio-early bind"}, {"look", "sh /usr/lab/look 0000:01:00"}});
  EXPECT_TRUE(seen.driverless("0000:01:00"));
  EXPECT_TRUE(seen.recorded("0000:01:00", "reserved"));
  EXPECT_EQ(seen.answer("bind").exit, 0) << seen.answer("bind").err;
  EXPECT_EQ(seen.answer("look").out, kOurs);
}

TEST(SkippedBind, IsCompletedByUnit) {
  std::vector<lab::Overlay> overlays = kScripts;
  overlays.push_back(drop_in("vfio-early-bind", "ExecStart=\nExecStart=/bin/true\n"));
  const lab::Boot seen = lab::boot(
      {.kernel = "6.12", .arguments = "init=/lib/systemd/systemd"},
      {.configuration = kConfiguration, .overlays = overlays},
      {{"look", "sh /usr/lab/look 0000:01:00"},
       {"exit", "systemctl show -P ExecMainStatus -P Result vfio-early-complete.service"}});
  EXPECT_EQ(seen.answer("look").out, kOurs);
  EXPECT_EQ(seen.answer("exit").out, "success\n0\n");
  EXPECT_TRUE(seen.recorded("0000:01:00", "bound"));
}

// The time in milliseconds after which bind is killed, while it unbinds a function from its driver.
class KilledUnbind : public testing::TestWithParam<int> {};

TEST_P(KilledUnbind, LeavesCorrectRecordForNextBind) {
  std::vector<lab::Overlay> overlays = kScripts;
  overlays.push_back(drop_in("vfio-early-gate", "ExecStartPre=/sbin/modprobe bochs\n"));
  overlays.push_back(drop_in("vfio-early-bind", "KillSignal=SIGKILL\nTimeoutStartSec=" +
                                                    std::to_string(GetParam()) + "ms\n"));
  const lab::Boot seen =
      lab::boot({.kernel = "6.12"}, {.configuration = kConfiguration, .overlays = overlays},
                {{"bind", "vfio-early bind"}, {"look", "sh /usr/lab/look 0000:01:00"}});
  const lab::Function function = seen.report().at("0000:01:00.0").at(0);
  const nlohmann::json entry = seen.report().recorded(function.address);
  const std::string state = entry.value("state", "");
  RecordProperty("state", state + ", " + function.driver + ", " + function.driver_override);
  if (function.driver_override.empty()) {
    EXPECT_EQ(function.driver, "bochs-drm") << entry.dump();
    EXPECT_EQ(state, "intended") << entry.dump();
  } else {
    EXPECT_TRUE(state == "intended" || function.driver != "bochs-drm" || state == "reserved")
        << entry.dump();
    EXPECT_EQ(state == "bound", entry.value("bound_ns", 0.0) > 0) << entry.dump();
  }
  EXPECT_EQ(seen.answer("look").out.substr(0, seen.answer("look").out.find('\n')),
            "vfio-pci vfio-pci");
}

INSTANTIATE_TEST_SUITE_P(Long, KilledUnbind, testing::Values(100, 400, 1000, 1600));

}  // namespace
