// SPDX-License-Identifier: GPL-2.0-or-later
//
// mkinitcpio's init for busybox, a shell script. It sources /config, and the executable
// hooks of EARLYHOOKS (run_hookfunctions in init_functions).
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "host/text.h"
#include "verify/image_inits.h"
#include "verify/shell_text.h"

namespace verify {
namespace {

constexpr const char* kHook = "hooks/vfio-early";

bool names_us(const ShellSettings& config, const std::string& setting) {
  const auto found = config.find(setting);
  if (found == config.end()) return false;
  const auto names = host::split(found->second, " \t\n");
  return std::find(names.begin(), names.end(), "vfio-early") != names.end();
}

void look_before(const ImageContents& image, const std::string& names, Wiring& wiring) {
  std::set<std::string_view> judged;
  for (const std::string_view name : host::split(names)) {
    if (name == "vfio-early") return;
    if (!judged.insert(name).second) continue;
    const std::string path = fmt::format("hooks/{}", name);
    judge_sourced_before(image, path, wiring);
    if (name == "udev" || loads_modules(image.text(path)))
      wiring.before.push_back(
          {fmt::format("the hook {} is before vfio-early in HOOKS", name),
           fmt::format("put vfio-early before {} in HOOKS of /etc/mkinitcpio.conf", name)});
  }
}

void look_at_init(const ImageContents& image, Wiring& wiring) {
  const std::string init = image.text("init");
  for (const std::string_view line : host::split(init, "\n"))
    if (host::trim(line).starts_with("run_hookfunctions") && line.find("$EARLYHOOKS") != line.npos)
      return;
  wiring.undecided.push_back(
      {"init has no line that runs the hooks of EARLYHOOKS", "reinstall mkinitcpio"});
}

}  // namespace

// EARLYHOOKS="vfio-early udev": the hook udev starts udevd; MODULES= is loaded after all early
// hooks.
void look_at_mkinitcpio(const ImageContents& image, Wiring& wiring) {
  ShellSettings config;
  read_shell_settings(image.text("config"), config);
  if (!names_us(config, "EARLYHOOKS")) return;
  wiring.started_by = "the early hook vfio-early";
  judge_starter(image, kHook, "mkinitcpio/hooks/vfio-early", wiring);
  if (const ImageFile* hook = image.resolve(kHook); hook && (hook->permissions & 0111) == 0)
    wiring.broken.push_back({fmt::format("{} is not executable", kHook), kReinstall});
  for (const char* setting : {"HOOKS", "LATEHOOKS"})
    if (!names_us(config, setting))
      wiring.undecided.push_back(
          {fmt::format("config does not list vfio-early in {}", setting), kReinstall});
  judge_settings_before(image, "config", wiring);
  look_before(image, config["EARLYHOOKS"], wiring);
  look_at_init(image, wiring);
}

}  // namespace verify
