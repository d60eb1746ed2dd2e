// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/other_settings.h"

#include <algorithm>
#include <set>

#include "host/drop_ins.h"
#include "host/module_aliases.h"
#include "host/module_directory.h"
#include "host/text.h"
#include "initramfs/module_lists.h"

namespace verify {
namespace {

constexpr const char* kCommandLine = host::ModuleOption::kCommandLine;

// Packages put their lines into /usr/lib, the administrator and guides theirs into /etc.
// Distributions disable the drivers of old framebuffers.
bool is_of_administrator(const Blacklist& disabled) {
  return !disabled.where.starts_with("/usr/") && !disabled.where.starts_with("/lib/") &&
         !disabled.module.ends_with("fb");
}

std::vector<Blacklist> disabled_modules(const std::vector<host::ModprobeLine>& modprobe,
                                        const host::CommandLine& command_line) {
  std::vector<Blacklist> all;
  for (const host::ModprobeLine& line : modprobe)
    if (line.command() == "blacklist" || host::loads_nothing(line))
      all.push_back({{line.str(), line.where}, host::underscored(line.words[1]), {}});
  for (const std::string name : {"module_blacklist", "modprobe.blacklist", "rd.driver.blacklist"})
    for (const std::string& value : command_line.values(name))
      for (const std::string_view module : host::split(value, ","))
        all.push_back({{name + "=" + value, kCommandLine}, host::underscored(module), {}});
  return all;
}

// The modules that match a function.
std::set<std::string> modules_of(const host::Root& root, const host::ModuleAliases& aliases,
                                 const host::PciAddress& address) {
  std::set<std::string> modules;
  for (const std::string& name : aliases.modules_for(root.read_line(address.sysfs() + "/modalias")))
    modules.insert(host::underscored(name));
  return modules;
}

std::vector<Blacklist> find_blacklists(const host::Root& root, const host::Machine& machine,
                                       const std::vector<host::PciAddress>& assigned,
                                       const std::vector<Blacklist>& disabled) {
  std::vector<Blacklist> found;
  if (disabled.empty()) return found;
  const auto aliases = host::ModuleAliases::read(root, machine.kernel_release);
  if (!aliases) return found;
  std::set<std::string> names, of_cards;
  for (const Blacklist& each : disabled) names.insert(each.module);
  for (const host::PciAddress& address : assigned)
    of_cards.merge(modules_of(root, *aliases, address));
  for (const Blacklist& each : disabled)
    if (is_of_administrator(each) && of_cards.contains(each.module)) found.push_back(each);
  for (const host::PciFunction& function : machine.functions) {
    if (found.empty() || !function.driver.empty() || contains(assigned, function.address)) continue;
    const auto modules = modules_of(root, *aliases, function.address);
    if (!std::includes(names.begin(), names.end(), modules.begin(), modules.end())) continue;
    for (Blacklist& each : found)
      if (modules.contains(each.module)) each.without_driver.push_back(function.address);
  }
  return found;
}

constexpr const char* kVirqfd = "vfio_virqfd";

// Where modules are named that are to be loaded, or to be put into an initramfs.
constexpr const char* kModuleFiles[] = {"/etc/modules",         "/etc/initramfs-tools/modules",
                                        "/etc/mkinitcpio.conf", "/etc/dracut.conf",
                                        "/etc/booster.yaml",    "/etc/modules-load.d",
                                        "/etc/dracut.conf.d",   "/etc/mkinitcpio.conf.d"};

// Since Linux 6.2 it is a part of vfio; some distributions' older kernels have that change, too.
bool has_virqfd(const host::Root& root, const std::string& release) {
  const auto lists = initramfs::read_module_lists(root, host::find_module_directory(root, release));
  if (!lists) return true;  // unknown
  return lists->modules.contains(kVirqfd) || lists->built_in.contains(kVirqfd);
}

void find_virqfd(const std::string& text, const std::string& file, std::vector<Setting>& found) {
  int number = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    ++number;
    const std::string_view words = host::trim(line.substr(0, line.find('#')));
    if (host::underscored(words).find(kVirqfd) != std::string::npos)
      found.push_back({std::string(words), file + ":" + std::to_string(number)});
  }
}

std::vector<Setting> virqfd_settings(const host::Root& root, const std::string& release,
                                     const std::vector<host::ModprobeLine>& modprobe,
                                     std::vector<std::string>& unread) {
  std::vector<Setting> found;
  const auto read = [&](const std::string& path) {
    const auto text = root.read(path, host::kMaxDropIn);
    if (text)
      find_virqfd(*text, path, found);
    else if (!host::is_absent(text.error()))
      unread.push_back(path);
  };
  for (const std::string path : kModuleFiles) {
    const auto names = root.list(path);
    if (!names) read(path);
    for (const std::string& name : names.value_or({})) read(path + "/" + name);
  }
  for (const host::ModprobeLine& line : modprobe)
    if (host::underscored(line.str()).find(kVirqfd) != std::string::npos)
      found.push_back({line.str(), line.where});
  if (!found.empty() && has_virqfd(root, release)) found.clear();
  return found;
}

}  // namespace

OtherSettings read_other_settings(const host::Root& root, const host::Machine& machine,
                                  const std::vector<host::PciAddress>& assigned) {
  OtherSettings found;
  for (const char* directory : {"/etc/udev/rules.d", "/usr/lib/udev/rules.d", "/lib/udev/rules.d"})
    found.has_udev_rules |= root.exists(directory);
  found.modprobe = host::read_modprobe_lines(root, &found.unread_modules);
  const host::Binders binders = host::read_binders(root, found.modprobe);
  found.driverctl = binders.driverctl;
  found.takers = plan::takers(machine, assigned, binders);
  found.unread = binders.unread;
  found.unread.insert(found.unread.end(), found.unread_modules.begin(), found.unread_modules.end());
  found.vfio_options = host::module_options(found.modprobe, machine.command_line, "vfio-pci");
  found.stub_options = host::module_options(found.modprobe, machine.command_line, "pci-stub");
  found.blacklists = find_blacklists(root, machine, assigned,
                                     disabled_modules(found.modprobe, machine.command_line));
  found.virqfd =
      virqfd_settings(root, machine.kernel_release, found.modprobe, found.unread_modules);
  return found;
}

}  // namespace verify
