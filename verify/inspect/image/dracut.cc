// SPDX-License-Identifier: GPL-2.0-or-later
//
// dracut's own init, a shell script that sources its hooks (modules.d/*base/init.sh,
// dracut-lib.sh). The names of hooks end in ".sh". Hooks need not be executable.
#include <optional>
#include <set>

#include <fmt/format.h>

#include "verify/inspect/image/init_script.h"
#include "verify/inspect/image/inits.h"
#include "verify/inspect/shell/text.h"

namespace verify {
namespace {

constexpr const char* kGate = "00-vfio-early-gate.sh";

// The path of a hook, in the first directory that has a file of this name.
std::optional<std::string> hook_at(const initramfs::ImageContents& image, const std::string& point,
                                   const std::string& name) {
  for (const char* hooks : kDracutHooks) {
    const std::string path = fmt::format("{}/{}/{}", hooks, point, name);
    if (image.has(path)) return path;
  }
  return std::nullopt;
}

std::set<std::string> hook_points(const initramfs::ImageContents& image) {
  std::set<std::string> points;
  for (const char* hooks : kDracutHooks)
    for (const std::string& point : image.list(hooks)) points.insert(point);
  return points;
}

// Judges the hooks before ours, in the order of list_hooks(): by directory, then by name.
void inspect_earlier(const initramfs::ImageContents& image, const std::string& point,
                     const std::string& ours, Startup& startup) {
  for (const std::string hooks : kDracutHooks)
    for (const std::string& name : image.list(hooks + "/" + point)) {
      const std::string path = fmt::format("{}/{}/{}", hooks, point, name);
      if (path == ours) return;
      if (!name.ends_with(".sh")) continue;
      if (name.find("driver") != name.npos || loads_modules(image.text(path)))
        startup.before.push_back(
            {fmt::format("{}/{} runs before {}", point, name, startup.started_by), kReinstall});
      judge_sourced_before(image, path, startup);
    }
}

// Finds the gate's hook at any hook point, with any prefix of its name.
std::optional<std::pair<std::string, std::string>> find_gate(
    const initramfs::ImageContents& image) {
  for (const std::string& point : hook_points(image))
    for (const char* hooks : kDracutHooks)
      for (const std::string& name : image.list(fmt::format("{}/{}", hooks, point)))
        if (name.ends_with("vfio-early-gate.sh")) return std::pair(point, name);
  return std::nullopt;
}

// Does dracut read hooks from this directory? Before dracut 106 it reads only the last one of
// kDracutHooks, which may be a link.
bool is_read(const initramfs::ImageContents& image, const std::string& path) {
  constexpr const char* kOld = kDracutHooks[2];
  if (path.starts_with(kOld) || path.starts_with(kDracutHooks[3])) return true;
  return path.starts_with(image.real_path(kOld).value_or(kOld) + "/") ||
         image.text("lib/dracut-lib.sh").find("var/lib/dracut/hooks") != std::string::npos;
}

// From dracut 044 to 112.
constexpr std::string_view kCall[] = {"source_hook", "cmdline"};
constexpr InitScript::Function kFunctions[] = {
    {"source_hook", "local _dir\n_dir=$1\nshift\nsource_all /lib/dracut/hooks/$_dir $@\n"},
    {"source_hook", "local _dir\n_dir=$1\nshift\n?for f in $(list_hooks \"$_dir\")\n?. $f $@\n"},
    {"source_hook",
     "local _dir\n_dir=$1\nshift\n?for f in $(list_hooks \"$_dir\")\n?set -- $@\n?. $f\n"},
    {"source_all",
     "local f\nlocal _dir\n_dir=$1\nshift\n[ $_dir ]\n?[ -d /$_dir ]\n?return\n"
     "?for f in /$_dir/*.sh\n?[ -e $f ]\n?. $f $@\n"},
    {"list_hooks",
     "local dir=$1\nlocal pattern=$2\n[ -z $pattern ]\n?pattern=*.sh\nlocal hook\n"
     "?for hook in /var/lib/dracut/hooks/$dir/$pattern\n?[ -f $hook ]\n?echo $hook\n"
     "?for hook in /etc/dracut/hooks/$dir/$pattern\n?[ -f $hook ]\n"
     "?[ ! -f /var/lib/dracut/hooks/$dir/${hook##*/} ]\n?echo $hook\n"
     "?for hook in /usr/lib/dracut/hooks/$dir/$pattern\n?[ -f $hook ]\n"
     "?[ ! -f /var/lib/dracut/hooks/$dir/${hook##*/} ]\n"
     "?[ ! -f /etc/dracut/hooks/$dir/${hook##*/} ]\n?echo $hook\n"},
    {"list_hooks",
     "local dir=$1\nlocal pattern=$2\n[ -z $pattern ]\n?pattern=*.sh\nlocal hook\n"
     "?for hook in /var/lib/dracut/hooks/$dir/$pattern\n?[ -f $hook ]\n?printf %s\\n $hook\n"
     "?for hook in /etc/dracut/hooks/$dir/$pattern\n?[ -f $hook ]\n"
     "?[ ! -f /var/lib/dracut/hooks/$dir/${hook##*/} ]\n?printf %s\\n $hook\n"
     "?for hook in /usr/lib/dracut/hooks/$dir/$pattern\n?[ -f $hook ]\n"
     "?[ ! -f /var/lib/dracut/hooks/$dir/${hook##*/} ]\n"
     "?[ ! -f /etc/dracut/hooks/$dir/${hook##*/} ]\n?printf %s\\n $hook\n"}};
constexpr std::string_view kCommands[] = {
    "getarg",    "getargs",     "getargbool",     "info",
    "ismounted", "loginit",     "make_trace_mem", "remove_hostonly_files",
    "setdebug",  "setmemdebug", "source_conf",    "str_starts",
    "strstr"};
constexpr std::string_view kSources[] = {"/lib/dracut-lib.sh", "/lib/dracut-dev-lib.sh",
                                         "/usr/lib/initrd-release"};
constexpr InitScript kInit = {.call = kCall,
                              .library = "lib/dracut-lib.sh",
                              .functions = kFunctions,
                              .commands = kCommands,
                              .sources = kSources,
                              .variables = {},
                              .remedy = "reinstall dracut"};

}  // namespace

// The gate is the hook "00-vfio-early-gate.sh" at dracut's first hook point, before the hook 01,
// which loads the modules of rd.driver.pre=.
void inspect_dracut(const initramfs::ImageContents& image, Startup& startup) {
  const auto gate = hook_at(image, "cmdline", kGate)
                        ? std::pair<std::string, std::string>("cmdline", kGate)
                        : find_gate(image);
  if (!gate) return;
  const auto& [point, name] = *gate;
  const std::string path = *hook_at(image, point, name);
  startup.started_by = point + "/" + name;
  judge_starter(image, path, "dracut/50vfio-early/vfio-early-gate.sh", startup);
  for (const auto& [other, file] : {std::pair("pre-trigger", "00-vfio-early-resume.sh"),
                                    std::pair("pre-pivot", "99-vfio-early-join.sh")})
    judge_companion(image, hook_at(image, other, file).value_or(fmt::format("{}/{}", other, file)),
                    fmt::format("dracut/50vfio-early/{}", std::string_view(file).substr(3)),
                    startup);
  if (point != "cmdline")
    startup.before.push_back(
        {fmt::format(
             "vfio-early runs as a {} hook; the cmdline hooks, which load the modules of rd.driver.pre=, run earlier",
             point),
         kReinstall});
  inspect_earlier(image, point, path, startup);
  judge_init_script(image, kInit, startup);
  if (!is_read(image, path))
    startup.undecided.push_back(
        {path + " may be in a directory that this version of dracut does not read", kReinstall});
  for (const std::string& conf : image.list("etc/conf.d"))
    if (conf.ends_with(".conf")) judge_settings_before(image, "etc/conf.d/" + conf, startup);
}

}  // namespace verify
