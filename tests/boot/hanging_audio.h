// SPDX-License-Identifier: GPL-2.0-or-later
//
// A driver that hangs when it is unbound from 0000:01:00.1: snd_hda_intel waits in its remove() for
// a program that vfio-early cannot find. `. /usr/lab/hold_audio` in the guest starts that program.
// It runs in an initramfs, too, which has few other programs. Until it is killed, the guest cannot
// power off: kill -9 $(cat /run/holder).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tests/lab/images.h"
#include "tests/lab/lab.h"

namespace lab {

inline constexpr const char* kHoldAudio = R"hold(
ln -s /usr/bin/kmod /run/insmod
for module in /usr/lab/codec/*; do /run/insmod $module || exit 1; done
echo 0000:01:00.1 > /sys/bus/pci/drivers/snd_hda_intel/unbind
echo 0000:01:00.1 > /sys/bus/pci/drivers/snd_hda_intel/bind
while ! [ -e /sys/bus/pci/devices/0000:01:00.1/sound ]; do sleep 0.2; done
control=$(ls -d /sys/bus/pci/devices/0000:01:00.1/sound/card*/controlC*)
control=${control##*/}
node=/dev/snd/$control
echo "lab: $node" > /dev/kmsg
IFS=: read -r major minor < /sys/class/sound/$control/dev
[ -e $node ] || { mkdir -p /dev/snd; mknod $node c $major $minor; }
hidden_holder $node > /run/held &
echo $! > /run/holder
while ! [ -s /run/held ]; do sleep 0.2; done
echo "lab: holding" > /dev/kmsg
)hold";

// The driver of the sound card's codec and what it needs, in the order of their loads. The image
// does not have them: without a codec, snd_hda_intel registers no card. Skips the test if the
// kernel has none.
inline std::vector<Overlay> codec_modules(const std::string& kernel) {
  std::vector<Overlay> found;
  for (const char* name : {"ledtrig-audio.ko", "snd-hda-codec-generic.ko"})  // the first up to 6.9
    for (const auto& entry : std::filesystem::recursive_directory_iterator(modules_of(kernel)))
      if (const std::string file = entry.path().filename(); file.starts_with(name))
        found.push_back({.path = "usr/lab/codec/" + file, .text = read_file(entry.path())});
  if (found.empty()) skip_test("the kernel " + kernel + " has no snd-hda-codec-generic");
  return found;
}

inline std::vector<Overlay> hanging_audio(const std::string& kernel) {
  std::vector<Overlay> overlays = codec_modules(kernel);
  overlays.push_back({.path = "usr/lab/hold_audio", .text = kHoldAudio});
  overlays.push_back(
      {.path = "usr/bin/hidden_holder", .text = read_file(LAB_HIDDEN_HOLDER), .executable = true});
  return overlays;
}

}  // namespace lab
