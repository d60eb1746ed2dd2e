// SPDX-License-Identifier: GPL-2.0-or-later
//
// The only display of the host is handed over: whatever is killed, the console's text is back
// within 30 seconds. The driver of the PCI function may drive the display itself (bochs-drm), or
// only provide a VirtIO device, which has the graphics driver (virtio-pci, virtio_gpu).
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "tests/lab/lab.h"
#include "tests/lab/qemu.h"

namespace {

constexpr const char* kConfiguration =
    "[gaming]\naddress = 0000:01:00\nunbind = display\nonly-display = allow\nhand-over = yes\n";

// The display that is handed over, and how the host uses it.
struct Display {
  lab::Kind kind;
  const char* driver;       // of the PCI function
  const char* framebuffer;  // as in /proc/fb
  const char* load;         // loads its drivers in the booted system
};

constexpr Display kBochs = {lab::Kind::kVga, "bochs-drm", "bochs-drmdrmfb", "true"};
constexpr Display kVirtio = {lab::Kind::kVirtioGpu, "virtio-pci", "virtio_gpudrmfb",
                             "modprobe virtio-gpu"};

// Prints how many seconds after the end of the command the host's driver has the display again, and
// its framebuffer exists; "never" after a minute. Uses no more processes than it must.
constexpr const char* kMeasure = R"measure(
read -r driver < /usr/lab/driver
is_back() {
  [ -e "/sys/bus/pci/drivers/$driver/0000:01:00.0" ] || return 1
  read -r framebuffer < /proc/fb && [ ! -e /run/vfio-early/hand-over.json ]
}
now() { read -r up rest < /proc/uptime; echo "${up%.*}"; }
"$@" > /dev/null 2> /run/last
began=$(now)
while :; do
  is_back && break
  [ $(($(now) - began)) -lt 60 ] || { echo "never: $(cat /run/last)"; exit 1; }
  sleep 0.5
done
echo $(($(now) - began))
)measure";

// A guest that uses the card for 25 seconds, longer than an unused card stays claimed, and is then
// killed.
constexpr const char* kGuest = R"guest(
vfio-early claim gaming || exit 1
group=$(readlink /sys/bus/pci/devices/0000:01:00.0/iommu_group)
sleep 1000 3<> /dev/vfio/${group##*/} &
sleep 25
[ -e /sys/bus/pci/drivers/vfio-pci/0000:01:00.0 ] || echo "given back while a guest uses it"
kill -9 $!
sh /usr/lab/measure true
)guest";

constexpr const char* kKills = R"kills(
fault_injector /dev/kmsg kill 0 /usr/bin/vfio-early claim gaming > /dev/null 2>&1 || echo "no claim"
claim=$(dmesg | sed -n 's/.*ended after \([0-9]*\) steps/\1/p' | tail -n 1)
fault_injector /dev/kmsg kill 0 /usr/bin/vfio-early release gaming > /dev/null 2>&1 || echo "no release"
release=$(dmesg | sed -n 's/.*ended after \([0-9]*\) steps/\1/p' | tail -n 1)
echo "claim: $claim steps, release: $release steps" >&2
for part in 3 5 6 7; do
  sh /usr/lab/measure fault_injector /dev/kmsg kill $((claim * part / 8)) /usr/bin/vfio-early claim gaming
done
for part in 2 4 6; do
  vfio-early claim gaming > /dev/null 2>&1 || echo "not claimed"
  sh /usr/lab/measure fault_injector /dev/kmsg kill $((release * part / 8)) /usr/bin/vfio-early release gaming
done
)kills";

// Fills the screen with white through the console, and takes a picture of it. What is on the screen
// from before the hand-over does not count.
constexpr const char* kPicture = R"picture(
printf '\033[0;30;47m\033[2J\033[Hhand-over: the console works\n' > /dev/tty1
sleep 2
echo "screendump $1" > /dev/ttyS1
sleep 3
)picture";

// The part of the pixels of a PPM file ("P6\nWIDTH HEIGHT\n255\n…") that are bright.
double bright_part(const std::filesystem::path& file) {
  const std::string picture = lab::read_file(file);
  size_t begin = 0;
  for (int line = 0; line < 3; ++line) begin = picture.find('\n', begin) + 1;
  size_t bright = 0;
  for (size_t i = begin; i + 2 < picture.size(); i += 3)
    bright += static_cast<unsigned char>(picture[i]) > 0x80;
  return picture.size() > begin
             ? static_cast<double>(bright) * 3 / static_cast<double>(picture.size() - begin)
             : 0;
}

// The state of the timer after at most ten seconds: vfio-early does not wait until it has stopped.
constexpr const char* kTimer = R"timer(
for i in 1 2 3 4 5 6 7 8 9 10; do
  state=$(systemctl is-active vfio-early-recover.timer)
  [ "$state" = active ] || break
  sleep 1
done
echo "$state"
)timer";

std::vector<lab::Overlay> overlays(const Display& display) {
  return {{.path = "usr/lab/driver", .text = std::string(display.driver) + "\n"},
          {.path = "usr/lab/measure", .text = kMeasure},
          {.path = "usr/lab/guest", .text = kGuest},
          {.path = "usr/lab/kills", .text = kKills},
          {.path = "usr/lab/picture", .text = kPicture},
          {.path = "usr/lab/timer", .text = kTimer},
          {.path = "usr/bin/fault_injector",
           .text = lab::read_file(LAB_FAULT_INJECTOR),
           .executable = true}};
}

