// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which functions are checked. These are the functions that vfio-early would claim, those that the
// plan refuses (an update may cause that), and those that the user names by PCI address without a
// section. Pure: reads no file.
#pragma once

#include <string>
#include <vector>

#include "config/configuration.h"
#include "host/machine.h"
#include "plan/plan.h"

namespace verify {

// What vfio-early does with a function that is checked.
enum class ClaimStatus {
  kClaimed,  // claims it, if there is an IOMMU and vfio_early=off is not set
  kRefused,  // a section selects it or its address, but the plan refuses it: see check bind.plan
  kUnconfigured,  // no section names it
};

struct CheckedFunction {
  std::string card;  // the name of a section, or the address that the user gave
  host::PciFunction function;
  std::string wanted_driver = config::kDefaultDriver;
  ClaimStatus claim_status = ClaimStatus::kClaimed;
  bool hand_over = false;                            // kClaimed, but only while a guest uses it
  std::vector<host::PciAddress> allowed_peers = {};  // its section's 'allow'
};

struct CheckedFunctions {
  std::vector<CheckedFunction> functions;                 // in the order of the configuration
  std::vector<plan::VirtualFunctions> virtual_functions;  // of the chosen cards with 'vfs'
  std::vector<config::Refusal> refusals;                  // of the chosen cards, and of whole files
  std::vector<plan::Expectation> expectations;            // of the chosen sections
  bool lacks_card = false;                                // see plan::Plan
  // To be assigned to a guest: the cards of all sections and of `wanted`. A function of `wanted`
  // that no section names stands for its whole card.
  std::vector<host::PciAddress> assigned_functions;
};

// `wanted`: names of sections, and PCI addresses of slots and functions ("0000:01:00",
// "0000:01:00.0"). Empty: all sections.
CheckedFunctions find_checked_functions(const config::Configuration& configuration,
                                        const host::Machine& machine,
                                        const std::vector<std::string>& wanted);

// Is it the PCI address of a slot or a function?
bool is_pci_address(const std::string& wanted);
// Is it the address of this function, or of its slot? The slot of a virtual function is that of its
// physical function, which is another card.
bool is_address_of(const std::string& wanted, const host::PciFunction& function,
                   const host::Machine& machine);

}  // namespace verify
