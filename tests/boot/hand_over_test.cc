// SPDX-License-Identifier: GPL-2.0-or-later
//
// A card is taken from the running system and given back, with the host's drivers working in
// between; it is not while anything uses it. A claim that is killed, or a driver that hangs, leaves
// the host with its card.
#include <algorithm>
#include <cstdio>

#include "tests/boot/hanging_audio.h"
#include "tests/lab/lab.h"
#include "tests/lab/qemu.h"

namespace {

constexpr const char* kConfiguration =
    "[gaming]\naddress = 0000:01:00\nunbind = display\nhand-over = yes\n";

constexpr const char* kHost = "bochs-drm (null)\nsnd_hda_intel (null)\n";
constexpr const char* kOurs = "vfio-pci vfio-pci\nvfio-pci vfio-pci\n";

// "DRIVER OVERRIDE" of both functions.
constexpr const char* kShowDrivers = R"look(for function in 0 1; do
  device=/sys/bus/pci/devices/0000:01:00.$function
  driver=$(readlink $device/driver)
  echo "${driver##*/} $(cat $device/driver_override)"
done
)look";

// The host's driver works: its framebuffer can be drawn on.
constexpr const char* kUse = R"use(
device=/sys/bus/pci/devices/0000:01:00
fb=$(ls $device.0/graphics) || exit 1
[ -e /dev/$fb ] || mknod /dev/$fb c $(tr : ' ' < $device.0/graphics/$fb/dev)
dd if=/dev/zero of=/dev/$fb bs=4096 count=16 2> /dev/null || exit 1
echo works
)use";

// Claims the card while a process has its node open.
constexpr const char* kBusy = R"busy(
card=$(ls -d /sys/bus/pci/devices/0000:01:00.0/drm/card*)
sleep 1000 3< /dev/dri/${card##*/} &
vfio-early claim gaming
status=$?
kill $!
exit $status
)busy";

// Three times there and back.
constexpr const char* kRounds = R"rounds(
for round in 1 2 3; do
  vfio-early claim gaming || exit 1
  sh /usr/lab/look
  vfio-early release gaming || exit 1
  sh /usr/lab/look
  sh /usr/lab/use || exit 1
done
)rounds";

// Kills a claim at each of many steps; the next run gives the card back.
constexpr const char* kKills = R"kills(
fault_injector /dev/kmsg kill 0 /usr/bin/vfio-early claim gaming || exit 1
steps=$(dmesg | sed -n 's/.*ended after \([0-9]*\) steps/\1/p' | tail -n 1)
vfio-early release gaming || exit 1
echo "$steps steps"
for part in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
  fault_injector /dev/kmsg kill $((steps * part / 16)) /usr/bin/vfio-early claim gaming
  vfio-early recover || echo "recover fails"
  [ "$(sh /usr/lab/look)" = "$(cat /usr/lab/host)" ] || sh /usr/lab/look
  [ ! -e /run/vfio-early/hand-over.json ] || echo "not completed: $part"
  sh /usr/lab/use || echo "does not work: $part"
done
)kills";

// The driver of the audio function waits for a program that nobody can see.
constexpr const char* kHang = R"hang(
. /usr/lab/hold_audio
vfio-early claim gaming
echo "claim: $?"
# Without the overrides: in Linux 6.1 a read of driver_override waits for the driver.
for function in 0 1; do
  driver=$(readlink /sys/bus/pci/devices/0000:01:00.$function/driver)
  echo "driver: ${driver##*/}"
done
vfio-early release second > /dev/null 2>&1
echo "another command: $?"
kill -9 $!
sleep 1
vfio-early recover
echo "recover: $?"
sh /usr/lab/look
)hang";