// Each line of the answer is a number of seconds.
void expect_return(const lab::Answer& answer, int count) {
  std::printf("seconds until the host has its display again: %s", answer.out.c_str());
  size_t begin = 0;
  for (int i = 0; i < count; ++i) {
    const size_t end = answer.out.find('\n', begin);
    ASSERT_NE(end, std::string::npos) << answer.out << answer.err;
    const std::string line = answer.out.substr(begin, end - begin);
    EXPECT_TRUE(!line.empty() && line.find_first_not_of("0123456789") == line.npos) << line;
    EXPECT_LE(std::atoi(line.c_str()), 30);
    begin = end + 1;
  }
  EXPECT_EQ(begin, answer.out.size()) << answer.out;
}

class OnlyDisplay : public lab::BootTest {
 protected:
  // In the directory of the test program; the test deletes it if it is right.
  static std::filesystem::path picture(const std::string& name) {
    std::string test = testing::UnitTest::GetInstance()->current_test_info()->name();
    std::replace(test.begin(), test.end(), '/', '-');  // tests of several kernels run in parallel
    return std::filesystem::current_path() / ("only-display-" + test + "-" + name + ".ppm");
  }

  static lab::Question take(const std::string& name) {
    std::filesystem::remove(picture(name));
    return {name, "sh /usr/lab/picture " + picture(name).string()};
  }

  static void expect_console(const std::string& name) {
    const double part = bright_part(picture(name));
    EXPECT_GT(part, 0.5) << picture(name);
    if (part > 0.5 && !std::getenv("VFIO_EARLY_KEEP_PICTURES"))
      std::filesystem::remove(picture(name));
  }

  static lab::Boot boot(const Display& display, std::vector<lab::Question> questions) {
    questions.insert(questions.begin(), {"load", display.load});
    return lab::boot({.kernel = kernel(),
                      .cards = {{.kind = display.kind}},
                      .arguments = "init=/lib/systemd/systemd console=tty0",
                      .monitor = true},
                     {.configuration = kConfiguration, .overlays = overlays(display)}, questions);
  }

  static void expect_return_if_unused(const Display& display) {
    const lab::Boot seen =
        boot(display, {take("before"),
                       {"claim", "sh /usr/lab/measure vfio-early claim gaming"},
                       take("after"),
                       {"consoles", "cat /proc/fb /sys/class/vtconsole/vtcon1/bind"},
                       {"guest", "sh /usr/lab/guest"},
                       {"timer", "sh /usr/lab/timer"}});
    expect_return(seen.answer("claim"), 1);
    for (const char* name : {"before", "after"}) expect_console(name);
    EXPECT_EQ(seen.answer("consoles").out, "0 " + std::string(display.framebuffer) + "\n1\n");
    expect_return(seen.answer("guest"), 1);
    EXPECT_TRUE(seen.logged("gaming: 0000:01:00.0 was given back", "because no guest uses it"));
    EXPECT_EQ(seen.answer("timer").out, "inactive\n");
  }

  static void expect_return_after_kills(const Display& display) {
    const lab::Boot seen = boot(display, {{"kills", "sh /usr/lab/kills"}, take("after")});
    expect_return(seen.answer("kills"), 7);
    expect_console("after");
  }
};

TEST_P(OnlyDisplay, ComesBackIfNoGuestUsesIt) {
  expect_return_if_unused(kBochs);
}

TEST_P(OnlyDisplay, ComesBackAfterKills) {
  expect_return_after_kills(kBochs);
}

TEST_P(OnlyDisplay, VirtioGpuComesBackIfNoGuestUsesIt) {
  expect_return_if_unused(kVirtio);
}

TEST_P(OnlyDisplay, VirtioGpuComesBackAfterKills) {
  expect_return_after_kills(kVirtio);
}

// The negative test: virtio-pci has the card, but nothing drives the display, so that no screen
// could come back.
TEST_P(OnlyDisplay, VirtioGpuWithoutItsDriverIsRefused) {
  Display without = kVirtio;
  without.load = "true";
  const lab::Boot seen =
      boot(without,
           {{"claim", "vfio-early claim gaming"},
            {"driver", "sh -c 'ls -d /sys/bus/pci/drivers/virtio-pci/0000:01:00.0/virtio*/driver'"},
            {"left", "ls /run/vfio-early"},
            {"timer", "sh /usr/lab/timer"}});
  EXPECT_EQ(seen.answer("claim").exit, 1);
  EXPECT_NE(seen.answer("driver").exit, 0);
  EXPECT_TRUE(seen.logged("gaming: not claimed: 0000:01:00.0 is the only display of the host",
                          "could not get its screen back", "Remedy: load the driver"));
  EXPECT_EQ(seen.report().at("0000:01:00.0").at(0).driver, "virtio-pci");
  EXPECT_EQ(seen.answer("left").out.find("hand-over"), std::string::npos);
  EXPECT_EQ(seen.answer("timer").out, "inactive\n");
}

ON_KERNELS(OnlyDisplay, "6.12");

}  // namespace
