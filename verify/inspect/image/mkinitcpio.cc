// SPDX-License-Identifier: GPL-2.0-or-later
//
// mkinitcpio's init for busybox, a shell script. It sources /config, and the executable
// hooks of EARLYHOOKS (run_hookfunctions in init_functions).
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "host/text.h"
#include "verify/inspect/image/init_script.h"
#include "verify/inspect/image/inits.h"
#include "verify/inspect/shell/text.h"

namespace verify {
namespace {

constexpr const char* kHook = "hooks/vfio-early";

bool lists_vfio_early(const ShellSettings& config, const std::string& setting) {
  const auto found = config.find(setting);
  if (found == config.end()) return false;
  const auto names = host::split(found->second, " \t\n");
  return std::find(names.begin(), names.end(), "vfio-early") != names.end();
}

void inspect_earlier(const initramfs::ImageContents& image, const std::string& names,
                     Startup& startup) {
  std::set<std::string_view> judged;
  for (const std::string_view name : host::split(names)) {
    if (name == "vfio-early") return;
    if (!judged.insert(name).second) continue;
    const std::string path = fmt::format("hooks/{}", name);
    judge_sourced_before(image, path, startup);
    if (name == "udev" || loads_modules(image.text(path)))
      startup.before.push_back(
          {fmt::format("the hook {} is before vfio-early in HOOKS", name),
           fmt::format("put vfio-early before {} in HOOKS of /etc/mkinitcpio.conf", name)});
  }
}

// mkinitcpio 16 to 41.
constexpr std::string_view kCall[] = {"run_hookfunctions", "run_earlyhook", "early hook",
                                      "$EARLYHOOKS"};
constexpr InitScript::Function kFunctions[] = {
    {"run_hookfunctions",
     "local hook fn=$1 desc=$2\nshift 2\n?for hook in $@\n?[ -x /hooks/$hook ]\n"
     "?continue\n?unset $fn\n?. /hooks/$hook\n?type $fn\n?continue\n"
     "?msg :: running $desc [$hook]\n?$fn\n"}};
constexpr std::string_view kCommands[] = {"mount_setup", "parse_cmdline", "rdlogger_start",
                                          "getarg", "chmod 644 /hooks/$d"};
constexpr std::string_view kSources[] = {"/init_functions", "/config"};
constexpr std::string_view kVariables[] = {"EARLYHOOKS"};
constexpr InitScript kInit = {.call = kCall,
                              .library = "init_functions",
                              .functions = kFunctions,
                              .commands = kCommands,
                              .sources = kSources,
                              .variables = kVariables,
                              .remedy = "reinstall mkinitcpio"};

}  // namespace

// EARLYHOOKS="vfio-early udev": the hook udev starts udevd. The modules of MODULES= are loaded
// after all early hooks.
void inspect_mkinitcpio(const initramfs::ImageContents& image, Startup& startup) {
  ShellSettings config;
  read_shell_settings(image.text("config"), config);
  if (!lists_vfio_early(config, "EARLYHOOKS")) return;
  startup.started_by = "the early hook vfio-early";
  judge_starter(image, kHook, "mkinitcpio/hooks/vfio-early", startup);
  if (const initramfs::ImageFile* hook = image.resolve(kHook);
      hook && (hook->permissions & 0111) == 0)
    startup.broken.push_back({fmt::format("{} is not executable", kHook), kReinstall});
  for (const char* setting : {"HOOKS", "LATEHOOKS"})
    if (!lists_vfio_early(config, setting))
      startup.undecided.push_back(
          {fmt::format("config does not list vfio-early in {}", setting), kReinstall});
  judge_settings_before(image, "config", startup);
  inspect_earlier(image, config["EARLYHOOKS"], startup);
  judge_init_script(image, kInit, startup);
}

}  // namespace verify
