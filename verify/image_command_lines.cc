// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/image_command_lines.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "host/command_line.h"
#include "host/text.h"
#include "verify/boot_entries.h"
#include "verify/written_command_lines.h"

namespace verify {
namespace {

using host::CommandLine;

enum class Effect { kNone, kPossible, kCertain };
using Values = std::vector<std::string>;

bool contains(const Values& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

Values list_of(const std::string& value) {
  Values names;
  for (const std::string_view name : host::split(value, ",")) names.emplace_back(name);
  return names;
}

// plan/plan.cc.
Effect judge_off(const Values& values, const BootContext&) {
  return values.back() == "off" ? Effect::kCertain : Effect::kNone;
}

// rdinit_setup() and kernel_init_freeable() in init/main.c: without that file the kernel does not
// use the initramfs at all.
Effect judge_rdinit(const Values& values, const BootContext& context) {
  const std::string& program = values.back();
  const ImageFile* file = context.image.resolve(program);
  if (program == "/vfio-early")
    return context.wiring.first_process ? Effect::kNone : Effect::kPossible;
  if (file && file == context.image.resolve("init"))
    return context.wiring.first_process ? Effect::kCertain : Effect::kNone;
  return Effect::kCertain;
}

// In an initramfs systemd reads only rd.systemd.mask= (src/debug-generator). "x" is "x.service".
Effect judge_mask(const Values& values, const BootContext&) {
  const Values needed = {"vfio-early-gate.service", "vfio-early-bind.service", "sysinit.target",
                         "basic.target"};
  return std::any_of(values.begin(), values.end(),
                     [&](const std::string& unit) {
                       return contains(needed, unit) || contains(needed, unit + ".service");
                     })
             ? Effect::kCertain
             : Effect::kNone;
}

// All usual targets need sysinit.target, which starts our units; emergency.target does not.
Effect judge_unit(const Values& values, const BootContext&) {
  const Values usual = {"initrd.target", "default.target", "basic.target", "rescue.target",
                        "sysinit.target"};
  if (contains(usual, values.back())) return Effect::kNone;
  return values.back() == "emergency.target" ? Effect::kCertain : Effect::kPossible;
}

Effect judge_emergency(const Values& values, const BootContext&) {
  return values.back().empty() ? Effect::kCertain : Effect::kNone;
}

// blacklisted() in kernel/module/main.c compares the names that the modules themselves have, with
// underscores.
Effect judge_module_blacklist(const Values& values, const BootContext& context) {
  const Values names = list_of(values.back());
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& name) { return context.modules.contains(name); })
             ? Effect::kCertain
             : Effect::kNone;
}

// initcall_blacklisted() in init/main.c also applies to modules. The names of functions are not
// fixed: those of vfio's modules are NAME_init.
Effect judge_initcalls(const Values& values, const BootContext& context) {
  Effect worst = Effect::kNone;
  for (const std::string& value : values)
    for (const std::string& function : list_of(value)) {
      const bool ours = function.ends_with("_init") &&
                        context.modules.contains(function.substr(0, function.size() - 5));
      if (ours) return Effect::kCertain;
      if (function.find("vfio") != function.npos) worst = Effect::kPossible;
    }
  return worst;
}

// core_param(nomodule, …, bint, …): without a value, or with a boolean.
Effect judge_nomodule(const Values& values, const BootContext& context) {
  constexpr std::string_view kTrue = "1yYtT";
  const std::string& value = values.back();
  const bool set = value.empty() || kTrue.find(value[0]) != kTrue.npos || value == "on";
  return set && !context.modules.empty() ? Effect::kCertain : Effect::kNone;
}

// Only the kernel's EFI stub obeys it (efi_parse_options in drivers/firmware/efi/libstub), and it
// is not known whether the EFI stub loads the initramfs.
Effect judge_noinitrd(const Values&, const BootContext&) {
  return Effect::kPossible;
}

// mkinitcpio's init removes the executable bit of these hooks.
Effect judge_hooks(const Values& values, const BootContext&) {
  return contains(list_of(values.back()), "vfio-early") ? Effect::kCertain : Effect::kNone;
}

// The kernel passes an unknown parameter to init as an environment variable (unknown_bootoption()
// in init/main.c). With this one systemd reads units only from its path (src/basic/path-lookup.c).
Effect judge_unit_path(const Values& values, const BootContext&) {
  return values.back().empty() ? Effect::kNone : Effect::kPossible;
}

struct Parameter {
  const char* name;
  std::optional<Init> init;  // that reads it; nullopt: vfio-early itself, or the kernel
  Effect (*judge)(const Values& values, const BootContext& context);
  const char* effect;
};

constexpr const char* kNoModules = "keeps vfio-pci, or a module that it needs, from being loaded";
constexpr Parameter kParameters[] = {
    {"vfio_early", {}, judge_off, "leaves all cards to the host"},
    {"rdinit", {}, judge_rdinit, "starts a program other than the init of this image"},
    {"rd.systemd.mask", Init::kSystemd, judge_mask, "masks a unit that vfio-early needs"},
    {"rd.systemd.unit", Init::kSystemd, judge_unit, "starts a target other than initrd.target"},
    {"rd.emergency", Init::kSystemd, judge_emergency, "starts emergency.target"},
    {"SYSTEMD_UNIT_PATH", Init::kSystemd, judge_unit_path,
     "may keep systemd from finding the units of vfio-early"},
    {"module_blacklist", {}, judge_module_blacklist, kNoModules},
    {"initcall_blacklist", {}, judge_initcalls, kNoModules},
    {"nomodule", {}, judge_nomodule, kNoModules},
    {"noinitrd", {}, judge_noinitrd, "may keep the kernel from using an initramfs"},
    {"disablehooks", Init::kMkinitcpio, judge_hooks, "disables the hook vfio-early"},
};

// Without an IOMMU vfio-early claims nothing (plan/plan.cc). A vendor's parameter affects only the
// IOMMUs of that vendor.
void add_iommu(const CommandLine& line, const std::string& place, const BootContext& context,
               BootObstacles& found) {
  const std::string& vendor = context.cpu_vendor;
  for (const std::string& parameter : host::iommu_switched_off_by(line)) {
    const bool other = (parameter.starts_with("intel") && vendor == "AuthenticAMD") ||
                       (parameter.starts_with("amd") && vendor == "GenuineIntel");
    if (!other)
      found.push_back({.parameter = parameter,
                       .effect = "switches off the IOMMU, without which no card is claimed",
                       .place = place,
                       .certain = !vendor.empty()});
  }
}

std::string spelled(const char* name, const std::string& value) {
  return value.empty() ? name : fmt::format("{}={}", name, value);
}

bool starts_us_first(const std::string& command_line) {
  return CommandLine::parse(command_line).value("rdinit") == "/vfio-early";
}

// The entries of a menu that start the image `name`. A menu that names no images may start any. If
// a menu names images, an entry without one uses no initramfs.
BootMenu entries_with(const BootMenu& menu, const std::string& name) {
  if (std::all_of(menu.begin(), menu.end(),
                  [](const BootEntry& entry) { return entry.images.empty(); }))
    return menu;
  BootMenu matching;
  for (const BootEntry& entry : menu)
    if (contains(entry.images, name)) matching.push_back(entry);
  return matching;
}

// The entries of all menus that start this image; all menus, if none names it.
std::vector<BootMenu> menus_with(const std::vector<BootMenu>& menus, const std::string& file) {
  std::vector<BootMenu> matching;
  for (const BootMenu& menu : menus)
    if (BootMenu entries = entries_with(menu, file.substr(file.rfind('/') + 1)); !entries.empty())
      matching.push_back(std::move(entries));
  return matching.empty() ? menus : matching;
}

// An obstacle is certain if every entry of every menu has one. A single entry may have it on
// purpose, for a boot without vfio-early. If it is the default entry, the obstacle is possible.
void judge_menus(const std::vector<BootMenu>& menus, const BootContext& context,
                 BootObstacles& all) {
  bool every = true;
  BootObstacles first;
  for (const BootMenu& menu : menus)
    for (const BootEntry& entry : menu) {
      const BootObstacles found = obstacles_on(entry.command_line, entry.file, context);
      every = every && std::any_of(found.begin(), found.end(),
                                   [](const BootObstacle& obstacle) { return obstacle.certain; });
      if (&entry == &menu.front()) first.insert(first.end(), found.begin(), found.end());
    }
  for (BootObstacle& obstacle : first) {
    obstacle.certain = obstacle.certain && every;
    obstacle.place = every ? fmt::format("every entry of the boot loader ({})", obstacle.place)
                           : fmt::format("the first entry of {}", obstacle.place);
    all.push_back(std::move(obstacle));
  }
}

}  // namespace

