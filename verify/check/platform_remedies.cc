// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/check/platform_remedies.h"

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

Remedy remedy_of(const Recipe& recipe) {
  Remedy remedy;
  for (const RecipeStep& step : recipe)
    if (*step.words) remedy = std::move(remedy).then({step.words, lines_of(step.commands)});
  return remedy;
}

// `command` with the parameters in the places of PARAMETERS and EACH.
std::string with_parameters(std::string_view command, std::string_view parameters) {
  const auto replace = [](std::string word, std::string_view placeholder, std::string_view by) {
    const size_t at = word.find(placeholder);
    return at == word.npos ? word : word.replace(at, placeholder.size(), by);
  };
  std::vector<std::string> words;
  for (const std::string_view word : host::split(command)) {
    if (word.find("EACH") == word.npos) {
      words.push_back(replace(std::string(word), "PARAMETERS", parameters));
      continue;
    }
    for (const std::string_view parameter : host::split(parameters))
      words.push_back(replace(std::string(word), "EACH", parameter));
  }
  return host::join(words, " ");
}

// `edit`: "add x to", "remove x from".
Remedy change(const ParameterRecipe& recipe, std::string_view command, std::string_view parameters,
              const std::string& edit) {
  if (!command.empty())
    return {"run this command and reboot:", {with_parameters(command, parameters)}};
  const std::string what = fmt::format("{} {}, then ", edit, recipe.place);
  if (*recipe.apply == '\0') return what + "reboot";
  return {what + "run this command and reboot:", {recipe.apply}};
}

// Where the hook goes depends on this machine's HOOKS. The row has the usual drop-in, and the
// rebuild.
Remedy include_by_hook(const Platform& platform, std::string_view file) {
  const RecipeStep& usual = platform.image->image.include.front();
  Remedy first =
      include_hook(platform.mkinitcpio, file, Remedy(usual.words, lines_of(usual.commands)));
  const Remedy rebuild = remedy_of(platform.image->image.rebuild);
  return first.empty() ? rebuild : std::move(first).then("then " + rebuild);
}

}  // namespace

Remedy add_parameter(const Platform& platform, std::string_view parameters) {
  const ParameterRecipe& recipe = platform.parameters->parameters;
  return change(recipe, recipe.add, parameters, fmt::format("add {} to", parameters));
}

Remedy remove_parameter(const Platform& platform, std::string_view parameters) {
  const ParameterRecipe& recipe = platform.parameters->parameters;
  return change(recipe, recipe.remove, parameters, fmt::format("remove {} from", parameters));
}

Remedy rebuild_image(const Platform& platform) {
  return remedy_of(platform.image->image.rebuild);
}

Remedy include_in_image(const Platform& platform, std::string_view file) {
  const ImageRecipe& image = platform.image->image;
  if (image.tool == ImageTool::kMkinitcpio) return include_by_hook(platform, file);
  const Remedy remedy = remedy_of(image.include);
  return remedy.empty() ? rebuild_image(platform) : remedy;
}

Remedy include_module(const Platform& platform, std::string_view module) {
  const std::string words = fmt::format("add the driver {} to the initramfs", module);
  const auto with = [&](std::string command) {
    return Remedy(words + ":", {std::move(command)}).then("then " + rebuild_image(platform));
  };
  switch (platform.image->image.tool) {
    case ImageTool::kInitramfsTools:
      return with(fmt::format("echo {} >> /etc/initramfs-tools/modules", module));
    case ImageTool::kDracut:
      return with(
          fmt::format("echo 'add_drivers+=\" {0} \"' > /etc/dracut.conf.d/{0}.conf", module));
    case ImageTool::kMkinitcpio:
      return with(fmt::format("echo 'MODULES+=({0})' > {1}/{0}.conf", module, kMkinitcpioDropIns));
    default:
      return words + " and reboot";
  }
}

Remedy install(const Platform& platform, const PackageNames& names) {
  const auto with = [](const char* tool, const char* name) {
    return Remedy("install it, if you want to run guests on this machine:",
                  {fmt::format("{} {}", tool, name)});
  };
  if (platform.is_like({"debian", "ubuntu"})) return with("apt install", names.debian);
  if (platform.is_like({"fedora", "rhel"})) return with("dnf install", names.fedora);
  if (platform.is_like({"suse", "opensuse"})) return with("zypper install", names.suse);
  if (platform.is_like({"arch"})) return with("pacman -S", names.arch);
  return fmt::format(
      "install it, if you want to run guests on this machine; the package in Debian is {}",
      names.debian);
}

}  // namespace verify
