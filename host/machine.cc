// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/machine.h"

#include <algorithm>
#include <optional>

#include "host/iommu_group.h"
#include "host/module_aliases.h"
#include "host/module_options.h"
#include "host/pci_serial.h"
#include "host/running_kernel.h"
#include "host/text.h"

namespace host {
namespace {

void add_details(const Root& root, const Details& details, PciFunction& function) {
  const PciAddress& address = function.address;
  if (details.paths) function.path = PciPath::from_sysfs(root.link_target(address.sysfs()));
  if (details.serials) function.serial = read_serial(root, address);
  if (details.groups) function.group = iommu_group_of(root, address);
  function.physical_function = PciAddress::parse(root.link_name(address.sysfs() + "/physfn"));
}

// Framebuffer drivers such as nvidiafb are blacklisted by distributions, since they disturb the
// graphics drivers: their settings are left out if another module matches.
void add_obstacles(const std::vector<std::string>& modules, const DisabledModules& disabled,
                   PciFunction& function) {
  const bool only_framebuffers =
      std::all_of(modules.begin(), modules.end(),
                  [](const std::string& module) { return module.ends_with("fb"); });
  for (const std::string& module : modules)
    if (only_framebuffers || !module.ends_with("fb")) {
      const auto& settings = disabled.at(underscored(module));
      function.obstacles.insert(function.obstacles.end(), settings.begin(), settings.end());
    }
}

// With nomodeset no graphics driver binds (drm_firmware_drivers_only() in
// drivers/gpu/drm/drm_nomodeset.c): only the display of the firmware still shows something.
void find_display_driver(const std::vector<std::string>& modules, const DisabledModules& disabled,
                         bool nomodeset, PciFunction& function) {
  const bool all_disabled = std::all_of(
      modules.begin(), modules.end(),
      [&](const std::string& module) { return disabled.contains(underscored(module)); });
  const bool stopped = nomodeset && !function.boot_display;
  function.has_host_driver = !all_disabled && !stopped;
  if (all_disabled) add_obstacles(modules, disabled, function);
  if (stopped && !modules.empty())
    function.obstacles.push_back({"", "nomodeset", ModuleOption::kCommandLine});
}

void find_display_drivers(const Root& root, Machine& machine) {
  std::optional<Result<ModuleAliases>> aliases;
  DisabledModules disabled;
  for (PciFunction& function : machine.functions) {
    if (!function.is_class("03") && !function.is_class("12")) continue;
    function.boot_display = root.read_line(function.address.sysfs() + "/boot_vga") == "1";
    if (!function.driver.empty()) continue;
    const std::string modalias = root.read_line(function.address.sysfs() + "/modalias");
    if (!aliases) {
      aliases = ModuleAliases::read(root, machine.kernel_release);
      disabled = read_disabled_modules(root, machine.command_line);
    }
    // If the list cannot be read, the card counts as one with a host driver.
    if (*aliases)
      find_display_driver((*aliases)->modules_for(modalias), disabled,
                          machine.command_line.value("nomodeset").has_value(), function);
  }
}

// The type of the file system at "/". Of several mounts the last one hides the others.
std::string root_file_system(const Root& root) {
  std::string type;
  const std::string mounts = root.read("/proc/self/mounts").value_or("");
  for (const std::string_view line : split(mounts, "\n")) {
    const auto fields = split(line);  // fstab(5)
    if (fields.size() > 2 && fields[1] == "/") type = fields[2];
  }
  return type;
}

// The first of ACPI's tables about IOMMUs that the firmware has; "": none.
std::string find_iommu_table(const Root& root) {
  for (const char* table : {"DMAR", "IVRS"})
    if (root.exists(std::string("/sys/firmware/acpi/tables/") + table)) return table;
  return {};
}

// A virtual function is one also in the moment before the kernel links it to its physical function
// (pci_iov_add_virtfn in drivers/pci/iov.c).
void read_physical_functions(const Root& root, Machine& machine) {
  for (const PciFunction& function : machine.functions)
    if (!function.is_bridge())
      if (auto physical = read_physical_function(root, function.address))
        machine.physical_functions.push_back(std::move(*physical));
  for (const PhysicalFunction& physical : machine.physical_functions)
    for (PciFunction& function : machine.functions)
      if (contains(physical.created, function.address))
        function.physical_function = physical.address;
}

}  // namespace

Details Details::operator|(const Details& other) const {
  return {.paths = paths || other.paths,
          .serials = serials || other.serials,
          .groups = groups || other.groups,
          .physical_slots = physical_slots || other.physical_slots,
          .environment = environment || other.environment,
          .virtual_functions = virtual_functions || other.virtual_functions,
          .display_drivers = display_drivers || other.display_drivers};
}

const PciFunction* Machine::find(const PciAddress& address) const {
  const auto found = std::lower_bound(functions.begin(), functions.end(), address,
                                      [](const PciFunction& function, const PciAddress& wanted) {
                                        return function.address < wanted;
                                      });
  return found != functions.end() && found->address == address ? &*found : nullptr;
}

const PhysicalFunction* Machine::physical(const PciAddress& address) const {
  const auto found = std::find_if(physical_functions.begin(), physical_functions.end(),
                                  [&](const auto& each) { return each.address == address; });
  return found == physical_functions.end() ? nullptr : &*found;
}

std::vector<const PciFunction*> Machine::in_slot(const PciSlot& slot) const {
  std::vector<const PciFunction*> found, virtual_functions;
  for (const PciFunction& function : functions)
    if (function.address.slot == slot)
      (function.is_virtual() ? virtual_functions : found).push_back(&function);
  return found.empty() ? virtual_functions : found;
}

std::vector<PhysicalSlot> Machine::slots_called(std::string_view label) const {
  std::vector<PhysicalSlot> found;
  if (!physical_slots) return found;
  for (const PhysicalSlot& slot : physical_slots->all)
    if (slot.is_called(label)) found.push_back(slot);
  return found;
}

bool find_functions_without_group(const Root& root, const std::vector<PciAddress>& addresses,
                                  Machine& machine) {
  std::vector<PciFunction*> without;
  for (PciFunction& function : machine.functions) {
    if (!contains(addresses, function.address)) continue;
    function.group = iommu_group_of(root, function.address);
    if (!function.group) without.push_back(&function);
  }
  if (without.empty() || !assigns_groups_at_boot(root)) return false;
  for (PciFunction* function : without) function->lacks_group = true;
  return true;
}

bool in_initramfs(const Root& root) {
  if (root.exists("/etc/initrd-release")) return true;
  return root_file_system(root) == "rootfs" && !root.exists("/run/systemd/system");
}

Result<Machine> read_machine(const Root& root, const Details& details) {
  auto functions = read_pci_functions(root);
  if (!functions) return functions.error();

  Machine machine;
  machine.functions = std::move(*functions);
  std::sort(machine.functions.begin(), machine.functions.end(),
            [](const PciFunction& a, const PciFunction& b) { return a.address < b.address; });
  machine.has_iommu = has_iommu(root);
  machine.command_line = running_command_line(root);
  if (details.environment || !machine.has_iommu) {
    machine.environment = find_environment(root);
    machine.architecture = find_architecture(root);
    machine.is_qubes =
        machine.environment == Environment::kXenHost && host::is_qubes(root, machine.command_line);
  }
  if (!machine.has_iommu) machine.iommu_table = find_iommu_table(root);
  machine.in_initramfs = host::in_initramfs(root);
  machine.kernel_release = running_release(root);
  machine.boot_id = host::boot_id(root);
  for (PciFunction& function : machine.functions) add_details(root, details, function);
  if (details.virtual_functions) read_physical_functions(root, machine);
  if (details.physical_slots) machine.physical_slots = read_physical_slots(root);
  // In an initramfs modules.alias names only the modules in the image: a missing driver proves
  // nothing.
  if (details.display_drivers && !machine.in_initramfs) find_display_drivers(root, machine);
  return machine;
}

}  // namespace host
