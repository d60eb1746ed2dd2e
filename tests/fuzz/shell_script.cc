// SPDX-License-Identifier: GPL-2.0-or-later
//
// An init that is a shell script.
#include "verify/shell_script.h"

#include "tests/fuzz/target.h"
#include "tests/unit/init_samples.h"

namespace fuzz {
namespace {

std::vector<std::string> samples() {
  return {
      samples::kDracutInit,
      samples::kDracutLibrary,
      samples::kToolsLibrary,
      samples::kMkinitcpioLibrary,
      "case $x in\na | 'b') c ;;\nesac\nif ! d <<-E; then\n\te\n\tE\n f & fi | (g) && [[ h ]]\n",
      "function i { x=$(j `k` ${l:-\"m\"}); while n; do o; done; }\n"};
}

void parse(std::string_view bytes) {
  const verify::ShellScript script = verify::parse_shell_script(bytes);
  for (const verify::ShellCommand& command : script.commands) {
    hold(command.words.empty() != command.defines.empty());
    hold(!command.assigns || command.words.front().find('=') != std::string::npos);
  }
}

const Target kTarget("shell_script", samples, parse);

}  // namespace
}  // namespace fuzz
