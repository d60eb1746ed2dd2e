// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/image/command_lines.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include <fmt/format.h>

#include "host/command_line.h"
#include "host/text.h"
#include "verify/inspect/boot/entries.h"
#include "verify/inspect/boot/kernel_file.h"
#include "verify/inspect/boot/written_command_lines.h"

namespace verify {
namespace {

using host::CommandLine;

enum class Effect { kNone, kPossible, kCertain };
using Values = std::vector<std::string>;

Values list_of(const std::string& value) {
  Values names;
  for (const std::string_view name : host::split(value, ",")) names.emplace_back(name);
  return names;
}

// plan/plan.cc.
Effect judge_off(const std::string& value, const BootContext&) {
  return value == "off" ? Effect::kCertain : Effect::kNone;
}

// rdinit_setup() and kernel_init_freeable() in init/main.c: without that file the kernel does not
// use the initramfs at all. /vfio-early becomes init when it has finished.
Effect judge_rdinit(const std::string& program, const BootContext& context) {
  if (program == "/vfio-early")
    return context.startup.supplement ? Effect::kNone : Effect::kPossible;
  const initramfs::ImageFile* file = context.image.resolve(program);
  const bool is_init = file && file == context.image.resolve("init");
  return is_init && !context.startup.first_process ? Effect::kNone : Effect::kCertain;
}

// In an initramfs systemd reads only rd.systemd.mask= (src/debug-generator). "x" is "x.service".
Effect judge_mask(const std::string& unit, const BootContext&) {
  const Values needed = {"vfio-early-gate.service", "vfio-early-bind.service", "sysinit.target",
                         "basic.target"};
  return host::contains(needed, unit) || host::contains(needed, unit + ".service")
             ? Effect::kCertain
             : Effect::kNone;
}

// All usual targets need sysinit.target, which starts our units; emergency.target does not.
Effect judge_unit(const std::string& unit, const BootContext&) {
  const Values usual = {"initrd.target", "default.target", "basic.target", "rescue.target",
                        "sysinit.target"};
  if (host::contains(usual, unit)) return Effect::kNone;
  return unit == "emergency.target" ? Effect::kCertain : Effect::kPossible;
}

Effect judge_emergency(const std::string& value, const BootContext&) {
  return value.empty() ? Effect::kCertain : Effect::kNone;
}

// blacklisted() in kernel/module/main.c compares the names that the modules themselves have, with
// underscores.
Effect judge_module_blacklist(const std::string& value, const BootContext& context) {
  const Values names = list_of(value);
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& name) { return context.modules.contains(name); })
             ? Effect::kCertain
             : Effect::kNone;
}

// initcall_blacklisted() in init/main.c also applies to modules. The names of functions are not
// fixed: those of vfio's modules are NAME_init.
Effect judge_initcalls(const std::string& value, const BootContext& context) {
  Effect worst = Effect::kNone;
  for (const std::string& function : list_of(value)) {
    const bool ours = function.ends_with("_init") &&
                      context.modules.contains(function.substr(0, function.size() - 5));
    if (ours) return Effect::kCertain;
    if (function.find("vfio") != function.npos) worst = Effect::kPossible;
  }
  return worst;
}

// core_param(nomodule, …, bint, …): without a value, or with a boolean.
Effect judge_nomodule(const std::string& value, const BootContext& context) {
  constexpr std::string_view kTrue = "1yYtT";
  const bool set = value.empty() || kTrue.find(value[0]) != kTrue.npos || value == "on";
  return set && !context.modules.empty() ? Effect::kCertain : Effect::kNone;
}

// Only the kernel's EFI stub uses it (efi_parse_options in drivers/firmware/efi/libstub). It is
// unknown whether the EFI stub loads the initramfs.
Effect judge_noinitrd(const std::string&, const BootContext&) {
  return Effect::kPossible;
}

// mkinitcpio's init removes the executable bit of these hooks.
Effect judge_hooks(const std::string& value, const BootContext&) {
  return host::contains(list_of(value), "vfio-early") ? Effect::kCertain : Effect::kNone;
}

