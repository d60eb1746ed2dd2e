// SPDX-License-Identifier: GPL-2.0-or-later
//
// An init that is a shell script: does it reach the command that starts our hook or script, and
// does this command start it? It reaches a command that is unconditional, in the script itself, and
// that only commands of known effect precede. The functions through which the command
// works must be known. Everything else is undecided.
#pragma once

#include <span>
#include <string_view>

#include "verify/image_contents.h"
#include "verify/image_wiring.h"

namespace verify {

struct InitScript {
  // A function through which the command works, and its commands in a version of that init, each
  // with a line end; those that depend on something have a '?' before them.
  struct Function {
    std::string_view name, body;
  };

  std::span<const std::string_view> call;  // its words; more may follow
  std::string_view library;                // the file with the functions
  std::span<const Function> functions;
  // Before the call, beside the usual ones: names, or whole commands.
  std::span<const std::string_view> commands;
  std::span<const std::string_view> sources;    // files that may be sourced before
  std::span<const std::string_view> variables;  // that init must not set before
  const char* remedy;
};

// Judges /init of the image.
void judge_init_script(const ImageContents& image, const InitScript& script, Wiring& wiring);

}  // namespace verify
