// SPDX-License-Identifier: GPL-2.0-or-later
//
// bind.later, bind.leftovers: do other settings of this machine take the card from vfio-pci, or
// bind cards that nobody configured?
#include <fmt/format.h>

#include "host/text.h"
#include "plan/warnings.h"
#include "verify/check/check.h"
#include "verify/check/each.h"
#include "verify/check/platform_remedies.h"
#include "verify/check/takers.h"
#include "verify/output/listed.h"

namespace verify {
namespace {

// "a, b, and 23 more"
std::string first_of(const std::vector<std::string>& all) {
  if (all.size() <= kMostListed) return host::join(all, ", ");
  return host::join({all.begin(), all.begin() + kMostListed}, ", ") +
         fmt::format(", and {} more", all.size() - kMostListed);
}

Finding unknown_because_of(const std::string& subject, const std::vector<std::string>& unread) {
  return unknown(
      subject, "other settings may be in files that were not read: " + first_of(unread),
      Remedy(kRunAsRoot).then("if a file is too large for vfio-verify, check it yourself"));
}

Finding judge_later(const Inspection& inspection, const ConfiguredFunction& function) {
  const std::string address = function.address();
  if (function.claim_status != ClaimStatus::kClaimed)
    return caused_by("bind.plan", skip(address, "vfio-early does not claim it"));
  std::vector<std::string> what;
  Remedy remedy;
  for (const plan::Taker* taker : takers_of(inspection, function.function.address)) {
    what.push_back(taker->what);
    remedy = std::move(remedy).then(remedy_of(*taker));
  }
  if (!what.empty()) return warn(address, host::join(what, "; "), remedy);
  if (!inspection.other_settings.unread.empty())
    return unknown_because_of(address, inspection.other_settings.unread);
  if (!inspection.other_settings.has_udev_rules)
    return skip(address, "no udev rules were found, and no override of driverctl");
  return pass(address,
              "no override of driverctl, udev rule or command was found that changes its driver");
}

// "/etc/modprobe.d/vfio.conf:3: options vfio-pci ids=10de:1b81"
std::string name_of(const Setting& setting) {
  return setting.where + ": " + setting.text;
}

Remedy remove_line(const Inspection& inspection, const std::string& where) {
  return fmt::format("remove the line {}; ", where) + rebuild_image(inspection.platform);
}

Remedy remove_setting(const Inspection& inspection, const Setting& setting) {
  if (setting.where == host::ModuleOption::kCommandLine)
    return remove_parameter(inspection.platform, setting.text);
  return remove_line(inspection, setting.where);
}

// Findings with a remedy, and settings that do no harm.
struct Leftovers {
  const Inspection& inspection;
  Findings findings = {};
  std::vector<std::string> harmless = {};

