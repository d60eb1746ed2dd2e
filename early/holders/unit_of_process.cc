// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/holders/unit_of_process.h"

#include <algorithm>
#include <iterator>

#include "host/text.h"

namespace early::holders {
namespace {

constexpr std::string_view kUserSlice = "user-";

// The path in systemd's hierarchy; "": the process is in none.
std::string_view systemd_path(std::string_view cgroup) {
  for (std::string_view line : host::lines(cgroup)) {
    const size_t first = line.find(':');
    const size_t second = first == line.npos ? first : line.find(':', first + 1);
    if (second == line.npos) continue;
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    if (controllers.empty() || controllers == "name=systemd") return line.substr(second + 1);
  }
  return {};
}

// "user-1000.slice" is of user 1000.
std::string user_of_slice(std::string_view slice) {
  if (!slice.starts_with(kUserSlice) || !slice.ends_with(".slice")) return {};
  const std::string_view number =
      slice.substr(kUserSlice.size(), slice.size() - kUserSlice.size() - 6);
  return host::parse_number(number, 10) ? std::string(number) : std::string();
}

bool is_unit(std::string_view name) {
  return name.ends_with(".service") || name.ends_with(".scope");
}

}  // namespace

// A service may have cgroups of its own below its unit, so the first unit counts; below
// user@1000.service, the first one of that user's systemd.
Unit unit_of_cgroup(std::string_view cgroup) {
  Unit unit;
  for (const std::string_view part : host::split(systemd_path(cgroup), "/")) {
    if (unit.user.empty()) unit.user = user_of_slice(part);
    if (!is_unit(part)) continue;
    const bool below_manager = unit.name.starts_with("user@");
    if (!unit.name.empty() && !below_manager) break;
    unit.name = part;
    if (below_manager) break;
  }
  const bool scope = unit.name.ends_with(".scope");
  if (unit.name.empty())
    unit.kind = Unit::Kind::kNone;
  else if (!unit.user.empty())
    unit.kind = unit.name.starts_with("session-") ? Unit::Kind::kSession : Unit::Kind::kUser;
  else
    unit.kind = scope ? Unit::Kind::kOther : Unit::Kind::kSystem;
  return unit;
}

bool may_stop(const Unit& unit) {
  constexpr std::string_view kNever[] = {"systemd-logind.service",   "seatd.service",
                                         "elogind.service",          "dbus.service",
                                         "dbus-broker.service",      "systemd-udevd.service",
                                         "systemd-journald.service", "polkit.service",
                                         "libvirtd.service",         "virtqemud.service",
                                         "virtnodedevd.service"};
  if (unit.kind != Unit::Kind::kSystem || unit.name.starts_with('-')) return false;
  return std::find(std::begin(kNever), std::end(kNever), unit.name) == std::end(kNever);
}

}  // namespace early::holders
