// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/image_modules.h"

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "host/alias.h"
#include "host/text.h"
#include "initramfs/module_lists.h"

namespace early {
namespace {

constexpr std::string_view kVariantAlias = "vfio_pci:";
constexpr const char* kVfioPci = "vfio_pci";

// The functions of this machine as aliases of variant drivers: "vfio_pci:v000010DEd…".
std::vector<std::string> machine_modaliases(const host::Root& root) {
  constexpr const char* kDevices = "/sys/bus/pci/devices";
  constexpr std::string_view kBus = "pci:";
  std::vector<std::string> modaliases;
  for (const std::string& address : root.list(kDevices).value_or({})) {
    const std::string modalias =
        root.read_line(std::string(kDevices) + "/" + address + "/modalias");
    if (modalias.starts_with(kBus))
      modaliases.push_back(std::string(kVariantAlias) + modalias.substr(kBus.size()));
  }
  return modaliases;
}

// Matches as libkmod does in the image.
bool matches_any(const std::string& pattern, const std::vector<std::string>& modaliases) {
  return std::any_of(modaliases.begin(), modaliases.end(), [&](const std::string& modalias) {
    return host::matches_pattern(pattern, modalias);
  });
}

// "alias vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i* mlx5_vfio_pci"; the alias of vfio_pci itself
// matches every function.
//
// `any`: not only those for the functions of this machine.
std::vector<std::string> variant_drivers(const host::Root& root,
                                         const initramfs::ModuleLists& kernel, bool any) {
  const auto modaliases = any ? std::vector<std::string>{} : machine_modaliases(root);
  std::vector<std::string> found;
  for (const initramfs::ModuleLists::Alias& alias : kernel.aliases)
    if (alias.pattern.starts_with(kVariantAlias) && (any || matches_any(alias.pattern, modaliases)))
      found.push_back(alias.module);
  return found;
}

bool wants_variants(const config::Card& card) {
  return card.handling.driver == config::kAutoDriver;
}

// Virtual functions may not exist when the image is made.
bool wants_every_variant(const config::Card& card) {
  return wants_variants(card) && card.vfs > 0;
}

bool wants_force(const config::Card& card) {
  return card.handling.framebuffer == config::Framebuffer::kForce;
}

}  // namespace

std::string modules_directory(const std::string& release) {
  return "/lib/modules/" + release;
}

host::Result<ImageModules> image_modules(const host::Root& root,
                                         const config::Configuration& configuration,
                                         const std::string& directory, ImageFor machine) {
  const auto kernel = initramfs::read_module_lists(root, directory);
  if (!kernel) return kernel.error();
  ImageModules image;
  const auto add = [&](const std::string& name) {
    auto& names = image.names;
    const bool known = std::find(names.begin(), names.end(), name) != names.end();
    if (kernel->modules.contains(name) && !known) names.push_back(name);
    return kernel->modules.contains(name) || kernel->built_in.contains(name);
  };
  if (!add(kVfioPci)) return host::Error{ENOENT, "find the module vfio_pci in " + directory};
  add("vfio_iommu_type1");  // missing in a kernel that has only iommufd
  add("efivarfs");          // the dead-man rescue's flag; loaded only where a card asks for that

  const auto& cards = configuration.cards;
  const bool any = machine == ImageFor::kAnyMachine ||
                   std::any_of(cards.begin(), cards.end(), wants_every_variant);
  if (std::any_of(cards.begin(), cards.end(), wants_variants))
    for (const std::string& name : variant_drivers(root, *kernel, any)) add(name);
  for (const config::Card& card : cards)
    for (const std::string& name : card.handling.modules)
      if (!add(host::underscored(name)) && !host::contains(image.wanted, name))
        image.wanted.push_back(name);
  // Its probe releases the boot framebuffer then (early/framebuffer.h).
  if (std::any_of(cards.begin(), cards.end(), wants_force) && !add("vmwgfx"))
    image.wanted.push_back("vmwgfx");
  return image;
}

}  // namespace early
