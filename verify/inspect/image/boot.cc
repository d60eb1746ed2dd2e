// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/image/boot.h"

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <vector>

#include <fmt/format.h>

#include "host/text.h"
#include "verify/inspect/image/inits.h"
#include "verify/inspect/image/units.h"
#include "verify/inspect/shell/text.h"

namespace verify {
namespace {

using Names = std::vector<std::string>;
using Graph = std::map<std::string, std::set<std::string>>;

std::string type_of(const std::string& unit) {
  return unit.substr(std::min(unit.rfind('.'), unit.size()));
}

// True for modules that are not drivers of PCI functions: those that units of systemd and other
// projects load.
bool is_not_pci_driver(std::string_view module) {
  constexpr std::string_view kModules[] = {
      "autofs4",      "bcache",    "binfmt_misc",  "btrfs",      "configfs", "dm_crypt", "dm_mod",
      "dm_multipath", "dm_verity", "drm",          "efi_pstore", "fuse",     "ipv6",     "loop",
      "nbd",          "nfs",       "nvme_fabrics", "nvme_tcp",   "overlay",  "squashfs", "tun",
      "unix",         "vfio",      "zfs",          "zram"};
  return std::find(std::begin(kModules), std::end(kModules), host::underscored(module)) !=
         std::end(kModules);
}

// Does a command of a unit load drivers? `instance`: the value of "%i".
bool loads_drivers(const initramfs::ImageContents& image, const std::string& line,
                   const std::string& instance) {
  std::vector<std::string_view> words = host::split(line, " \t\"'");
  if (words.empty()) return false;
  std::string_view program = words.front();
  program.remove_prefix(std::min(program.find_first_not_of("-@:+!|"), program.size()));
  const std::string_view name = host::file_name(program);
  if (name == "modprobe" || name == "insmod")
    return !std::all_of(words.begin() + 1, words.end(), [&](std::string_view word) {
      return word.starts_with('-') ||
             is_not_pci_driver(word == "%i" || word == "%I" ? instance : word);
    });
  if (name == "udevadm") return words.size() > 1 && words[1] == "trigger";
  if (name == "systemd-modules-load") return true;
  return loads_modules(line) || loads_modules(image.text(program));
}

class BootUnits {
 public:
  BootUnits(const initramfs::ImageContents& image, const OwnUnits& own, Startup& startup)
      : image_(image), own_(own), startup_(startup) {}

  void judge() {
    judge_conflicts();
    if (!read_started()) return undecided("the image has too many units to check");
    judge_targets();
    const Graph later = order();
    const std::set<std::string> after = reached(later, own_.gate);
    const std::set<std::string> before = reached(reversed(later), own_.gate);
    for (const auto& [name, unit] : started_)
      if (!is_ours(name)) judge_order(name, unit, before.contains(name), after.contains(name));
  }

 private:
  static constexpr size_t kMaxUnitNames = 200'000;  // of units in all settings

  void undecided(const std::string& what) { startup_.undecided.push_back({what, kReinstall}); }
  bool is_ours(const std::string& name) const { return name == own_.gate || name == own_.bind; }

  // A unit may also be started by udev or by D-Bus, so all units count.
  void judge_conflicts() {
    for (const std::string& name : unit_names(image_)) {
      if (is_ours(name) || host::contains(own_.targets, name)) continue;
      for (const std::string& other : read_unit(image_, name).conflicts)
        if (is_ours(other) || host::contains(own_.targets, other))
          undecided(fmt::format("{} conflicts with {}", name, other));
    }
  }