std::vector<lab::Overlay> overlays() {
  return {{.path = "usr/lab/look", .text = kShowDrivers},
          {.path = "usr/lab/use", .text = kUse},
          {.path = "usr/lab/busy", .text = kBusy},
          {.path = "usr/lab/rounds", .text = kRounds},
          {.path = "usr/lab/kills", .text = kKills},
          {.path = "usr/lab/hang", .text = kHang},
          {.path = "usr/lab/host", .text = kHost},
          {.path = "usr/bin/fault_injector",
           .text = lab::read_file(LAB_FAULT_INJECTOR),
           .executable = true}};
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

void print_times(const lab::Boot& seen) {
  for (const char* words : {"taken from the host in ", "given back to the host in "})
    for (const std::string& line : seen.report().log(words)) std::printf("%s\n", line.c_str());
}

class HandOver : public lab::BootTest {
 protected:
  static lab::Boot boot(const std::vector<lab::Question>& questions,
                        const std::string& configuration = kConfiguration,
                        const std::vector<lab::Overlay>& more = {}) {
    std::vector<lab::Overlay> all = overlays();
    all.insert(all.end(), more.begin(), more.end());
    return lab::boot({.kernel = kernel()},
                     {.configuration = configuration, .overlays = all, .systemd = false},
                     questions);
  }
};

TEST_P(HandOver, HolderPreventsClaimAndIdleCardGoesThereAndBack) {
  const lab::Boot seen = boot({{"boot", "sh /usr/lab/look"},
                               {"other", "vfio-early claim 0000:02:00"},
                               {"busy", "sh /usr/lab/busy"},
                               {"kept", "sh /usr/lab/look"},
                               {"rounds", "sh /usr/lab/rounds"},
                               {"left", "ls /run/vfio-early"}});
  EXPECT_EQ(seen.answer("boot").out, kHost);  // hand-over = yes: the boot left it to the host
  EXPECT_EQ(seen.answer("other").exit, 2);
  EXPECT_EQ(seen.answer("busy").exit, 1);
  EXPECT_TRUE(contains(seen.answer("busy").err, "has /dev/dri/card")) << seen.answer("busy").err;
  EXPECT_TRUE(contains(seen.answer("busy").err, "Remedy: end process"));
  EXPECT_TRUE(seen.logged("gaming: not claimed: it is in use", "/dev/dri/card"));
  EXPECT_EQ(seen.answer("kept").out, kHost);
  EXPECT_EQ(seen.answer("rounds").exit, 0) << seen.answer("rounds").err;
  const std::string round = std::string(kOurs) + kHost + "works\n";
  EXPECT_EQ(seen.answer("rounds").out, round + round + round);
  EXPECT_FALSE(contains(seen.answer("left").out, "hand-over")) << seen.answer("left").out;
  print_times(seen);
}

TEST_P(HandOver, KilledClaimIsUndone) {
  const lab::Boot seen = boot({{"kills", "sh /usr/lab/kills"}});
  std::string works;
  for (int i = 0; i < 15; ++i) works += "works\n";
  const std::string out = seen.answer("kills").out;
  EXPECT_EQ(seen.answer("kills").exit, 0) << seen.answer("kills").err;
  EXPECT_EQ(out.substr(std::min(out.find('\n'), out.size() - 1) + 1), works) << out;
}

TEST_P(HandOver, HangingDriverIsReportedAndCardGivenBack) {
  const lab::Boot seen =
      boot({{"hang", "sh /usr/lab/hang"}}, kConfiguration, lab::hanging_audio(kernel()));
  EXPECT_EQ(seen.answer("hang").out,
            std::string("claim: 1\ndriver: bochs-drm\ndriver: \nanother command: 2\n") +
                "recover: 0\n" + kHost)
      << seen.answer("hang").err;
  EXPECT_TRUE(contains(seen.answer("hang").err, "snd_hda_intel did not release it within 5 s"))
      << seen.answer("hang").err;
  EXPECT_TRUE(seen.logged("gaming: not completely given back: 0000:01:00.1"));
}

TEST_P(HandOver, GraphicsDriverNeedsConsent) {
  const lab::Boot seen = boot({{"claim", "vfio-early claim gaming"}, {"kept", "sh /usr/lab/look"}},
                              "[gaming]\naddress = 0000:01:00\nhand-over = yes\n");
  EXPECT_EQ(seen.answer("claim").exit, 1);
  EXPECT_TRUE(contains(seen.answer("claim").err, "'unbind = display'"));
  EXPECT_EQ(seen.answer("kept").out, kHost);
}

// A system service has the card open, and the hooks write down their steps.
constexpr const char* kService = R"service([Unit]
Description=Have the card open
[Service]
ExecStart=/bin/sh -c 'exec sleep 100000 3< /dev/dri/card0'
)service";

constexpr const char* kHook = R"hook(#!/bin/sh
echo "$1 $2 $VFIO_EARLY_STEP $VFIO_EARLY_CARD $VFIO_EARLY_ADDRESSES $HOME" >> /run/hooks
)hook";

constexpr const char* kServices = R"services(
systemctl start holder
sleep 3
vfio-early claim gaming
echo "without: $?"
systemctl is-active holder
vfio-early claim --stop-services gaming
echo "with: $?"
systemctl is-active holder
sh /usr/lab/look
vfio-early release gaming
systemctl is-active holder
sh /usr/lab/look
chmod g+w /etc/vfio-early/hooks.d/log
vfio-early claim --stop-services gaming
echo "writable hook: $?"
chmod g-w /etc/vfio-early/hooks.d/log
vfio-early claim --stop-services gaming || exit 1
mv /run/hooks /run/hooks-before
cp /etc/vfio-early/hooks.d/log /etc/vfio-early/hooks.d/unsafe
chmod o+w /etc/vfio-early/hooks.d/unsafe
vfio-early release gaming
echo "back: $?"
)services";

TEST_P(HandOver, ServicesAreStoppedAndStartedAgain) {
  std::vector<lab::Overlay> all = overlays();
  all.push_back({.path = "etc/systemd/system/holder.service", .text = kService});
  all.push_back({.path = "etc/vfio-early/hooks.d/log", .text = kHook, .executable = true});
  all.push_back({.path = "usr/lab/services", .text = kServices});
  const lab::Boot seen = lab::boot({.kernel = kernel(), .arguments = "init=/lib/systemd/systemd"},
                                   {.configuration = kConfiguration, .overlays = all},
                                   {{"services", "sh /usr/lab/services"},
                                    {"hooks", "cat /run/hooks-before"},
                                    {"back", "cat /run/hooks"}});
  EXPECT_EQ(seen.answer("services").out, std::string("without: 1\nactive\nwith: 0\ninactive\n") +
                                             kOurs + "active\n" + kHost +
                                             "writable hook: 1\nback: 0\n")
      << seen.answer("services").err;
  EXPECT_TRUE(contains(seen.answer("services").err, "of holder.service has /dev/dri/card0 open"));
  EXPECT_TRUE(contains(seen.answer("services").err, "other users can write to"));
  const auto step = [](const std::string& name) {
    return name + " gaming " + name + " gaming 0000:01:00.0 0000:01:00.1 /\n";
  };
  EXPECT_EQ(seen.answer("hooks").out, step("before-claim") + step("failed") + step("before-claim") +
                                          step("after-claim") + step("before-release") +
                                          step("after-release") + step("before-claim") +
                                          step("after-claim"));
  // The hook that others can write to does not keep the other one from running.
  EXPECT_EQ(seen.answer("back").out, step("before-release") + step("after-release"));
  EXPECT_TRUE(seen.logged("a hook is not run: other users can write to", "hooks.d/unsafe"));
}

ON_KERNELS(HandOver, "6.12");

}  // namespace
