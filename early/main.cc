// SPDX-License-Identifier: GPL-2.0-or-later
//
// vfio-early: claims the configured cards before any host driver can (vfio-early(8)).
//
// It never blocks a boot: the gate is a few writes, every wait has a limit, and a failure here does
// not affect anything else. Exit 0: all claimed; 1: something was not; 2: configuration or usage.
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "early/commands.h"
#include "early/first_process.h"
#include "host/printable.h"
#include "host/version.h"

namespace {

using early::kAllClaimed, early::kUsage;

int run(const early::CommandLine& line) {
  if (line.help) return host::print(stdout, "%s", early::help_text().c_str()), kAllClaimed;
  if (!line.command) return host::print(stdout, "vfio-early %s\n", host::kVersion), kAllClaimed;
  const auto root = line.tree ? host::Root::open_tree(*line.tree) : host::Root::open();
  if (root) return line.command->run(*root, line.options);
  host::print(stderr, "vfio-early: --root: %s\n", describe(root.error()).c_str());
  return kUsage;
}

// Output that could not be written is an error.
int finish_output(int exit_code) {
  if (std::fflush(stdout) == 0 && !std::ferror(stdout)) return exit_code;
  host::print(stderr, "vfio-early: failed to write to standard output: %s\n", std::strerror(errno));
  return exit_code == kAllClaimed ? early::kNotAllClaimed : exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  if (early::is_first_process()) return early::exec_real_init(argv);
  const auto line = early::parse_command_line(argc, argv);
  if (line) return finish_output(run(*line));
  host::print(stderr, "vfio-early: %s; see vfio-early --help\n", describe(line.error()).c_str());
  return kUsage;
}
