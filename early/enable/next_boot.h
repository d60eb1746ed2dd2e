// SPDX-License-Identifier: GPL-2.0-or-later
//
// The kernel command line of the next boot, as far as the files of this platform say.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "host/platform/platform.h"
#include "host/root.h"

namespace early::enable {

// A line that sets kernel parameters.
struct Setting {
  std::string file;
  int number = 0;          // of the line
  std::string line;        // as it is written
  std::string parameters;  // of the line, without quotes, comments and the name of a variable

  std::string where() const;  // "/etc/default/grub:6"
};

// Does the file of the recipe set a variable? Otherwise it has only parameters.
bool sets_variables(const host::ParameterRecipe& recipe);

// The files that may set the variable of the recipe.
std::vector<std::string> shell_files(const host::Root& root, const host::ParameterRecipe& recipe);

// The lines that set the variable of the recipe, in the order in which they are read.
std::vector<Setting> settings_of(const host::Root& root, const host::ParameterRecipe& recipe);

// Will the next boot have the parameter?
bool is_written(const host::Root& root, const host::Platform& platform,
                const std::string& parameter);

// A parameter that switches the IOMMU off.
struct IommuSwitch {
  std::string parameter;  // "intel_iommu=off"
  std::string where;      // "/etc/default/grub:6"
  std::string remedy;     // "remove it and run `update-grub`"

  std::string str() const;  // "intel_iommu=off in /etc/default/grub:6 switches the IOMMU off"
};

// nullopt: no line has one, or a later one switches the IOMMU on again. Of several boot entries,
// all must have it: the user may have one without an IOMMU on purpose.
std::optional<IommuSwitch> iommu_switch(const host::Root& root, const host::Platform& platform);

}  // namespace early::enable
