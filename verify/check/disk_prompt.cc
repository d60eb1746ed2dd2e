// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/check/disk_prompt.h"

#include <algorithm>

#include <fmt/format.h>

#include "host/text.h"
#include "verify/check/platform_remedies.h"

namespace verify {
namespace {

bool is_shown_by_firmware(const HostDisplay& display, const DiskPrompt& prompt) {
  return display.of_firmware && prompt.framebuffer_off.empty();
}

// "rd.luks.uuid= in /etc/kernel/cmdline asks for a disk password".
std::string asked(const DiskPrompt& prompt) {
  return prompt.asked_by + " asks for a disk password";
}

Finding without_display(const DiskPrompt& prompt) {
  return warn(
      kHost,
      "no display stays with the host, so the prompt of the initramfs is invisible: " +
          asked(prompt),
      "unlock the disk without a screen: with a TPM (systemd-cryptenroll), with SSH in the initramfs, or on a serial console");
}

// Why the firmware's framebuffer does not show the prompt on `display`.
std::string about_framebuffer(const DiskPrompt& prompt, const HostDisplay& display) {
  if (display.of_firmware)
    return prompt.framebuffer_off + " switches the firmware's framebuffer off";
  return prompt.knows_firmware_display
             ? "the firmware's framebuffer is on another display"
             : "it is unknown which display has the firmware's framebuffer";
}

Finding without_driver(const DiskPrompt& prompt, const HostDisplay& display,
                       const host::Platform& platform) {
  const std::string rest = fmt::format(", and {}. The prompt of the initramfs may be invisible: {}",
                                       about_framebuffer(prompt, display), asked(prompt));
  if (prompt.nomodeset)
    return warn(display.address, "nomodeset disables the driver of this display" + rest,
                remove_parameter(platform, "nomodeset"));
  const std::vector<std::string> kernels(display.without.begin(), display.without.end());
  return warn(display.address,
              fmt::format("the image has no driver for this display ({} for the kernel {}){}",
                          host::join(display.drivers, " or "), host::join(kernels, ", "), rest),
              include_module(platform, display.drivers.front()));
}

Finding unread_drivers(const DiskPrompt& prompt) {
  return unknown(
      kHost,
      "the drivers of the host's displays are unknown, because no modules.alias of the image's kernels was found; " +
          asked(prompt),
      "install the modules of that kernel");
}

}  // namespace

Finding judge_disk_prompt(const ImageFacts& facts, const host::Platform& platform) {
  const DiskPrompt& prompt = facts.disk_prompt;
  if (prompt.asked_by.empty())
    return skip(kHost, "nothing was found that asks for a disk password in the initramfs");
  if (facts.startup.init == Init::kNone)
    return skip(kHost, "the main image asks for a disk password, not this one");
  if (!prompt.elsewhere.empty())
    return pass(kHost,
                fmt::format("{}; it can be answered by {}", asked(prompt), prompt.elsewhere));
  if (facts.unread_bus)
    return caused_by("image.plan",
                     unknown(kHost, "the displays of this machine are unknown; " + asked(prompt),
                             "fix image.plan first"));
  if (prompt.displays.empty()) return without_display(prompt);
  for (const HostDisplay& display : prompt.displays)
    if (is_shown_by_firmware(display, prompt))
      return pass(display.address, asked(prompt) + ", on the firmware's framebuffer");
  if (facts.kernels.empty())
    return caused_by("image.modules", unknown(kHost, "the image has no modules; " + asked(prompt),
                                              "fix image.modules first"));
  const HostDisplay* without = nullptr;
  for (const HostDisplay& display : prompt.displays) {
    if (!prompt.nomodeset && !display.drivers.empty() && display.without.empty())
      return pass(display.address,
                  fmt::format("{}, and the image has the driver of this display", asked(prompt)));
    if (!without && !display.drivers.empty()) without = &display;
  }
  if (!without) return unread_drivers(prompt);
  if (!facts.image.faults.empty())
    return caused_by("image.readable",
                     unknown(kHost, "not the whole image was read; " + asked(prompt),
                             "fix image.readable first"));
  return without_driver(prompt, *without, platform);
}

}  // namespace verify
