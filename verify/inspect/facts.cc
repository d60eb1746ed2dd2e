// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/facts.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "host/io_memory.h"
#include "verify/inspect/contradictions.h"
#include "verify/inspect/iommu_width.h"
#include "verify/inspect/isolation/workarounds.h"

namespace verify {
namespace {

std::optional<std::string> read_override(const host::Root& root, const host::PciAddress& address) {
  if (!root.read(address.sysfs() + "/driver_override")) return std::nullopt;
  return host::override_of(root, address);
}

host::Result<std::vector<std::string>> regions_in_bars(const host::Result<host::IoMemory>& memory,
                                                       const host::PciAddress& address) {
  if (!memory) return memory.error();
  return memory->regions_in_bars(address);
}

// Is the refusal only about a configuration file that this user may not read?
bool is_forbidden(const host::Root& root, const config::Refusal& refusal) {
  if (!refusal.card.empty() || refusal.line != 0) return false;
  const auto text = root.read(refusal.file);
  return !text && text.error().code == EACCES;
}

// Reads what few machines need only if the plan asks for it, as vfio-early does.
CheckedFunctions read_plan(const host::Root& root, const config::Configuration& configuration,
                           const Scope& scope, host::Machine& machine) {
  CheckedFunctions checked = find_checked_functions(configuration, machine, scope.cards);
  std::vector<host::PciAddress> addresses;
  for (const CheckedFunction& chosen : checked.functions)
    addresses.push_back(chosen.function.address);
  const bool lacks_group = host::find_functions_without_group(root, addresses, machine);
  if (checked.lacks_card) machine.late = host::read_late_functions(root, machine);
  if (lacks_group || checked.lacks_card)
    checked = find_checked_functions(configuration, machine, scope.cards);
  return checked;
}

void read_checked_functions(const host::Root& root, const config::Configuration& configuration,
                            const Scope& scope, Facts& facts) {
  CheckedFunctions checked = read_plan(root, configuration, scope, facts.machine);
  facts.assigned_functions = std::move(checked.assigned_functions);
  facts.virtual_functions = std::move(checked.virtual_functions);
  facts.expectations = std::move(checked.expectations);
  const auto memory = host::IoMemory::read(root);
  for (const CheckedFunction& chosen : checked.functions) {
    const host::PciAddress& address = chosen.function.address;
    facts.functions.push_back(
        {.card = chosen.card,
         .function = chosen.function,
         .wanted_driver = chosen.wanted_driver,
         .claim_status = chosen.claim_status,
         .hand_over = chosen.hand_over,
         .allowed_peers = chosen.allowed_peers,
         .override = read_override(root, address),
         .group = host::iommu_group_of(root, address),
         .iommu_bits = read_iommu_width(root, address),
         .framebuffers = host::read_overlapping_framebuffers(root, address, memory),
         .bar_regions = regions_in_bars(memory, address),
         .hardware = {},
         .contradiction = contradiction_of(root, chosen.function)});
    // If no device of the running machine may be opened, its hardware is not read either.
    if (!scope.live && root.live()) continue;
    ConfiguredFunction& function = facts.functions.back();
    function.hardware =
        hardware::read_hardware(root, facts.machine, function.function,
                                {.group = function.group, .passive = scope.passive});
  }
  for (config::Refusal& refusal : checked.refusals) {
    if (is_forbidden(root, refusal)) {
      facts.forbidden_files.push_back(refusal.file);
    } else {
      facts.refusals.push_back(std::move(refusal));
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

// Reads each group once, also if several of its functions are configured.
void read_groups(const host::Root& root, Facts& facts) {
  auto contradictions = contradictions_of_groups(root, facts.machine);
  for (const ConfiguredFunction& function : facts.functions) {
    if (!function.group || facts.group(*function.group)) continue;
    InspectedGroup group = read_group(root, facts.machine, *function.group);
    group.subject = function.address();
    group.contradiction = std::move(contradictions[group.number]);
    if (group.contradiction.empty()) group.contradiction = contradiction_of_members(root, group);
    const auto reserved = host::read_reserved_regions(root, group.number);
    if (!reserved) group.reserved_unreadable = reserved.error();
    group.reserved = reserved.value_or({});
    facts.groups.push_back(std::move(group));
  }
}

// The names without the domain, except those that functions of two domains have.
LogIndex::Names short_names(const host::Machine& machine, const std::set<std::string>& addresses) {
  const auto name_of = [](const std::string& address) {
    return address.substr(address.find(':') + 1);
  };
  std::map<std::string, std::string> whole;
  std::set<std::string> ambiguous;
  for (const host::PciFunction& function : machine.functions) {
    const std::string address = function.address.str();
    const auto [known, is_new] = whole.emplace(name_of(address), address);
    if (!is_new && known->second != address) ambiguous.insert(known->first);
  }
  LogIndex::Names names;
  for (const std::string& address : addresses)
    if (const std::string name = name_of(address); !ambiguous.contains(name))
      names.emplace(name, address);
  return names;
}

// Replaces "auto" with the driver that vfio-early chose, according to its record.
void name_variants(Facts& facts) {
  for (ConfiguredFunction& function : facts.functions) {
    if (function.wanted_driver != config::kAutoDriver) continue;
    function.wanted_driver = config::kDefaultDriver;
    if (!facts.record) continue;
    for (const record::FunctionRecord& recorded : facts.record->functions)
      if (recorded.address == function.function.address)
        function.wanted_driver = recorded.wanted_driver;
  }
}

}  // namespace

const InspectedGroup* Facts::group(int number) const {
  const auto found = std::find_if(groups.begin(), groups.end(),
                                  [&](const auto& group) { return group.number == number; });
  return found == groups.end() ? nullptr : &*found;
}

std::vector<host::PciAddress> Facts::addresses() const {
  std::vector<host::PciAddress> all;
  for (const ConfiguredFunction& function : functions) all.push_back(function.function.address);
  return all;
}

bool Facts::is_assigned(const host::PciAddress& address) const {
  return std::find(assigned_functions.begin(), assigned_functions.end(), address) !=
         assigned_functions.end();
}

bool Facts::has_record_of_this_boot() const {
  return record && !machine.boot_id.empty() && record->boot_id == machine.boot_id;
}

const record::PhysicalRecord* Facts::recorded_physical(const host::PciAddress& address) const {
  if (!has_record_of_this_boot()) return nullptr;
  for (const record::PhysicalRecord& physical : record->physical_functions)
    if (physical.address == address) return &physical;
  return nullptr;
}

const record::FunctionRecord* Facts::recorded(const host::PciAddress& address) const {
  if (!has_record_of_this_boot()) return nullptr;
  const auto found =
      std::find_if(record->functions.begin(), record->functions.end(),
                   [&](const auto& function) { return function.address == address; });
  return found == record->functions.end() ? nullptr : &*found;
}

// "dmar0" (drivers/iommu/intel/dmar.c), "ivhd0" (drivers/iommu/amd/init.c).
std::string Facts::table_of_iommu() const {
  for (const std::string& unit : iommus.value_or(std::vector<std::string>())) {
    if (unit.starts_with("dmar")) return "DMAR";
    if (unit.starts_with("ivhd")) return "IVRS";
  }
  return {};
}

const firmware::TableFile* Facts::table(std::string_view name) const {
  const auto found = std::find_if(tables.begin(), tables.end(),
                                  [&](const auto& file) { return file.name() == name; });
  return found == tables.end() ? nullptr : &*found;
}

bool Facts::log_contains(std::string_view words) const {
  return kernel_log &&
         std::any_of(kernel_log->begin(), kernel_log->end(), [&](const host::LogLine& line) {
           return line.text.find(words) != line.text.npos;
         });
}

bool Facts::is_log_complete() const {
  return log_index().is_complete();
}

std::string Facts::port_above(const host::PciAddress& address) const {
  const auto node = topology.find(address);
  const auto port = node ? topology.nodes[*node].parent : std::nullopt;
  return port ? topology.nodes[*port].name() : "";
}

const LogIndex& Facts::log_index() const {
  static const std::vector<host::LogLine> kNone;
  const auto& log = kernel_log ? *kernel_log : kNone;
  if (index_ && index_->is_index_of(log)) return *index_;
  std::set<std::string> addresses;
  for (const ConfiguredFunction& function : functions) {
    addresses.insert(function.address());
    if (std::string port = port_above(function.function.address); !port.empty())
      addresses.insert(std::move(port));
  }
  for (const InspectedGroup& one : groups)
    for (const host::PciFunction& member : one.members) addresses.insert(member.address.str());
  return index_.emplace(log, addresses, short_names(machine, addresses));
}

host::Result<Facts> read_facts(const host::Root& root, const config::Configuration& configuration,
                               const Scope& scope) {
  const host::Details details{.paths = true, .groups = true, .environment = true};
  auto machine = host::read_machine(root, plan::details_for(configuration) | details);
  if (!machine) return machine.error();

  Facts facts;
  facts.from_tree = !root.live();
  facts.machine = std::move(*machine);
  facts.platform = host::read_platform(root);
  // A processor reports the hypervisor to Xen's dom0, too.
  facts.platform.in_guest &= facts.machine.environment != host::Environment::kXenHost;
  facts.iommus = root.list("/sys/class/iommu");
  facts.tables = firmware::read_tables(root);
  facts.lockdown = root.read_attribute("/sys/kernel/security/lockdown");
  facts.configuration_file = scope.configuration_file;
  facts.configuration_hash = config::hash_text(configuration.hash);
  facts.configuration_warnings = configuration.warnings;

  read_checked_functions(root, configuration, scope, facts);
  read_groups(root, facts);

  std::vector<host::PciAddress> around;
  for (const InspectedGroup& group : facts.groups)
    for (const host::PciFunction& member : group.members) around.push_back(member.address);
  facts.topology = isolation::read_topology(root, facts.machine, around);

  facts.record = record::read_record(root);
  name_variants(facts);
  facts.other_settings = read_other_settings(root, facts.machine, facts.assigned_functions);
  return facts;
}

void read_after_trials(const host::Root& root, Facts& facts) {
  facts.kernel_log = host::read_kernel_log(root);
  isolation::follow_kernel(facts.topology, facts.kernel_log.value_or(std::vector<host::LogLine>()),
                           facts.machine.kernel_release);
  facts.interrupts = read_interrupts(root);
  facts.unsafe_interrupts = read_unsafe_interrupts(root, facts.machine.command_line);
  facts.remapping_units = read_remapping_units(root);
}

}  // namespace verify