// The kernel passes an unknown parameter to init as an environment variable (unknown_bootoption()
// in init/main.c). With SYSTEMD_UNIT_PATH systemd reads units only from that path
// (src/basic/path-lookup.c).
Effect judge_unit_path(const std::string& value, const BootContext&) {
  return value.empty() ? Effect::kNone : Effect::kPossible;
}

enum class Counts { kLast, kEach };  // which of several values have an effect

struct Parameter {
  const char* name;
  std::optional<Init> init;  // which init reads it; nullopt: vfio-early itself, or the kernel
  Counts counts;
  Effect (*judge)(const std::string& value, const BootContext& context);
  const char* effect;
};

constexpr const char* kNoModules =
    "prevents vfio-pci, or a module that it needs, from being loaded";
constexpr Parameter kParameters[] = {
    {"vfio_early", {}, Counts::kLast, judge_off, "leaves all cards to the host"},
    {"rdinit",
     {},
     Counts::kLast,
     judge_rdinit,
     "starts a program other than the init of this image"},
    {"rd.systemd.mask", Init::kSystemd, Counts::kEach, judge_mask,
     "masks a unit that vfio-early needs"},
    {"rd.systemd.unit", Init::kSystemd, Counts::kLast, judge_unit,
     "starts a target other than initrd.target"},
    {"rd.emergency", Init::kSystemd, Counts::kLast, judge_emergency, "starts emergency.target"},
    {"SYSTEMD_UNIT_PATH", Init::kSystemd, Counts::kLast, judge_unit_path,
     "may prevent systemd from finding the units of vfio-early"},
    {"module_blacklist", {}, Counts::kLast, judge_module_blacklist, kNoModules},
    {"initcall_blacklist", {}, Counts::kEach, judge_initcalls, kNoModules},
    {"nomodule", {}, Counts::kLast, judge_nomodule, kNoModules},
    {"noinitrd",
     {},
     Counts::kLast,
     judge_noinitrd,
     "may prevent the kernel from using an initramfs"},
    {"disablehooks", Init::kMkinitcpio, Counts::kLast, judge_hooks, "disables the hook vfio-early"},
};

// Without an IOMMU vfio-early claims nothing (plan/plan.cc). A vendor's parameter affects only the
// IOMMUs of that vendor.
void add_iommu(const CommandLine& line, const std::string& location, const BootContext& context,
               BootObstacles& found) {
  const std::string& vendor = context.cpu_vendor;
  for (const std::string& parameter : host::iommu_off_parameters(line)) {
    const bool other = (parameter.starts_with("intel") && vendor == "AuthenticAMD") ||
                       (parameter.starts_with("amd") && vendor == "GenuineIntel");
    if (!other)
      found.push_back({.parameter = parameter,
                       .effect = "disables the IOMMU; without an IOMMU no card is claimed",
                       .location = location,
                       .certain = !vendor.empty()});
  }
}

std::string parameter_text(const char* name, const std::string& value) {
  return value.empty() ? name : fmt::format("{}={}", name, value);
}

bool starts_vfio_early_first(const std::string& command_line) {
  return CommandLine::parse(command_line).value("rdinit") == "/vfio-early";
}

// A command line with which the next boot may start the image.
struct Candidate {
  std::string text;
  std::string location;
  const BootEntry* entry = nullptr;   // the entry of a menu that names this image
  std::string unknown_variable = {};  // of BootEntry
};

using Candidates = std::vector<Candidate>;

std::string quoted_title(const BootEntry& entry) {
  return entry.title.empty() ? "" : fmt::format(" \"{:.60}\"", entry.title);
}

