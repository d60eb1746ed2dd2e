// SPDX-License-Identifier: GPL-2.0-or-later
//
// The init of initramfs-tools, a shell script. It sources conf/conf.d/*, then
// scripts/init-top/ORDER, which calls one script after another, each in a process of its own.
#include <algorithm>
#include <iterator>
#include <set>

#include <fmt/format.h>

#include "host/text.h"
#include "verify/inspect/image/init_script.h"
#include "verify/inspect/image/inits.h"
#include "verify/inspect/shell/text.h"

namespace verify {
namespace {

constexpr std::string_view kScriptPath = "/scripts/init-top/";
constexpr const char* kOrder = "scripts/init-top/ORDER";
constexpr const char* kOurs = "00-vfio-early";
constexpr const char* kOthers[] = {"udev", "framebuffer", "plymouth", "nvidia", "vendor_driver"};

// The file ORDER, written by cache_run_scripts() in hook-functions. It has a call for each script,
// and after it a line that sources param.conf. This line is ignored.
struct Order {
  std::vector<std::string> names;  // the scripts up to ours
  std::string unknown;             // another line before ours
  bool has_ours = false;
};

Order read_order(std::string_view text) {
  Order order;
  for (const std::string_view line : host::split(text, "\n")) {
    const std::string_view command = host::trim(line);
    if (command.starts_with('#') || command == "[ -e /conf/param.conf ] && . /conf/param.conf")
      continue;
    const auto words = host::split(command);
    const bool call = line.find('\r') == line.npos && words.size() == 2 &&
                      words[0].starts_with(kScriptPath) && words[1] == "\"$@\"";
    if (!call && order.unknown.empty()) order.unknown = command;
    if (!call) continue;
    order.names.emplace_back(words[0].substr(kScriptPath.size()));
    order.has_ours = order.names.back().find("vfio-early") != std::string::npos;
    if (order.has_ours) break;
  }
  return order;
}

void inspect_earlier(const initramfs::ImageContents& image, const Order& order, Startup& startup) {
  std::set<std::string_view> judged;
  for (const std::string& name : order.names) {
    if (name == order.names.back()) return;
    if (!judged.insert(name).second) continue;
    const bool known = std::find(std::begin(kOthers), std::end(kOthers), name) != std::end(kOthers);
    if (known || loads_modules(image.text("scripts/init-top/" + name)))
      startup.before.push_back(
          {fmt::format("init-top/{} runs before {}", name, order.names.back()),
           "make sure that 00-vfio-early sorts first in /usr/share/initramfs-tools/scripts/init-top"});
  }
}

constexpr std::string_view kCall[] = {"run_scripts", "/scripts/init-top"};
constexpr InitScript::Function kFunctions[] = {
    {"run_scripts", "initdir=${1}\n[ ! -d ${initdir} ]\n?return\nshift\n. ${initdir}/ORDER\n"}};
constexpr std::string_view kCommands[] = {"maybe_break"};
constexpr std::string_view kSources[] = {"/conf/arch.conf", "/conf/initramfs.conf", "${conf}",
                                         "/scripts/functions"};
constexpr InitScript kInit = {.call = kCall,
                              .library = "scripts/functions",
                              .functions = kFunctions,
                              .commands = kCommands,
                              .sources = kSources,
                              .variables = {},
                              .remedy = "reinstall initramfs-tools"};

// Judges the command of init that runs ORDER, and the files that init sources before it.
void inspect_init(const initramfs::ImageContents& image, Startup& startup) {
  judge_init_script(image, kInit, startup);
  judge_settings_before(image, "conf/arch.conf", startup);
  judge_settings_before(image, "conf/initramfs.conf", startup);
  for (const std::string& name : image.list("conf/conf.d"))
    judge_settings_before(image, "conf/conf.d/" + name, startup);
}

}  // namespace

void inspect_initramfs_tools(const initramfs::ImageContents& image, Startup& startup) {
  const Order order = read_order(image.text(kOrder));
  if (!order.has_ours) return;
  const std::string& name = order.names.back();
  const std::string path = "scripts/init-top/" + name;
  startup.started_by = "init-top/" + name;
  judge_starter(image, path, "initramfs-tools/scripts/init-top/00-vfio-early", startup);
  if (const std::string fault = fault_of_script(image, path);
      !fault.empty() && !image.text(path).empty())
    startup.broken.push_back({path + " " + fault, kReinstall});
  if (!order.unknown.empty())
    startup.undecided.push_back(
        {fmt::format("{} has a line of unknown effect before {}: {}", kOrder, name, order.unknown),
         kReinstall});
  for (const std::string point : {"init-bottom", "local-premount"})
    judge_companion(image, fmt::format("scripts/{}/{}", point, kOurs),
                    fmt::format("initramfs-tools/scripts/{}/{}", point, kOurs), startup);
  inspect_earlier(image, order, startup);
  inspect_init(image, startup);
}

}  // namespace verify