BootObstacles obstacles_on(std::string_view command_line, const std::string& place,
                           const BootContext& context) {
  const CommandLine line = CommandLine::parse(command_line);
  BootObstacles found;
  for (const Parameter& parameter : kParameters) {
    const Values values = line.values(parameter.name);
    if (values.empty() || (parameter.init && parameter.init != context.wiring.init)) continue;
    const Effect effect = parameter.judge(values, context);
    if (effect != Effect::kNone)
      found.push_back({.parameter = spelled(parameter.name, values.back()),
                       .effect = parameter.effect,
                       .place = place,
                       .certain = effect == Effect::kCertain});
  }
  add_iommu(line, place, context, found);
  return found;
}

BootLines look_at_command_lines(const host::Root& root, const std::string& file,
                                std::optional<std::string_view> own, const BootContext& context) {
  BootLines lines;
  const auto look = [&](const std::string& text, const std::string& place) {
    if (starts_us_first(text)) lines.rdinit.push_back(place);
    for (BootObstacle& obstacle : obstacles_on(text, place, context))
      lines.obstacles.push_back(std::move(obstacle));
  };
  if (own) {
    std::string text(own->substr(0, own->find('\0'))), place = "its own command line";
    for (const auto& [addon, more] : addon_command_lines(file)) {
      text += " " + more;
      place += ", " + addon;
    }
    look(text, place);
    if (!own->empty()) return lines;
  }
  for (const auto& [place, text] : written_command_lines(root)) look(text, place);
  const std::vector<BootMenu> menus = menus_with(boot_menus(root), file);
  for (const BootMenu& menu : menus)
    for (const BootEntry& entry : menu)
      if (starts_us_first(entry.command_line)) lines.rdinit.push_back(entry.file);
  judge_menus(menus, context, lines.obstacles);
  // Only rdinit= of this boot counts: other parameters may have been typed for one boot.
  if (starts_us_first(root.read("/proc/cmdline").value_or("")))
    lines.rdinit.push_back("/proc/cmdline");
  return lines;
}

}  // namespace verify
