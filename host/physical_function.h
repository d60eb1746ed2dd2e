// SPDX-License-Identifier: GPL-2.0-or-later
//
// A function that may have virtual functions (PCIe 6.0, chapter 9: SR-IOV), as sysfs describes it.
// Virtual functions are counted from 0, as in the names of their links (virtfn0) and in libvirt.
// The specification counts from 1.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "host/pci_address.h"
#include "host/root.h"

namespace host {

struct PhysicalFunction {
  PciAddress address;
  // The most that its driver allows; before the driver is bound, the most that the device has.
  uint16_t total = 0;
  // PCIe 6.0, 9.3.3.9 and 9.3.3.10. The routing ID of number n is that of the function plus offset
  // plus n times stride. Some devices report 0 until their virtual functions are enabled.
  uint16_t offset = 0, stride = 0;
  uint16_t device = 0;              // the device id of its virtual functions; 0: unknown
  std::vector<PciAddress> created;  // those that exist, at their numbers

  // Would `other` be one of its virtual functions?
  bool may_have(const PciAddress& other) const;

  // Where number `number` is, or will be; nullopt: unknown.
  std::optional<PciAddress> virtual_function(size_t number) const;
};

// nullopt: the function has no SR-IOV capability.
std::optional<PhysicalFunction> read_physical_function(const Root& root, const PciAddress& address);

// PhysicalFunction::created, which changes while the others stay the same. Ends at the first number
// that is missing.
std::vector<PciAddress> read_virtual_functions(const Root& root, const PciAddress& address);

}  // namespace host
