// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/enable/next_boot.h"

#include <algorithm>

#include "early/enable/parameter_edits.h"
#include "early/enable/text_file.h"
#include "host/command_line.h"
#include "host/drop_ins.h"
#include "host/text.h"

namespace early::enable {
namespace {

using host::Edit;
using host::files_in;
using host::ParameterRecipe;
using host::Platform;
using host::Root;

using Settings = std::vector<Setting>;

constexpr const char* kBootEntries = "/boot/loader/entries";
constexpr const char* kGrubDefault = "GRUB_CMDLINE_LINUX_DEFAULT=";

bool is_grub(const ParameterRecipe& recipe) {
  return std::string_view(recipe.file).starts_with(host::kGrubFile);
}

// The lines of the file that `is_wanted` accepts.
template <class IsWanted>
void add_lines(const Root& root, const std::string& file, const IsWanted& is_wanted,
               Settings& settings) {
  const std::string text = root.read(file).value_or("");
  int number = 0;
  for (const std::string_view line : host::whole_lines(text)) {
    ++number;
    if (is_wanted(line)) settings.push_back({file, number, std::string(line), std::string(line)});
  }
}

// The lines that set the variable which `extension` extends.
Settings settings_of(const Root& root, const ParameterRecipe& recipe, std::string_view extension) {
  Settings settings;
  for (const std::string& file : shell_files(root, recipe))
    add_lines(
        root, file, [&](std::string_view line) { return sets_variable(line, extension); },
        settings);
  for (Setting& setting : settings) setting.parameters = value_set_by(setting.line);
  return settings;
}

// The options of a boot entry (Boot Loader Specification).
Settings options_of(const Root& root, const std::string& entry) {
  Settings options;
  add_lines(
      root, entry, [](std::string_view line) { return line.starts_with("options"); }, options);
  return options;
}

// Files of parameters only: the file of the recipe, and those beside it.
Settings parameter_lines(const Root& root, const ParameterRecipe& recipe) {
  std::vector<std::string> files = {recipe.file};
  const std::string directory =
      recipe.edit == Edit::kDropIn ? directory_of(recipe.file) : recipe.directory;
  if (!directory.empty())
    for (std::string& file : files_in(root, directory, ".conf"))
      if (file != recipe.file) files.push_back(std::move(file));
  Settings settings;
  for (const std::string& file : files)
    add_lines(
        root, file, [](std::string_view line) { return !host::trim(line).starts_with('#'); },
        settings);
  return settings;
}

// A value that does not extend the variable replaces what earlier lines set.
void drop_replaced(Settings& settings) {
  for (size_t i = settings.size(); i-- > 0;) {
    const std::string& line = settings[i].line;
    if (line.find("+=") != line.npos || line.find('$') != line.npos) continue;
    settings.erase(settings.begin(), settings.begin() + static_cast<ptrdiff_t>(i));
    return;
  }
}

// For each command line that a boot may have: its lines.
std::vector<Settings> command_lines(const Root& root, const ParameterRecipe& recipe) {
  std::vector<Settings> all;
  if (*recipe.add) {
    for (const std::string& entry : files_in(root, kBootEntries, ".conf"))
      all.push_back(options_of(root, entry));
  } else if (*recipe.file == '\0') {
    return all;
  } else if (!sets_variables(recipe)) {
    all.push_back(parameter_lines(root, recipe));
  } else {
    Settings settings = settings_of(root, recipe, recipe.line);
    drop_replaced(settings);
    // A normal entry of GRUB has both variables (/etc/grub.d/10_linux).
    Settings more = is_grub(recipe) ? settings_of(root, recipe, kGrubDefault) : Settings();
    drop_replaced(more);
    settings.insert(settings.end(), more.begin(), more.end());
    all.push_back(std::move(settings));
  }
  return all;
}

const Setting* setting_with(const Settings& settings, const std::string& parameter) {
  for (const Setting& setting : settings)
    if (has_word(setting.parameters, parameter)) return &setting;
  return nullptr;
}

// amd_iommu= does nothing with an IOMMU of Intel, and the other way round.
bool applies(const std::string& parameter, const Platform& platform) {
  if (platform.cpu_vendor.empty()) return false;  // not x86
  const bool intel = platform.cpu_vendor == "GenuineIntel";
  return intel ? !parameter.starts_with("amd_iommu") : !parameter.starts_with("intel_iommu");
}

// The parameter in this command line that switches the IOMMU off, and its line.
std::optional<IommuSwitch> switch_in(const Settings& settings, const Platform& platform) {
  std::string line;
  for (const Setting& each : settings) line += each.parameters + " ";
  for (const std::string& off : host::iommu_off_parameters(host::CommandLine::parse(line)))
    if (const Setting* setting = setting_with(settings, off); setting && applies(off, platform))
      return IommuSwitch{off, setting->where(), ""};
  return std::nullopt;
}

std::string remedy_of(const ParameterRecipe& recipe, const std::string& parameter) {
  if (*recipe.add) return "run `" + host::with_parameters(recipe.remove, parameter) + "`";
  return "remove it" + (*recipe.apply ? " and run `" + std::string(recipe.apply) + "`" : "");
}

}  // namespace

std::string IommuSwitch::str() const {
  return parameter + " in " + where + " switches the IOMMU off";
}

std::string Setting::where() const {
  return file + ":" + std::to_string(number);
}

bool sets_variables(const ParameterRecipe& recipe) {
  return recipe.edit != Edit::kCommandLine &&
         std::string_view(recipe.line).find('=') != std::string_view::npos;
}

std::vector<std::string> shell_files(const Root& root, const ParameterRecipe& recipe) {
  const std::string file = recipe.file;
  std::vector<std::string> files;
  if (is_grub(recipe)) files.emplace_back(host::kGrubFile);
  if (file.starts_with("/etc/dracut")) {
    files.emplace_back("/etc/dracut.conf");
    for (std::string& each : files_in(root, "/usr/lib/dracut/dracut.conf.d", ".conf"))
      files.push_back(std::move(each));
  }
  if (recipe.edit == Edit::kDropIn)
    for (std::string& each : files_in(root, directory_of(file), file.substr(file.rfind('.'))))
      files.push_back(std::move(each));
  if (recipe.edit == Edit::kVariable && !host::contains(files, file)) files.push_back(file);
  return files;
}

std::vector<Setting> settings_of(const Root& root, const ParameterRecipe& recipe) {
  return settings_of(root, recipe, recipe.line);
}

bool is_written(const Root& root, const Platform& platform, const std::string& parameter) {
  const auto lines = command_lines(root, platform.parameters->parameters);
  return !lines.empty() && std::all_of(lines.begin(), lines.end(), [&](const Settings& settings) {
    return setting_with(settings, parameter) != nullptr;
  });
}

std::optional<IommuSwitch> iommu_switch(const Root& root, const Platform& platform) {
  std::optional<IommuSwitch> first;
  for (const Settings& settings : command_lines(root, platform.parameters->parameters)) {
    auto found = switch_in(settings, platform);
    if (!found) return std::nullopt;
    if (!first) first = std::move(found);
  }
  if (first) first->remedy = remedy_of(platform.parameters->parameters, first->parameter);
  return first;
}

}  // namespace early::enable
