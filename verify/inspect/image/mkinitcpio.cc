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
#include "verify/inspect/shell/script.h"
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

bool is_one_of(std::string_view text, const auto& some) {
  return std::find(std::begin(some), std::end(some), text) != std::end(some);
}

// The functions of a hook that init calls after all early hooks.
constexpr std::string_view kLaterFunctions[] = {"run_hook", "run_latehook", "run_cleanuphook",
                                                "run_emergencyhook"};
// Commands that load no driver of a PCI function: of the shell, of init_functions, and of the early
// hooks of known packages (lvm2, plymouth).
constexpr std::string_view kHarmless[] = {
    ":",      "[",        "[[",     "test",     "true",  "break",    "cat",       "cd",
    "chmod",  "clear",    "cp",     "continue", "echo",  "err",      "exit",      "export",
    "false",  "for",      "getarg", "grep",     "ln",    "local",    "lvmetad",   "mkdir",
    "mkfifo", "mknod",    "mount",  "msg",      "mv",    "plymouth", "plymouthd", "printf",
    "read",   "readlink", "return", "rm",       "sed",   "set",      "shift",     "sleep",
    "stty",   "touch",    "tr",     "type",     "umask", "umount",   "unset"};

// Why an early hook may load drivers, after the name of the hook; "": nothing found.
std::string doubt_about(std::string_view text) {
  const ShellScript script = parse_shell_script(text);
  if (!script.complete) return "has unknown shell syntax";
  std::set<std::string> own;
  for (const ShellCommand& command : script.commands)
    if (!command.defines.empty()) own.insert(command.defines);
  for (const ShellCommand& command : script.commands) {
    if (command.words.empty() || command.assigns || is_one_of(command.function, kLaterFunctions))
      continue;
    const std::string name(host::file_name(command.words.front()));
    const bool asks = name == "command" && command.words.size() > 1 && command.words[1] == "-v";
    if (!asks && !is_one_of(name, kHarmless) && !own.contains(name))
      return fmt::format("has the command `{}`", command.words.front());
  }
  // "echo ADDRESS > /sys/bus/pci/drivers/…/bind": the parser omits redirections.
  return text.find("/sys/") != text.npos ? "may write to files in /sys" : "";
}

void inspect_earlier(const initramfs::ImageContents& image, const std::string& names,
                     Startup& startup) {
  std::set<std::string_view> judged;
  for (const std::string_view name : host::split(names)) {
    if (name == "vfio-early") return;
    if (!judged.insert(name).second) continue;
    const std::string path = fmt::format("hooks/{}", name);
    judge_sourced_before(image, path, startup);
    const std::string what = fmt::format("the hook {} is before vfio-early in HOOKS", name);
    const std::string remedy = fmt::format("put vfio-early before {} in HOOKS", name);
    const std::string text = image.text(path);
    if (name == "udev" || loads_modules(text))
      startup.before.push_back({what, remedy});
    else if (const std::string doubt = doubt_about(text); !doubt.empty())
      startup.before.push_back(
          {fmt::format("{}, and {}: it may load drivers", what, doubt), remedy, false});
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
