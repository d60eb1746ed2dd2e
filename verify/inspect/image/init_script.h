// SPDX-License-Identifier: GPL-2.0-or-later
//
// An init that is a shell script: does it run the command that starts the hook or script of
// vfio-early? The command must be unconditional and in the script itself, only commands of known
// effect may precede it, and the functions that it uses must be known. All else is undecided.
#pragma once

#include <span>
#include <string_view>

#include "initramfs/contents.h"
#include "verify/inspect/image/startup.h"

namespace verify {

struct InitScript {
  // A function that the command uses, and its commands in a version of that init, each with a line
  // end. Conditional commands have the prefix '?'.
  struct Function {
    std::string_view name, body;
  };

  std::span<const std::string_view> call;  // its words; more may follow
  std::string_view library;                // the file with the functions
  std::span<const Function> functions;
  // Commands that may precede the call, in addition to the usual ones: names, or whole commands.
  std::span<const std::string_view> commands;
  std::span<const std::string_view> sources;    // files that may be sourced before the call
  std::span<const std::string_view> variables;  // variables that must not be set before the call
  const char* remedy;
};

// Judges /init of the image.
void judge_init_script(const initramfs::ImageContents& image, const InitScript& script,
                       Startup& startup);

}  // namespace verify
