// SPDX-License-Identifier: GPL-2.0-or-later
//
// An init that is a shell script.
#include "tests/fuzz/target.h"
#include "tests/unit/verify/init_samples.h"
#include "verify/inspect/shell/script.h"

namespace fuzz {
namespace {

std::vector<std::string> samples() {
  return {
      samples::kDracutInit,
      samples::kDracutLibrary,
      samples::kInitramfsToolsLibrary,
      samples::kMkinitcpioLibrary,
      "case $x in\na | 'b') c ;;\nesac\nif ! d <<-E; then\n\te\n\tE\n f & fi | (g) && [[ h ]]\n",
      "function i { x=$(j `k` ${l:-\"m\"}); while n; do o; done; }\n"};
}

void parse(std::string_view bytes) {
  const verify::ShellScript script = verify::parse_shell_script(bytes);
  for (const verify::ShellCommand& command : script.commands) {
    require(command.words.empty() != command.defines.empty());
    require(!command.assigns || command.words.front().find('=') != std::string::npos);
  }
}

const Target kTarget("shell_script", samples, parse);

}  // namespace
}  // namespace fuzz
