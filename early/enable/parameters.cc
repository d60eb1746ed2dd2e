// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/enable/parameters.h"

#include <algorithm>
#include <cerrno>
#include <optional>

#include "early/enable/next_boot.h"
#include "early/enable/parameter_edits.h"
#include "early/enable/platform_commands.h"
#include "early/enable/text_file.h"
#include "host/drop_ins.h"
#include "host/text.h"

namespace early::enable {
namespace {

using host::Edit;
using host::Error;
using host::files_in;
using host::ParameterRecipe;
using host::Platform;
using host::Result;
using host::Root;

using Text = std::optional<std::string>;  // nullopt: the file does not exist

Result<Text> read_old(const Root& root, const std::string& file) {
  auto text = root.read(file);
  if (text) return Text(std::move(*text));
  if (text.error().code == ENOENT) return Text();
  return text.error();
}

FileChange change_of(const std::string& file, Text before, std::string after) {
  return FileChange{
      .card = "", .file = file, .before = std::move(before), .after = std::move(after)};
}

Result<FileChange> new_file(const Root& root, const std::string& file, std::string text) {
  auto before = read_old(root, file);
  if (!before) return before.error();
  return change_of(file, std::move(*before), std::move(text));
}

// A drop-in that is read after ours and does not extend the variable.
std::string later_setting(const Root& root, const ParameterRecipe& recipe) {
  for (const std::string& file : shell_files(root, recipe)) {
    if (!file.starts_with(directory_of(recipe.file) + "/") || file <= recipe.file) continue;
    const std::string text = root.read(file).value_or("");
    for (const std::string_view line : settings_in(text, recipe.line))
      if (line.find("+=") == line.npos && line.find('$') == line.npos) return file;
  }
  return {};
}

Error not_set(const ParameterRecipe& recipe) {
  const std::string_view line = recipe.line;
  return {0, std::string(line.substr(0, line.find_first_of("+="))) + " is not set in " +
                 (recipe.edit == Edit::kDropIn ? directory_of(recipe.file) : recipe.file) +
                 ", so the kernel command line comes from elsewhere"};
}

Result<FileChange> new_drop_in(const Root& root, const ParameterRecipe& recipe,
                               const std::string& parameter) {
  if (recipe.has_default && settings_of(root, recipe).empty()) return not_set(recipe);
  if (sets_variables(recipe))
    if (const std::string later = later_setting(root, recipe); !later.empty())
      return Error{0, later + " sets the kernel command line after " + recipe.file};
  return new_file(root, recipe.file, host::with_parameters(recipe.line, parameter) + "\n");
}

Result<FileChange> edit_variable(const Root& root, const ParameterRecipe& recipe,
                                 const std::string& parameter) {
  if (recipe.has_default && settings_of(root, recipe).empty()) return not_set(recipe);
  auto before = read_old(root, recipe.file);
  if (!before) return before.error();
  auto after = extend_variable(before->value_or(""), recipe.line, parameter);
  if (!after) return Error{0, std::string(recipe.file) + " ends within a line of the shell"};
  return change_of(recipe.file, std::move(*before), std::move(*after));
}

// What a new /etc/kernel/cmdline replaces: kernel-install(8), mkinitcpio(8).
std::string inherited_parameters(const Root& root) {
  for (const char* file : {"/usr/lib/kernel/cmdline", "/proc/cmdline"})
    if (const auto text = root.read(file)) return permanent_parameters(*text);
  return {};
}

// mkinitcpio's presets can name another file of parameters, or none.
std::string preset_with_cmdline(const Root& root) {
  for (const std::string& file : files_in(root, "/etc/mkinitcpio.d", ".preset")) {
    const std::string text = root.read(file).value_or("");
    for (const std::string_view line : host::split(text, "\n"))
      if (!host::trim(line).starts_with('#'))
        for (const char* setting : {"_cmdline=", "--cmdline", "--no-cmdline"})
          if (line.find(setting) != line.npos) return file;
  }
  return {};
}

// ukify(1) takes the parameters from here, if it has them.
std::string ukify_file_with_cmdline(const Root& root) {
  for (const char* file :
       {"/etc/kernel/uki.conf", "/run/kernel/uki.conf", "/usr/lib/kernel/uki.conf"}) {
    const auto text = root.read(file);
    if (!text) continue;
    for (const std::string_view line : host::split(*text, "\n"))
      if (host::trim(line).starts_with("Cmdline=") &&
          line.find("@/etc/kernel/cmdline") == line.npos)
        return file;
    return {};  // the first file counts
  }
  return {};
}

Result<FileChange> edit_command_line(const Root& root, const ParameterRecipe& recipe,
                                     const std::string& parameter) {
  const bool of_mkinitcpio = *recipe.directory != '\0';
  const std::string other =
      of_mkinitcpio ? preset_with_cmdline(root) : ukify_file_with_cmdline(root);
  if (!other.empty()) return Error{0, other + " sets the kernel command line"};
  if (of_mkinitcpio && !files_in(root, recipe.directory, ".conf").empty())
    return new_file(root, std::string(recipe.directory) + "/vfio-early.conf", parameter + "\n");
  auto before = read_old(root, recipe.file);
  if (!before) return before.error();
  const std::string inherited = *before ? **before : inherited_parameters(root) + "\n";
  if (!*before && host::trim(inherited).empty())
    return Error{0, std::string(recipe.file) + " does not exist, and /proc/cmdline is empty"};
  const bool is_new = !*before;
  FileChange change =
      change_of(recipe.file, std::move(*before), extend_command_line(inherited, parameter));
  change.is_command_line = is_new;
  return change;
}

Result<FileChange> edit_file(const Root& root, const ParameterRecipe& recipe,
                             const std::string& parameter) {
  switch (recipe.edit) {
    case Edit::kDropIn:
      return new_drop_in(root, recipe, parameter);
    case Edit::kVariable:
      return edit_variable(root, recipe, parameter);
    case Edit::kCommandLine:
      return edit_command_line(root, recipe, parameter);
    case Edit::kByHand:
      break;
  }
  return Error{0, "vfio-early cannot change " + std::string(recipe.place)};
}

Result<Change> run_commands(const Root& root, const ParameterRecipe& recipe,
                            const std::string& parameter) {
  auto apply = commands_of(root, host::with_parameters(recipe.add, parameter));
  auto undo = commands_of(root, host::with_parameters(recipe.remove, parameter));
  if (!apply) return apply.error();
  if (!undo) return undo.error();
  return Change(CommandChange{
      .card = "", .words = parameter, .apply = std::move(*apply), .undo = std::move(*undo)});
}

}  // namespace

std::string parameter_for_iommu(const Root& root, const host::Machine& machine,
                                const Platform& platform) {
  constexpr const char* kOn = "intel_iommu=on";
  if (machine.has_iommu || machine.environment != host::Environment::kMachine) return {};
  if (platform.cpu_vendor != "GenuineIntel") return {};
  if (!root.exists("/sys/firmware/acpi/tables/DMAR")) return {};
  if (!host::iommu_off_parameters(machine.command_line).empty()) return {};
  if (machine.command_line.value_with_word("intel_iommu", "on")) return {};  // it was not enough
  return kOn;
}

Result<Change> add_parameter(const Root& root, const Platform& platform,
                             const std::string& parameter) {
  const ParameterRecipe& recipe = platform.parameters->parameters;
  if (*recipe.add) return run_commands(root, recipe, parameter);
  auto change = edit_file(root, recipe, parameter);
  if (!change) return change.error();
  change->words = change->added = parameter;
  return Change(std::move(*change));
}

}  // namespace early::enable
