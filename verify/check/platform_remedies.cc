// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/check/platform_remedies.h"

#include <algorithm>

#include <fmt/format.h>

#include "host/text.h"
#include "verify/check/mkinitcpio_remedies.h"

namespace verify {
namespace {

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  for (const std::string_view line : host::split(text, "\n")) lines.emplace_back(line);
  return lines;
}

Remedy remedy_of(const host::Recipe& recipe) {
  Remedy remedy;
  for (const host::RecipeStep& step : recipe)
    if (*step.words) remedy = std::move(remedy).then({step.words, lines_of(step.commands)});
  return remedy;
}

bool is_used_by(const host::ParameterRecipe& recipe, const host::WrittenParameters& line) {
  const std::string_view place = recipe.place;
  if (line.file.starts_with(host::kGrubFile)) return place.find(host::kGrubFile) != place.npos;
  return place.find("/etc/kernel/cmdline") != place.npos;
}

// Does the line have the parameter, as a word of its own?
bool has_parameter(const host::WrittenParameters& line, std::string_view parameter) {
  const auto words =
      host::split(std::string_view(line.text).substr(line.variable.size()), " \t\"'");
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) {
    return word == parameter || word == "=" + std::string(parameter);
  });
}

std::string place_of(const host::WrittenParameters& line) {
  return line.variable.empty() ? line.file : line.variable + " in " + line.file;
}

// The places that have one of the parameters; if there are none, that of the recipe.
std::string place_to_remove_from(const host::Platform& platform, std::string_view parameters) {
  const host::ParameterRecipe& recipe = platform.parameters->parameters;
  std::vector<std::string> places;
  for (const host::WrittenParameters& line : platform.written)
    for (const std::string_view parameter : host::split(parameters))
      if (is_used_by(recipe, line) && has_parameter(line, parameter) &&
          !host::contains(places, place_of(line)))
        places.push_back(place_of(line));
  return places.empty() ? recipe.place : host::join(places, " and ");
}

// A drop-in may set GRUB's variable again.
std::string place_to_add_to(const host::Platform& platform) {
  const host::ParameterRecipe& recipe = platform.parameters->parameters;
  std::string place = recipe.place;
  for (const host::WrittenParameters& line : platform.written)
    if (is_used_by(recipe, line) && line.variable == "GRUB_CMDLINE_LINUX" &&
        line.file != host::kGrubFile && line.text.find('$') == line.text.npos)
      place = place_of(line);
  return place;
}

// `edit`: "add x to FILE", "remove x from FILE".
Remedy change(const host::ParameterRecipe& recipe, std::string_view command,
              std::string_view parameters, const std::string& edit) {
  if (!command.empty())
    return {"run this command and reboot:", {host::with_parameters(command, parameters)}};
  const std::string what = edit + ", then ";
  if (*recipe.apply == '\0') return what + "reboot";
  return {what + "run this command and reboot:", {recipe.apply}};
}

// Where the hook goes depends on this machine's HOOKS. The row has the usual drop-in, and the
// rebuild.
Remedy include_by_hook(const host::Platform& platform, std::string_view file) {
  const host::RecipeStep& usual = platform.image->image.include.front();
  Remedy first =
      include_hook(platform.mkinitcpio, file, Remedy(usual.words, lines_of(usual.commands)));
  const Remedy rebuild = remedy_of(platform.image->image.rebuild);
  return first.empty() ? rebuild : std::move(first).then("then " + rebuild);
}

// Debian's packages conflict with those of Proxmox VE: their installation can remove proxmox-ve.
const char* package_of_proxmox(const char* debian) {
  const std::string_view name = debian;
  if (name.starts_with("qemu-system")) return "pve-qemu-kvm";
  if (name == "ovmf" || name.starts_with("qemu-efi")) return "pve-edk2-firmware";
  return debian;
}

}  // namespace

Remedy add_parameter(const host::Platform& platform, std::string_view parameters) {
  const host::ParameterRecipe& recipe = platform.parameters->parameters;
  return change(recipe, recipe.add, parameters,
                fmt::format("add {} to {}", parameters, place_to_add_to(platform)));
}

Remedy remove_parameter(const host::Platform& platform, std::string_view parameters) {
  const host::ParameterRecipe& recipe = platform.parameters->parameters;
  return change(
      recipe, recipe.remove, parameters,
      fmt::format("remove {} from {}", parameters, place_to_remove_from(platform, parameters)));
}

Remedy replace_parameter(const host::Platform& platform, std::string_view parameter,
                         std::string_view by) {
  const host::ParameterRecipe& recipe = platform.parameters->parameters;
  if (*recipe.remove != '\0')
    return {
        "run these commands and reboot:",
        {host::with_parameters(recipe.remove, parameter), host::with_parameters(recipe.add, by)}};
  return change(recipe, "", by,
                fmt::format("replace {} with {} in {}", parameter, by,
                            place_to_remove_from(platform, parameter)));
}

Remedy rebuild_image(const host::Platform& platform) {
  return remedy_of(platform.image->image.rebuild);
}

Remedy include_in_image(const host::Platform& platform, std::string_view file) {
  const host::ImageRecipe& image = platform.image->image;
  if (image.tool == host::ImageTool::kMkinitcpio) return include_by_hook(platform, file);
  const Remedy remedy = remedy_of(image.include);
  return remedy.empty() ? rebuild_image(platform) : remedy;
}

Remedy include_module(const host::Platform& platform, std::string_view module) {
  const std::string words = fmt::format("add the driver {} to the initramfs", module);
  const auto with = [&](std::string command) {
    return Remedy(words + ":", {std::move(command)}).then("then " + rebuild_image(platform));
  };
  switch (platform.image->image.tool) {
    case host::ImageTool::kInitramfsTools:
      return with(fmt::format("echo {} >> /etc/initramfs-tools/modules", module));
    case host::ImageTool::kDracut:
      return with(
          fmt::format("echo 'add_drivers+=\" {0} \"' > /etc/dracut.conf.d/{0}.conf", module));
    case host::ImageTool::kMkinitcpio:
      return with(
          fmt::format("echo 'MODULES+=({0})' > {1}/{0}.conf", module, host::kMkinitcpioDropIns));
    default:
      return words + " and reboot";
  }
}

Remedy install(const host::Platform& platform, const PackageNames& names) {
  const auto with = [](const char* tool, const char* name) {
    return Remedy("install it, if you want to run guests on this machine:",
                  {fmt::format("{} {}", tool, name)});
  };
  const auto tool = [&](const char* usual) {
    return *platform.image->install ? platform.image->install : usual;
  };
  if (platform.is_proxmox) return with("apt install", package_of_proxmox(names.debian));
  if (platform.is_like({"debian", "ubuntu"})) return with("apt install", names.debian);
  if (platform.is_like({"fedora", "rhel"})) return with(tool("dnf install"), names.fedora);
  if (platform.is_like({"suse", "opensuse"})) return with(tool("zypper install"), names.suse);
  if (platform.is_like({"arch"})) return with("pacman -S", names.arch);
  return fmt::format(
      "install it, if you want to run guests on this machine; the package in Debian is {}",
      names.debian);
}

}  // namespace verify
