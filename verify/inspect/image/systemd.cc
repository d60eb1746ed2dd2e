// SPDX-License-Identifier: GPL-2.0-or-later
//
// systemd as init, in images of dracut and mkinitcpio.
#include <algorithm>

#include <fmt/format.h>

#include "host/text.h"
#include "verify/inspect/image/boot.h"
#include "verify/inspect/image/inits.h"
#include "verify/inspect/image/shipped_files.h"
#include "verify/inspect/image/units.h"

namespace verify {
namespace {

constexpr const char* kGate = "vfio-early-gate.service";
constexpr const char* kBind = "vfio-early-bind.service";
constexpr const char* kTarget = "sysinit.target";
constexpr const char* kBasic = "basic.target";
constexpr const char* kFirst = "initrd.target";
constexpr const char* kDefault = "default.target";

// Is the only command line of the unit `vfio-early COMMAND`?
bool starts_vfio_early(const ImageUnit& unit, std::string_view command) {
  return unit.exec_start.size() == 1 &&
         host::split(unit.exec_start.front()) ==
             std::vector<std::string_view>{"/usr/bin/vfio-early", command};
}

// Does none of the command lines name vfio-early?
bool starts_other_programs(const ImageUnit& unit) {
  return std::none_of(unit.exec_start.begin(), unit.exec_start.end(),
                      [](const auto& line) { return line.find("vfio-early") != line.npos; });
}

class UnitJudge {
 public:
  UnitJudge(const initramfs::ImageContents& image, std::string name, std::string command,
            Startup& startup)
      : image_(image), name_(std::move(name)), command_(std::move(command)), startup_(startup) {}

  ImageUnit judge() {
    judge_want();
    ImageUnit unit = read_unit(image_, name_);
    if (unit.masked)
      broken("is masked");
    else if (unit.file.empty())
      broken("is missing, or is a dangling link");
    else
      judge_settings(unit);
    return unit;
  }

 private:
  void broken(const std::string& why) {
    startup_.broken.push_back({fmt::format("{} {}", name_, why), kReinstall});
  }
  void undecided(const std::string& why, const char* remedy = kReinstall) {
    startup_.undecided.push_back({fmt::format("{} {}", name_, why), remedy});
  }

  void judge_want() {
    const ImageWant want = find_want(image_, name_, kTarget);
    if (!want.wanted)
      broken(fmt::format("is not wanted by {}", kTarget) +
             (want.file.empty() ? "" : fmt::format(": {} {}", want.file, want.why)));
    else if (!want.why.empty())
      undecided(fmt::format("is wanted by {}, which {}", want.file, want.why));
  }

  void judge_settings(const ImageUnit& unit) {
    if (unit.unread)
      undecided(fmt::format("cannot be read ({})", unit.file));
    else if (unit.text != shipped_text("systemd/" + name_))
      undecided(fmt::format("differs from the file of this version of vfio-early ({})", unit.file),
                kUpdateFiles);
    if (!unit.alias_of.empty()) undecided("is a link to " + unit.alias_of);
    if (!unit.unread && !starts_vfio_early(unit, command_)) {
      starts_other_programs(unit)
          ? broken(fmt::format("does not start vfio-early {}", command_))
          : undecided(fmt::format("has an ExecStart= other than /usr/bin/vfio-early {}", command_));
    }
    for (const std::string& condition : unit.unmet_conditions)
      broken("is not started in the image, because of " + condition);
    for (const std::string& condition : unit.undecided)
      undecided(fmt::format("is started only if {} is met", condition));
    for (const std::string& why : unit.unsupported_settings) undecided(why);
  }

  const initramfs::ImageContents& image_;
  const std::string name_, command_;
  Startup& startup_;
};

bool unit_exists(const initramfs::ImageContents& image, const char* name) {
  const ImageUnit unit = read_unit(image, name);
  return !unit.masked && !unit.file.empty();
}

// `next`: the target that this target must start; "": none.
void judge_target(const initramfs::ImageContents& image, const std::string& name,
                  const std::string& next, Startup& startup) {
  const ImageUnit unit = read_unit(image, name);
  if (unit.masked || unit.file.empty())
    return startup.broken.push_back(
        {fmt::format("{} is {}", name, unit.masked ? "masked" : "missing"), kReinstall});
  const auto undecided = [&](const std::string& why) {
    startup.undecided.push_back({fmt::format("{} {}", name, why), kReinstall});
  };
  for (const std::string& why : unit.unsupported_settings) undecided(why);
  // default.target is a link in most images.
  if (!unit.alias_of.empty() && name != kDefault) undecided("is a link to " + unit.alias_of);
  if (unit.unread) return undecided(fmt::format("cannot be read ({})", unit.file));
  for (const std::string& other : unit.conflicts)
    if (host::contains({kGate, kBind, kTarget, kBasic, kFirst}, other))
      undecided("conflicts with " + other);
  if (!next.empty() && !host::contains(unit.wanted_units, next) &&
      !find_want(image, next, name).wanted)
    undecided(fmt::format("does not start {} ({})", next, unit.file));
}

// Judges the targets that systemd starts in an initramfs, up to the target that wants our units
// (bootup(7)). systemd starts default.target only if it cannot start initrd.target.
void inspect_targets(const initramfs::ImageContents& image, Startup& startup) {
  const bool default_only = !unit_exists(image, kFirst) && unit_exists(image, kDefault);
  const OwnUnits own = {kGate, kBind, {default_only ? kDefault : kFirst, kBasic, kTarget}};
  judge_target(image, own.targets.front(), kBasic, startup);
  judge_target(image, kBasic, kTarget, startup);
  judge_target(image, kTarget, "", startup);
  inspect_other_units(image, own, startup);
}

// Files in the image's /run for our units, or for all units. systemd hides them with its own /run
// (verify/inspect/image/units.h), unless /run is already mounted.
void inspect_run_directory(const initramfs::ImageContents& image, Startup& startup) {
  constexpr std::string_view kRun = "run/systemd/";
  for (auto at = image.files.lower_bound(kRun);
       at != image.files.end() && at->first.starts_with(kRun); ++at)
    for (const char* part : {"/vfio-", "/service.d", "/sysinit.target"})
      if (at->first.find(part) != std::string::npos && !at->second.directory) {
        startup.undecided.push_back(
            {at->first + " may affect the start of vfio-early", kReinstall});
        break;
      }
}

}  // namespace

// gate keeps host drivers off the cards; bind loads vfio-pci and binds the cards.
void inspect_systemd(const initramfs::ImageContents& image, Startup& startup) {
  const ImageUnit unit = read_unit(image, kGate);
  if (find_want(image, kGate, kTarget).file.empty() && unit.file.empty()) return;
  startup.started_by = kGate;
  const ImageUnit gate = UnitJudge(image, kGate, "gate", startup).judge();
  (void)UnitJudge(image, kBind, "bind", startup).judge();
  inspect_targets(image, startup);
  inspect_manager_settings(image, startup);
  inspect_run_directory(image, startup);
  for (const char* other :
       {"systemd-modules-load.service", "systemd-udevd.service", "dracut-cmdline.service"})
    if (!host::contains(gate.before, other))
      startup.before.push_back(
          {fmt::format("{} is not ordered before {}", kGate, other), kReinstall});
}

}  // namespace verify
