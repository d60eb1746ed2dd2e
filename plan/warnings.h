// SPDX-License-Identifier: GPL-2.0-or-later
//
// Problems outside of the plan that can prevent passthrough. The gate does not wait for them: they
// are reported after bind, and by `vfio-early plan`.
#pragma once

#include <span>
#include <vector>

#include "host/machine.h"
#include "host/modprobe_lines.h"
#include "host/module_options.h"
#include "plan/plan.h"

namespace plan {

// A claimed function, and the functions that its section's 'allow' leaves in its IOMMU group.
struct ClaimedFunction {
  std::string card;
  host::PciAddress address;
  std::string driver = config::kDefaultDriver;  // for guests
  std::vector<host::PciAddress> allowed_peers = {};
};

std::vector<ClaimedFunction> claimed_functions(const Plan& plan);

// The functions that share an IOMMU group with a claimed one, are not claimed themselves, and that
// no section with a function in this group allows: a guest cannot start while a host driver holds
// one of them. Needs Details::groups.
std::vector<config::Warning> unclaimed_group_warnings(const host::Machine& machine,
                                                      const std::vector<ClaimedFunction>& claimed);

// The functions that 'allow' names in vain: they are not claimed, and share no group with the card.
// Needs Details::groups.
std::vector<config::Warning> useless_allow_warnings(const host::Machine& machine,
                                                    const std::vector<ClaimedFunction>& claimed);

// The functions that 'allow' names, and that a section claims: they do not stay with the host. Part
// of the plan.
std::vector<config::Warning> claimed_peer_warnings(const Plan& plan);

// The functions that 'allow' leaves in the group of a claimed function. None of them is claimed.
std::vector<const host::PciFunction*> allowed_peers(const host::Machine& machine,
                                                    const std::vector<ClaimedFunction>& claimed);

// The functions that a driver also binds because of its option `ids=`, although they are not
// claimed. `driver`: "vfio-pci" or "pci-stub"; `options` are the driver's.
std::vector<config::Warning> ids_option_warnings(const host::Machine& machine,
                                                 const std::vector<host::PciAddress>& claimed,
                                                 const std::string& driver,
                                                 std::span<const host::ModuleOption> options);

// The claimed functions that pci-stub binds first because of its option `ids=`. vfio-early unbinds
// it, so the option is not needed. `options` are pci-stub's.
std::vector<config::Warning> stub_warnings(const host::Machine& machine,
                                           const std::vector<host::PciAddress>& claimed,
                                           std::span<const host::ModuleOption> options);

// Does this value of an option `ids=` match the function?
bool ids_match(std::string_view ids, const host::PciFunction& function);

// The modules of VFIO, and those of `drivers`: vfio-early loads them.
std::vector<std::string> vfio_modules(const std::vector<std::string>& drivers);

// The install and remove commands of modprobe.d(5) for these modules: vfio-early does not run them.
std::vector<config::Warning> ignored_command_warnings(const std::vector<std::string>& modules,
                                                      const std::vector<host::ModprobeLine>& lines);

// Is it such a command?
bool is_ignored_command(const host::ModprobeLine& line, const std::vector<std::string>& modules);

}  // namespace plan
