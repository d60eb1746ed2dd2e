// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/intent.h"

#include <utility>

#include "host/version.h"

namespace plan {

record::Record intended_record(const Plan& plan, const config::Configuration& configuration,
                               const host::Machine& machine) {
  record::Record record;
  record.version = host::kVersion;
  record.boot_id = machine.boot_id;
  record.kernel_release = machine.kernel_release;
  record.configuration_files = configuration.files;
  record.configuration_hash = config::hash_text(configuration.hash);
  record.in_initramfs = machine.in_initramfs;
  record.switched_off = plan.switched_off;
  record.refusals = plan.refusals;
  record.warnings = plan.warnings;
  for (const Claim& claim : plan.claims) {
    record::FunctionRecord function;
    function.card = claim.card;
    function.address = claim.function.address;
    function.id = {.vendor = claim.function.id.vendor, .device = claim.function.id.device};
    function.class_code = claim.function.class_code;
    function.wanted_driver = claim.handling.driver;
    function.handling = claim.handling;
    function.found = claim.function.driver;
    function.in_initramfs = machine.in_initramfs;
    function.physical_function = claim.function.physical_function;
    function.virtual_number = claim.virtual_number;
    record.functions.push_back(std::move(function));
  }
  for (const VirtualFunctions& each : plan.virtual_functions) {
    record::PhysicalRecord physical{.card = each.card, .address = each.physical.address};
    physical.id = {.vendor = each.physical.id.vendor, .device = each.physical.id.device};
    physical.vfs = each.wanted;
    for (const host::PciAddress& address : each.expected)
      physical.expected.push_back(address.str());
    physical.handling = each.handling;
    record.physical_functions.push_back(std::move(physical));
  }
  return record;
}

}  // namespace plan
