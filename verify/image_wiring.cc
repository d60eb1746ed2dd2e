// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/image_wiring.h"

#include <algorithm>

#include <fmt/format.h>

#include "host/text.h"

namespace verify {
namespace {

constexpr std::string_view kName = "vfio-early";
constexpr const char* kDracutHooks[] = {"lib/dracut/hooks", "var/lib/dracut/hooks"};
constexpr const char* kUnitPlaces[] = {"etc/systemd/system", "lib/systemd/system"};

constexpr const char* kReinstall = "remove what was changed by hand, and install vfio-early again";

bool holds(std::string_view text, std::string_view part) {
  return text.find(part) != text.npos;
}

Init find_init(const ImageContents& image) {
  const ImageFile* init = image.find("init");
  if (!init) return Init::kNone;
  if (holds(init->link, "systemd")) return Init::kSystemd;
  if (image.has("scripts/init-top")) return Init::kInitramfsTools;
  if (holds(init->text, "run_hookfunctions") || image.has("init_functions"))
    return Init::kMkinitcpio;
  for (const char* hooks : kDracutHooks)
    if (image.has(hooks)) return Init::kDracut;
  return Init::kOther;
}

// The unit that keeps host drivers off, wanted by sysinit.target, whatever it is called.
void look_at_units(const ImageContents& image, Wiring& wiring) {
  for (const std::string place : kUnitPlaces)
    for (const std::string& unit : image.list(place + "/sysinit.target.wants")) {
      if (!unit.starts_with(kName) || !holds(unit, "gate")) continue;
      wiring.started_by = unit;
      std::string text;
      for (const std::string home : kUnitPlaces) text += image.text(home + "/" + unit);
      for (const char* other :
           {"systemd-modules-load.service", "systemd-udevd.service", "dracut-cmdline.service"})
        if (!holds(text, other))
          wiring.before.push_back(
              {fmt::format("{} is not ordered before {}", unit, other), kReinstall});
      return;
    }
}

// "00-vfio-early-gate.sh" in the first of dracut's hook points, before 01, which loads
// rd.driver.pre=.
void look_at_dracut(const ImageContents& image, Wiring& wiring) {
  for (const std::string hooks : kDracutHooks)
    for (const std::string& point : image.list(hooks)) {
      const auto names = image.list(hooks + "/" + point);
      for (const std::string& name : names) {
        if (!holds(name, kName) || !holds(name, "gate")) continue;
        wiring.started_by = point + "/" + name;
        if (point != "cmdline")
          wiring.before.push_back({fmt::format("it runs as a hook of {}; those of cmdline, which "
                                               "load rd.driver.pre=, run before",
                                               point),
                                   kReinstall});
        for (const std::string& other : names)
          if (other < name && holds(other, "driver"))
            wiring.before.push_back(
                {fmt::format("{}/{} runs before {}", point, other, name), kReinstall});
        return;
      }
    }
}

// Scripts in the order in which the image runs them: that of the file ORDER, which lists them as
// /scripts/init-top/NAME "$@".
void look_at_init_top(const ImageContents& image, Wiring& wiring) {
  const std::string order = image.text("scripts/init-top/ORDER");
  std::vector<std::string> names;
  for (const std::string_view word : host::split(order, " \t\n\""))
    if (word.starts_with("/scripts/init-top/")) names.emplace_back(word.substr(18));
  if (names.empty()) names = image.list("scripts/init-top");
  const auto ours = std::find_if(names.begin(), names.end(),
                                 [](const std::string& name) { return holds(name, kName); });
  if (ours == names.end()) return;
  wiring.started_by = "init-top/" + *ours;
  for (const char* loads : {"udev", "framebuffer", "plymouth", "nvidia", "vendor_driver"})
    if (std::find(names.begin(), ours, loads) != ours)
      wiring.before.push_back({fmt::format("init-top/{} runs before {}", loads, *ours),
                               "its name in /usr/share/initramfs-tools/scripts/init-top must sort "
                               "first: 00-vfio-early"});
}

// EARLYHOOKS="vfio-early udev" in /config: udev's starts udevd, and MODULES= is loaded after all.
void look_at_early_hooks(const ImageContents& image, Wiring& wiring) {
  const std::string config = image.text("config");
  for (const std::string_view line : host::split(config, "\n")) {
    if (!line.starts_with("EARLYHOOKS=")) continue;
    const auto names = host::split(line.substr(sizeof("EARLYHOOKS=") - 1), " \t\"'");
    const auto ours = std::find(names.begin(), names.end(), kName);
    if (ours == names.end()) return;
    wiring.started_by = "the early hook vfio-early";
    if (std::find(names.begin(), ours, "udev") != ours)
      wiring.before.push_back({"the hook udev stands before vfio-early in HOOKS",
                               "put vfio-early before udev in HOOKS of /etc/mkinitcpio.conf"});
    return;
  }
}

}  // namespace

Wiring find_wiring(const ImageContents& image) {
  Wiring wiring{.init = find_init(image)};
  for (const char* place : {"bin/vfio-early", "sbin/vfio-early", "vfio-early"})
    if (image.has(place) && wiring.program.empty()) wiring.program = place;
  switch (wiring.init) {
    case Init::kSystemd:
      look_at_units(image, wiring);
      break;
    case Init::kDracut:
      look_at_dracut(image, wiring);
      break;
    case Init::kInitramfsTools:
      look_at_init_top(image, wiring);
      break;
    case Init::kMkinitcpio:
      look_at_early_hooks(image, wiring);
      break;
    default:
      break;
  }
  if (wiring.started_by.empty() && image.has("vfio-early.d") && image.files.contains(kName)) {
    wiring.first_process = true;
    wiring.program = kName;
    wiring.started_by = "the kernel, with rdinit=/vfio-early";
  }
  return wiring;
}

const char* init_name(Init init) {
  constexpr const char* kNames[] = {"no init",
                                    "systemd",
                                    "dracut's shell",
                                    "initramfs-tools",
                                    "mkinitcpio's busybox",
                                    "an init unknown here"};
  return kNames[static_cast<size_t>(init)];
}

}  // namespace verify
