// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspection.h"

#include <algorithm>
#include <set>
#include <utility>

#include "host/io_memory.h"
#include "verify/contradictions.h"

namespace verify {
namespace {

std::optional<std::string> read_override(const host::Root& root, const host::PciAddress& address) {
  if (!root.read(address.sysfs() + "/driver_override")) return std::nullopt;
  return host::override_of(root, address);
}

// Is the refusal only about a configuration file that this user may not read?
bool is_forbidden(const host::Root& root, const plan::Refusal& refusal) {
  if (!refusal.card.empty() || refusal.line != 0) return false;
  const auto text = root.read(refusal.file);
  return !text && text.error().code == EACCES;
}

void choose_functions(const host::Root& root, const plan::Configuration& configuration,
                      const Scope& scope, Inspection& inspection) {
  Choice choice = choose(configuration, inspection.machine, scope.cards);
  inspection.spoken_for = std::move(choice.spoken_for);
  const auto memory = host::IoMemory::read(root);
  for (const Chosen& chosen : choice.functions) {
    const host::PciAddress& address = chosen.function.address;
    inspection.functions.push_back(
        {.card = chosen.card,
         .function = chosen.function,
         .want = chosen.want,
         .standing = chosen.standing,
         .override = read_override(root, address),
         .group = host::iommu_group_of(root, address),
         .framebuffers = host::read_framebuffers_over(root, address, memory),
         .hardware = {},
         .contradiction = contradiction_of(root, chosen.function)});
    // If no device of the running machine may be opened, its hardware is not read either.
    if (!scope.live && root.live()) continue;
    ConfiguredFunction& function = inspection.functions.back();
    function.hardware =
        hardware::read_hardware(root, inspection.machine, function.function, function.group);
  }
  for (plan::Refusal& refusal : choice.refusals) {
    if (is_forbidden(root, refusal)) {
      inspection.forbidden_files.push_back(refusal.file);
    } else {
      inspection.refusals.push_back(std::move(refusal));
    }
  }
}

InspectedGroup read_group(const host::Root& root, const host::Machine& machine, int number) {
  InspectedGroup inspected;
  inspected.number = number;
  inspected.name = root.read_line("/sys/kernel/iommu_groups/" + std::to_string(number) + "/name");
  const auto group = host::read_iommu_group(root, number);
  if (!group) return inspected.unreadable = group.error(), inspected;
  inspected.type = group->type;
  for (const host::PciAddress& address : group->functions) {
    const host::PciFunction* function = machine.find(address);
    inspected.members.push_back(function ? *function : host::PciFunction{.address = address});
  }
  return inspected;
}

std::string contradiction_of_members(const host::Root& root, const InspectedGroup& group) {
  for (const host::PciFunction& member : group.members)
    if (std::string found = contradiction_of(root, member); !found.empty()) return found;
  return {};
}

// Inspects each group once, also if several of its functions are configured.
void inspect_groups(const host::Root& root, const Scope& scope, Inspection& inspection) {
  auto contradictions = contradictions_of_groups(root, inspection.machine);
  for (const ConfiguredFunction& function : inspection.functions) {
    if (!function.group || inspection.group(*function.group)) continue;
    InspectedGroup group = read_group(root, inspection.machine, *function.group);
    group.subject = function.address();
    group.contradiction = std::move(contradictions[group.number]);
    if (group.contradiction.empty()) group.contradiction = contradiction_of_members(root, group);
    const auto reserved = host::read_reserved_regions(root, group.number);
    if (!reserved) group.reserved_unreadable = reserved.error();
    group.reserved = reserved.value_or({});
    if (scope.live) {
      group.attachment = attach(root, group.number, group.reserved);
    } else {
      group.attachment.reason = root.live() ? "not tested: this command opens no device"
                                            : "not tested: no device is opened with --root";
    }
    inspection.groups.push_back(std::move(group));
  }
}

// Replaces "auto" with the driver that vfio-early chose, according to its record.
void name_variants(Inspection& inspection) {
  for (ConfiguredFunction& function : inspection.functions) {
    if (function.want != plan::kAutoDriver) continue;
    function.want = plan::kDefaultDriver;
    if (!inspection.record) continue;
    for (const plan::FunctionRecord& recorded : inspection.record->functions)
      if (recorded.address == function.address()) function.want = recorded.want;
  }
}

}  // namespace

const InspectedGroup* Inspection::group(int number) const {
  const auto found = std::find_if(groups.begin(), groups.end(),
                                  [&](const auto& group) { return group.number == number; });
  return found == groups.end() ? nullptr : &*found;
}

const plan::FunctionRecord* Inspection::recorded(const std::string& address) const {
  if (!record || record->boot_id != machine.boot_id) return nullptr;
  const auto found =
      std::find_if(record->functions.begin(), record->functions.end(),
                   [&](const auto& function) { return function.address == address; });
  return found == record->functions.end() ? nullptr : &*found;
}

bool Inspection::any_attached() const {
  return std::any_of(groups.begin(), groups.end(),
                     [](const auto& group) { return group.attachment.attached(); });
}

bool Inspection::log_holds(std::string_view words) const {
  return kernel_log &&
         std::any_of(kernel_log->begin(), kernel_log->end(), [&](const host::LogLine& line) {
           return line.text.find(words) != line.text.npos;
         });
}

bool Inspection::log_is_whole() const {
  return log_index().whole();
}

bool Inspection::log_holds(const std::string& address, std::string_view words) const {
  const LogIndex::Lines& lines = log_index().about(address);
  return std::any_of(lines.begin(), lines.end(), [&](const host::LogLine* line) {
    return line->text.find(words) != line->text.npos;
  });
}

const LogIndex& Inspection::log_index() const {
  static const std::vector<host::LogLine> kNone;
  const auto& log = kernel_log ? *kernel_log : kNone;
  if (index_ && index_->is_of(log)) return *index_;
  std::set<std::string> addresses;
  for (const ConfiguredFunction& function : functions) addresses.insert(function.address());
  for (const InspectedGroup& one : groups)
    for (const host::PciFunction& member : one.members) addresses.insert(member.address.str());
  return index_.emplace(log, addresses);
}

host::Result<Inspection> inspect(const host::Root& root, const plan::Configuration& configuration,
                                 const Scope& scope) {
  const host::Details places{.paths = true, .groups = true};
  auto machine = host::read_machine(root, plan::details_for(configuration) | places);
  if (!machine) return machine.error();

  Inspection inspection;
  inspection.machine = std::move(*machine);
  inspection.platform = read_platform(root);
  inspection.iommus = root.list("/sys/class/iommu");
  inspection.tables = firmware::read_tables(root);
  if (scope.live) inspection.kvm = try_kvm(root);
  inspection.lockdown = root.read_attribute("/sys/kernel/security/lockdown");
  inspection.configuration_file = scope.configuration_file;
  inspection.configuration_hash = plan::hash_text(configuration.hash);

  choose_functions(root, configuration, scope, inspection);
  inspect_groups(root, scope, inspection);

  std::vector<host::PciAddress> around;
  for (const InspectedGroup& group : inspection.groups)
    for (const host::PciFunction& member : group.members) around.push_back(member.address);
  inspection.topology = isolation::read_topology(root, inspection.machine, around);

  // Read the log after the attachments, so that it has the kernel's messages about them.
  inspection.kernel_log = host::read_kernel_log(root);
  inspection.record = plan::read_record(root);
  name_variants(inspection);
  inspection.interrupts = read_interrupts(root);
  inspection.unsafe_interrupts = read_unsafe_interrupts(root, inspection.machine.command_line);
  inspection.remapping_units = read_remapping_units(root);
  return inspection;
}

}  // namespace verify