  void warn_about(const Setting& setting, const std::string& why) {
    findings.push_back(
        warn(kHost, name_of(setting) + ": " + why, remove_setting(inspection, setting)));
  }
};

std::vector<std::string> modules_to_load(const Inspection& inspection) {
  std::vector<std::string> drivers;
  for (const ConfiguredFunction& function : inspection.functions)
    drivers.push_back(function.wanted_driver);
  return plan::vfio_modules(drivers);
}

// "softdep vfio-pci pre: nvidia": a driver of a card that is to be loaded with vfio-pci.
bool loads_graphics(const host::ModprobeLine& line) {
  constexpr const char* kDrivers[] = {"nvidia", "nouveau", "amdgpu", "radeon",
                                      "i915",   "xe",      "nova",   "snd_hda_intel"};
  return std::any_of(line.words.begin() + 2, line.words.end(), [&](const std::string& word) {
    return std::any_of(std::begin(kDrivers), std::end(kDrivers), [&](const char* driver) {
      return host::underscored(word).starts_with(driver);
    });
  });
}

void judge_modprobe(Leftovers& leftovers) {
  const auto modules = modules_to_load(leftovers.inspection);
  for (const host::ModprobeLine& line : leftovers.inspection.other_settings.modprobe) {
    const Setting setting{line.str(), line.where};
    const bool is_ours = std::any_of(modules.begin(), modules.end(),
                                     [&](const std::string& module) { return line.names(module); });
    if (plan::is_ignored_command(line, modules) && line.command() == "install")
      leftovers.warn_about(
          setting,
          "vfio-early does not run this command, but modprobe does; it may bind other cards");
    else if (plan::is_ignored_command(line, modules))
      leftovers.harmless.push_back(name_of(setting));
    else if (line.command() == "softdep" && is_ours && loads_graphics(line))
      leftovers.warn_about(
          setting, "vfio-early does not follow it, but modprobe loads that driver with vfio-pci");
    else if (line.command() == "softdep" && setting.text.find("vfio") != std::string::npos)
      leftovers.harmless.push_back(name_of(setting));
  }
}

void judge_ids(Leftovers& leftovers, const std::string& driver,
               const std::vector<host::ModuleOption>& options) {
  const Inspection& inspection = leftovers.inspection;
  for (const host::ModuleOption& option : options) {
    if (option.name != "ids") continue;
    const Setting setting{option.is_on_command_line()
                              ? driver + ".ids=" + option.value
                              : "options " + driver + " ids=" + option.value,
                          option.where};
    const std::vector one = {option};
    const auto& assigned = inspection.assigned_functions;
    auto warnings = plan::ids_option_warnings(inspection.machine, assigned, driver, one);
    if (warnings.empty() && host::is_stub_driver(driver))
      warnings = plan::stub_warnings(inspection.machine, assigned, one);
    if (warnings.empty())
      leftovers.harmless.push_back(name_of(setting));
    else
      leftovers.findings.push_back(
          warn(kHost, warnings.front().what, remove_setting(inspection, setting)));
  }
}

void judge_blacklists(Leftovers& leftovers) {
  for (const Blacklist& blacklist : leftovers.inspection.other_settings.blacklists) {
    std::vector<std::string> addresses;
    for (const host::PciAddress& address : blacklist.without_driver)
      addresses.push_back(address.str());
    if (addresses.empty())
      leftovers.harmless.push_back(name_of(blacklist));
    else
      leftovers.warn_about(blacklist, "this also leaves " + listed(addresses) +
                                          " without a driver, which no section names");
  }
}

void judge_driverctl(Leftovers& leftovers) {
  for (const host::DriverctlOverride& saved : leftovers.inspection.other_settings.driverctl) {
    const auto address = saved.address();
    if (!address || !host::is_vfio_driver(saved.driver)) continue;
    for (const ConfiguredFunction& function : leftovers.inspection.functions)
      if (function.function.address == *address)
        leftovers.harmless.push_back(saved.file() + ": " + saved.driver);
  }
}

Findings judge_leftovers(const Inspection& inspection) {
  const OtherSettings& settings = inspection.other_settings;
  Leftovers leftovers{inspection};
  judge_modprobe(leftovers);
  judge_ids(leftovers, "vfio-pci", settings.vfio_options);
  judge_ids(leftovers, "pci-stub", settings.stub_options);
  judge_blacklists(leftovers);
  judge_driverctl(leftovers);
  for (const Setting& setting : settings.virqfd)
    leftovers.warn_about(
        setting,
        "the running kernel has no module vfio_virqfd, which is a part of vfio since Linux 6.2");
  if (!settings.unread_modules.empty()) {
    if (leftovers.findings.empty()) return {unknown_because_of(kHost, settings.unread_modules)};
    return leftovers.findings;
  }
  if (!leftovers.harmless.empty())
    leftovers.findings.push_back(
        pass(kHost, "harmless, but not needed by vfio-early: " + first_of(leftovers.harmless)));
  if (leftovers.findings.empty() && !inspection.functions.empty())
    return {pass(kHost, "no settings of other guides for passthrough were found")};
  return leftovers.findings;
}

constexpr Check kChecks[] = {
    {"bind.later", "Does no other setting take the function from vfio-pci later?", R"(
Warns about a saved override of *driverctl*(8) for a different driver, a udev rule that sets
_driver_override_, a command that changes the function's driver, and NVIDIA's GPU operator.
Commands are searched for where an administrator puts scripts and units: _/etc/rc.local_,
_/etc/rc.d/rc.local_, _/etc/local.d_, _/etc/systemd/system_, _/usr/local/lib/systemd/system_,
_/etc/tmpfiles.d_, _/etc/libvirt/hooks_, _/usr/local/bin_, _/usr/local/sbin_,
_/var/lib/vz/snippets_ (Proxmox), and the install lines of *modprobe.d*(5). Only a line that names
the function by its address is found. Unknown if one of these files cannot be read, or exceeds a
limit: 1 MiB for a file, 8 MiB and 2000 entries for all places. Skipped for a machine without udev
rules, such as a captured one.)",
     each_function<judge_later>, Weight::kAdvises},
    {"bind.leftovers", "Is the machine free of harmful settings from other guides?", R"(
*vfio-early* claims cards by address, and needs no other setting. Warns about these, with file and
line:

- install commands in *modprobe.d*(5) for VFIO's modules. *vfio-early* does not run them, but
  modprobe does, and the scripts of old guides bind all cards but one.
- _ids=_ of vfio-pci and pci-stub, also on the kernel command line, if it matches a function that
  no section names, or if pci-stub binds a claimed function first
- a softdep line that loads a graphics driver with vfio-pci
- a blacklist of a driver of the card that also leaves a different function without a driver
- *vfio_virqfd* in a list of modules, if the kernel does not have this module: Linux 6.2 made it a
  part of vfio, and some generators of an initramfs report an error.

Passes with a list of those that do no harm. Unknown if one of these files cannot be read, or is
larger than 1 MiB.)",
     judge_leftovers, Weight::kAdvises},
};

}  // namespace

constexpr Chapter kOtherSettingsChapter{"Driver", kChecks};

}  // namespace verify