  // Reads all units that the first target starts, directly or indirectly. False: too many.
  bool read_started() {
    std::deque<std::string> open = {own_.targets.front()};
    for (size_t count = 0; !open.empty(); open.pop_front()) {
      const std::string name = open.front();
      if (started_.contains(name)) continue;
      ImageUnit unit = read_unit(image_, name);
      if (unit.file.empty() || unit.masked) continue;
      Names next = linked_wants(image_, name);
      for (const Names* names : {&unit.wanted_units, &unit.activates})
        next.insert(next.end(), names->begin(), names->end());
      const std::string type = type_of(name);
      if (type == ".socket" || type == ".timer" || type == ".path")
        next.push_back(name.substr(0, name.size() - type.size()) + ".service");
      count += next.size() + unit.before.size() + unit.after.size() + unit.required_units.size() +
               unit.conflicts.size();
      if (count > kMaxUnitNames) return false;
      open.insert(open.end(), next.begin(), next.end());
      unit.text = {};
      started_.emplace(name, std::move(unit));
    }
    return true;
  }

  // If a unit that a target needs is missing, systemd starts neither the target nor the units that
  // the target wants.
  void judge_targets() {
    for (const std::string& target : own_.targets) {
      const auto unit = started_.find(target);
      if (unit == started_.end()) continue;
      for (const std::string& name : unit->second.required_units)
        if (const std::string type = type_of(name);
            !started_.contains(name) &&
            (type == ".service" || type == ".target" || type == ".socket"))
          undecided(fmt::format("{} needs {}, which is missing or masked", target, name));
    }
    for (const std::string& own : {own_.gate, own_.bind})
      if (const auto unit = started_.find(own); unit != started_.end())
        for (const std::string& other : unit->second.conflicts)
          if (started_.contains(other))
            undecided(fmt::format("{} is started, and conflicts with {}", other, own));
  }

  // For each unit, the units that are started after it. Units that are not started have no effect
  // on the order.
  Graph order() const {
    Graph later;
    const auto add = [&](const std::string& first, const std::string& second) {
      if (started_.contains(first) && started_.contains(second)) later[first].insert(second);
    };
    for (const auto& [name, unit] : started_) {
      for (const std::string& other : unit.before) add(name, other);
      for (const std::string& other : unit.after) add(other, name);
      const std::string type = type_of(name);
      // systemd.special(7): services and others, but not targets, follow it by default.
      if (unit.default_dependencies && type != ".target" && type != ".mount" && type != ".slice")
        add("sysinit.target", name);
    }
    return later;
  }

  static Graph reversed(const Graph& graph) {
    Graph other;
    for (const auto& [from, all] : graph)
      for (const std::string& to : all) other[to].insert(from);
    return other;
  }

  static std::set<std::string> reached(const Graph& graph, const std::string& start) {
    std::set<std::string> found;
    for (std::deque<std::string> open = {start}; !open.empty(); open.pop_front())
      if (const auto next = graph.find(open.front()); next != graph.end())
        for (const std::string& name : next->second)
          if (found.insert(name).second) open.push_back(name);
    return found;
  }

  void judge_order(const std::string& name, const ImageUnit& unit, bool before, bool after) {
    if (before && after)
      return undecided(fmt::format("{} is ordered before and after {}", name, own_.gate));
    if (after) return;
    const bool loads =
        std::any_of(unit.commands.begin(), unit.commands.end(), [&](const std::string& line) {
          return loads_drivers(image_, line, instance_of(name).name);
        });
    if (before && loads)
      startup_.before.push_back(
          {fmt::format("{} loads drivers, and is ordered before {}", name, own_.gate), kReinstall});
    else if (before)
      undecided(fmt::format("{} is ordered before {}", name, own_.gate));
    else if (loads)
      undecided(fmt::format("{} loads drivers, and is not ordered after {}", name, own_.gate));
  }

  const initramfs::ImageContents& image_;
  const OwnUnits& own_;
  Startup& startup_;
  std::map<std::string, ImageUnit> started_;
};

}  // namespace

void inspect_other_units(const initramfs::ImageContents& image, const OwnUnits& own,
                         Startup& startup) {
  BootUnits(image, own, startup).judge();
}

}  // namespace verify
