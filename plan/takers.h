// SPDX-License-Identifier: GPL-2.0-or-later
//
// Takers: what takes a claimed function from vfio-pci after the boot has claimed it. Pure.
#pragma once

#include <string>
#include <vector>

#include "config/configuration.h"
#include "host/binders.h"
#include "host/machine.h"

namespace plan {

struct Taker {
  host::PciAddress address;
  std::string driver;   // that has the function then; "none": none, "": unknown
  std::string what;     // "driverctl binds it to nvidia at each boot: /etc/driverctl.d/…"
  std::string remedy;   // what to do, before `command` if there is one
  std::string command;  // "": none

  // Can it be the reason why the function has `driver` now, "" if none?
  bool explains(const std::string& driver_now) const;
};

std::vector<Taker> takers(const host::Machine& machine,
                          const std::vector<host::PciAddress>& claimed,
                          const host::Binders& binders);

std::vector<config::Warning> taker_warnings(const std::vector<Taker>& takers);

}  // namespace plan