// If the menu names images (`named`), an entry without images uses no initramfs. Otherwise any
// entry may start the image `file`.
Candidates candidates_of(const BootMenu& menu, const std::string& file, bool named) {
  const std::vector<size_t> entries_for = menu.entries_for(named ? file : "");
  const bool by_default = std::includes(menu.defaults.begin(), menu.defaults.end(),
                                        entries_for.begin(), entries_for.end());
  const bool certain = by_default && menu.defaults.size() == 1;
  const char* why = certain       ? ""
                    : !by_default ? ", which starts this image,"
                                  : ", which may be the default,";
  Candidates candidates;
  for (const size_t i : entries_for) {
    const BootEntry& entry = menu.entries[i];
    candidates.push_back({entry.command_line,
                          fmt::format("the {}entry{} of {}{}", certain ? "default " : "",
                                      quoted_title(entry), entry.file, why),
                          named ? &entry : nullptr, entry.unknown_variable});
  }
  return candidates;
}

bool lists_images(const BootMenu& menu) {
  return std::any_of(menu.entries.begin(), menu.entries.end(),
                     [](const BootEntry& entry) { return !entry.images.empty(); });
}

// The command lines of all entries that name this image, and of menus that name no image. If there
// are none, this image is new or renamed, and any entry may start it.
Candidates candidates_of(const std::vector<BootMenu>& menus, const std::string& file) {
  Candidates all;
  const auto add = [&](const BootMenu& menu, bool named) {
    for (Candidate& candidate : candidates_of(menu, file, named))
      all.push_back(std::move(candidate));
  };
  for (const BootMenu& menu : menus) add(menu, lists_images(menu));
  if (all.empty())
    for (const BootMenu& menu : menus) add(menu, false);
  return all;
}

// Obstacles are certain only if every candidate command line has a certain one. An entry that is
// not the default may have an obstacle on purpose, for a boot without vfio-early.
void judge(const Candidates& candidates, const BootContext& context, BootObstacles& all) {
  bool every = true;
  std::set<std::string> known;  // each parameter is reported once, for the first command line
  const size_t first = all.size();
  for (const Candidate& candidate : candidates) {
    bool certain = false;
    for (BootObstacle& obstacle : obstacles_on(candidate.text, candidate.location, context)) {
      certain = certain || obstacle.certain;
      if (known.insert(obstacle.parameter).second) all.push_back(std::move(obstacle));
    }
    every = every && certain;
  }
  for (size_t i = first; i < all.size(); ++i) all[i].certain = all[i].certain && every;
}

// What is unknown about the command lines of the menus.
std::optional<Unread> unread_part(const std::vector<BootMenu>& menus,
                                  const Candidates& candidates) {
  for (const auto& [text, location, entry, variable] : candidates)
    if (!variable.empty())
      return Unread{
          fmt::format("{} uses the variable ${}, whose value is unknown", location, variable),
          fmt::format("write the parameters into the entry, instead of ${}", variable)};
  for (const BootMenu& menu : menus)
    if (!menu.complete)
      return Unread{fmt::format("a menu of more than {} entries is not read", kMaxBootEntries),
                    kRemoveFiles};
  return std::nullopt;
}

// The kernel of an entry: from its file if `read` is true, else from its path.
struct StartedKernel {
  std::string release;
  bool read = false;
};

StartedKernel kernel_of(const host::Root& root, const BootEntry& entry) {
  // "($root)/vmlinuz" of GRUB, "boot():/vmlinuz" of Limine.
  const std::string path = entry.kernel.substr(entry.kernel.find_last_of("):") + 1);
  if (path.starts_with('/'))
    for (const char* mount_point : {"/boot", "", "/efi", "/boot/efi"})
      if (const auto release =
              kernel_release_of(read_part(root, mount_point + path, 0, kKernelHead));
          !release.empty())
        return {release, true};
  return {kernel_release_in(path), false};
}

