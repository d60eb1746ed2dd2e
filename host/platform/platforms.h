// SPDX-License-Identifier: GPL-2.0-or-later
//
// The table of platforms: how each is recognised, how its initramfs is built, how vfio-early gets
// into it, and how a kernel parameter is set. An initramfs generator and a boot loader are
// independent of each other, so most rows answer only one of the two questions.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "host/boot_loader.h"

namespace host {

// Everything that is set must hold. Several files or names are separated by spaces.
struct Signs {
  const char* any_file = "";   // one of them exists
  const char* all_files = "";  // they all exist
  const char* no_file = "";    // none of them exists
  const char* like = "";       // ID or ID_LIKE of os-release(5) is one of them
  std::optional<BootLoader> loader = std::nullopt;
};

// What builds the initramfs. Of a generator that is not listed, the programs know only its row.
enum class ImageTool { kUnknown, kInitramfsTools, kDracut, kMkinitcpio, kBooster, kOther };

struct RecipeStep {
  const char* words = "";
  const char* commands = "";  // one a line; or lines of a file
};
using Recipe = std::array<RecipeStep, 3>;  // steps without words are unused

// How the images of all installed kernels are rebuilt, since the next boot may start another kernel
// than the running or the newest one.
struct ImageRecipe {
  ImageTool tool = ImageTool::kUnknown;  // kUnknown: the row does not answer this question
  Recipe rebuild{};
  // How vfio-early gets into the image for the first time. Empty: a hook includes it if there is a
  // configuration, so `rebuild` is enough.
  Recipe include{};
};

// How a program adds parameters to a file.
enum class Edit {
  kByHand,       // it cannot
  kDropIn,       // `file` is a new file with `line`
  kVariable,     // `file` sets the variable that `line` extends
  kCommandLine,  // `file` has only parameters
};

// Either a place in a file and the command that applies the change, or commands that make it. In
// these and in `line`, PARAMETERS stands for all parameters, and a word with EACH is repeated for
// each of them.
struct ParameterRecipe {
  const char* place = "";  // "GRUB_CMDLINE_LINUX in /etc/default/grub"
  const char* apply = "";
  const char* add = "";
  const char* remove = "";

  Edit edit = Edit::kByHand;
  const char* file = "";
  const char* line = "";
  // kDropIn, kVariable: where the variable is not set, the boot loader uses other parameters, which
  // `line` would replace.
  bool has_default = false;
  // kCommandLine: the *.conf files of this directory count, too.
  const char* directory = "";

  bool empty() const { return *place == '\0' && *add == '\0'; }
};

struct PlatformRow {
  const char* name;
  Signs signs;
  ImageRecipe image{};
  ParameterRecipe parameters{};
  const char* install = "";  // installs a package, if not by the distribution's usual command
};

// By precedence: for each question the first row counts whose signs hold and which answers it. The
// last row holds for every machine and answers both.
std::span<const PlatformRow> platforms();

// `command` with the parameters, which spaces separate, in the places of PARAMETERS and EACH.
std::string with_parameters(std::string_view command, std::string_view parameters);

// The most general row of a generator, for an image of another machine.
const PlatformRow& row_of(ImageTool tool);

const PlatformRow& row_named(std::string_view name);

}  // namespace host
