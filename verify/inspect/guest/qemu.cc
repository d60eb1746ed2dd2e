// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/guest/qemu.h"

#include <algorithm>
#include <chrono>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "host/alias.h"
#include "host/child.h"
#include "record/json_depth.h"

namespace verify::guest {
namespace {

using nlohmann::json;

// qemu-kvm is for the processor of its distribution.
constexpr const char* kPrograms[] = {"/usr/local/bin/qemu-system-{}", "/usr/bin/qemu-system-{}",
                                     "/usr/libexec/qemu-kvm", "/usr/bin/qemu-kvm",
                                     "/run/current-system/sw/bin/qemu-system-{}"};
// A file in /etc overrides the one of the same name; an empty one disables it.
constexpr const char* kDescriptors[] = {"/etc/qemu/firmware", "/usr/share/qemu/firmware"};
constexpr std::chrono::seconds kLimit{5};

bool holds(const json& list, std::string_view word) {
  return list.is_array() && std::any_of(list.begin(), list.end(), [&](const json& item) {
           return item.is_string() && item.get_ref<const std::string&>() == word;
         });
}

const json& at(const json& object, const char* key) {
  static const json kNothing;
  const auto found = object.is_object() ? object.find(key) : object.end();
  return object.is_object() && found != object.end() ? *found : kNothing;
}

std::string text_at(const json& object, const char* key) {
  const json& found = at(object, key);
  return found.is_string() ? found.get<std::string>() : "";
}

// The machine that a card needs: one with PCI Express.
struct GuestMachine {
  const char* architecture;
  const char* example;  // "pc-q35-*" is for every version of the machine
};

GuestMachine guest_machine(host::Architecture architecture) {
  if (architecture == host::Architecture::kArm) return {"aarch64", "virt-7.2"};
  return {"x86_64", "pc-q35-7.2"};
}

bool fits(const json& target, const GuestMachine& wanted) {
  if (text_at(target, "architecture") != wanted.architecture) return false;
  const json& machines = at(target, "machines");
  return machines.is_array() &&
         std::any_of(machines.begin(), machines.end(), [&](const json& machine) {
           return machine.is_string() &&
                  host::matches_pattern(machine.get_ref<const std::string&>(), wanted.example);
         });
}

}  // namespace

std::string find_qemu(const host::Root& root) {
  const GuestMachine wanted = guest_machine(host::find_architecture(root));
  for (const char* pattern : kPrograms) {
    const std::string program = fmt::format(fmt::runtime(pattern), wanted.architecture);
    if (root.exists(program)) return program;
  }
  return {};
}

bool names_vfio_device(std::string_view help) {
  return help.find("name \"vfio-pci\"") != help.npos;
}

// Without a machine, a display or KVM: QEMU only lists its devices.
host::Result<bool> has_vfio_device(const std::string& program) {
  const auto help = host::output_of({.command = {program, "-nodefaults", "-machine", "none",
                                                 "-display", "none", "-device", "help"},
                                     .limit = kLimit});
  if (!help) return help.error();
  return names_vfio_device(*help);
}

std::optional<UefiFirmware> parse_descriptor(const std::string& text,
                                             host::Architecture architecture) {
  if (record::nests_too_deep(text)) return std::nullopt;
  const json all = json::parse(text, nullptr, false);
  const json& targets = at(all, "targets");
  const GuestMachine wanted = guest_machine(architecture);
  if (!holds(at(all, "interface-types"), "uefi") || !targets.is_array() ||
      std::none_of(targets.begin(), targets.end(),
                   [&](const json& target) { return fits(target, wanted); }))
    return std::nullopt;
  // A mapping to flash has an "executable"; one to memory has only a "filename".
  const json& mapping = at(all, "mapping");
  const std::string flash = text_at(at(mapping, "executable"), "filename");
  return UefiFirmware{.descriptor = {},
                      .executable = flash.empty() ? text_at(mapping, "filename") : flash,
                      .present = false,
                      .secure_boot = holds(at(all, "features"), "secure-boot")};
}

std::vector<UefiFirmware> find_uefi_firmware(const host::Root& root) {
  std::map<std::string, std::string> files;  // by name, which is their order
  for (const std::string directory : kDescriptors)
    for (const std::string& name : root.list(directory).value_or({}))
      if (name.ends_with(".json")) files.emplace(name, directory + "/" + name);
  const host::Architecture architecture = host::find_architecture(root);
  std::vector<UefiFirmware> found;
  for (const auto& [name, file] : files) {
    auto firmware = parse_descriptor(root.read(file, 1 << 20).value_or(""), architecture);
    if (!firmware) continue;
    firmware->descriptor = file;
    firmware->present = !firmware->executable.empty() && root.exists(firmware->executable);
    found.push_back(std::move(*firmware));
  }
  return found;
}

}  // namespace verify::guest