// Certain only if every candidate starts a kernel whose modules are not in the image, this was read
// from the kernels' files, and modules are needed.
void judge_kernels(const host::Root& root, const Candidates& candidates, const BootContext& context,
                   host::Meter& meter, BootLines& lines) {
  if (context.releases.empty()) return;
  bool every = !context.modules.empty();
  std::set<std::string> known;
  for (const Candidate& candidate : candidates) {
    if (!candidate.entry || !meter.in_time()) {
      every = false;
      continue;
    }
    const StartedKernel kernel = kernel_of(root, *candidate.entry);
    const bool fits = kernel.release.empty() || context.releases.contains(kernel.release);
    every = every && !fits && kernel.read;
    if (!fits && known.insert(kernel.release).second)
      lines.kernels.push_back({kernel.release, candidate.location, true});
  }
  for (OtherKernel& kernel : lines.kernels) kernel.certain = every;
}

}  // namespace

BootObstacles obstacles_on(std::string_view command_line, const std::string& location,
                           const BootContext& context) {
  const CommandLine line = CommandLine::parse(command_line);
  BootObstacles found;
  for (const Parameter& parameter : kParameters) {
    Values values = line.values(parameter.name);
    if (values.empty() || (parameter.init && parameter.init != context.startup.init)) continue;
    if (parameter.counts == Counts::kLast) values = {values.back()};
    for (const std::string& value : values)
      if (const Effect effect = parameter.judge(value, context); effect != Effect::kNone)
        found.push_back({.parameter = parameter_text(parameter.name, value),
                         .effect = parameter.effect,
                         .location = location,
                         .certain = effect == Effect::kCertain});
  }
  add_iommu(line, location, context, found);
  return found;
}

BootLines inspect_command_lines(const BootConfiguration& boot, const std::string& file,
                                std::optional<std::string_view> own, const BootContext& context) {
  BootLines lines;
  const auto add_obstacles = [&](const Candidates& candidates, bool used) {
    const size_t first = lines.obstacles.size();
    judge(candidates, context, lines.obstacles);
    for (size_t i = first; i < lines.obstacles.size(); ++i)
      lines.obstacles[i].certain = lines.obstacles[i].certain && used;
    for (const Candidate& candidate : candidates)
      if (starts_vfio_early_first(candidate.text)) lines.rdinit.push_back(candidate.location);
  };
  if (own) {
    std::string text(own->substr(0, own->find('\0'))), location = kOwnCommandLine;
    for (const auto& [addon, more] : addon_command_lines(file)) {
      text += " " + more;
      location += ", " + addon;
    }
    add_obstacles({{text, location}}, true);
    lines.used.push_back({text, location});
    if (!own->empty()) return lines;
  }
  std::vector<UsedCommandLine> written;
  for (const WrittenCommandLine& line : boot.written()) {
    Candidates candidates;
    const std::string location =
        line.location + (line.texts.size() > 1 ? ", depending on a condition," : "") +
        (line.used ? "" : ", which no boot loader of this machine seems to use,");
    for (const std::string& text : line.texts) candidates.push_back({text, location});
    add_obstacles(candidates, line.used);
    for (const Candidate& candidate : candidates)
      if (line.used) written.push_back({candidate.text, candidate.location});
  }
  const Candidates candidates = candidates_of(boot.menus(), file);
  add_obstacles(candidates, true);
  host::Meter meter(host::kBootBudget, 0);
  if (!boot.exceeded_limit()) judge_kernels(boot.root(), candidates, context, meter, lines);
  for (const Candidate& candidate : candidates)
    lines.used.push_back({candidate.text, candidate.location});
  if (candidates.empty()) lines.used.insert(lines.used.end(), written.begin(), written.end());
  // Only rdinit= of this boot counts: other parameters may have been typed for one boot.
  const std::string this_boot = boot.root().read("/proc/cmdline").value_or("");
  if (starts_vfio_early_first(this_boot)) lines.rdinit.push_back("/proc/cmdline");
  if (lines.used.empty() && !this_boot.empty()) lines.used.push_back({this_boot, "/proc/cmdline"});
  lines.unread = boot.unread();
  if (const std::string& limit = meter.exceeded_limit(); !lines.unread && !limit.empty())
    lines.unread = Unread{limit, kRemoveFiles};
  if (!lines.unread) lines.unread = unread_part(boot.menus(), candidates);
  return lines;
}

}  // namespace verify
