// SPDX-License-Identifier: GPL-2.0-or-later
//
// vfio-verify: can the configured cards be given to a guest safely, and if not, what is wrong and
// what to type (vfio-verify(8)).
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include <fmt/format.h>

#include "verify/capture/archive.h"
#include "verify/commands.h"
#include "verify/options.h"
#include "verify/output/exit_codes.h"
#include "verify/output/progress.h"
#include "verify/output/show.h"
#include "verify/report/explain.h"

namespace {

// If the output could not be written, the exit status is never "pass".
int finish_output(int exit_code) {
  if (std::fflush(stdout) == 0 && !std::ferror(stdout)) return exit_code;
  verify::show(stderr, fmt::format("vfio-verify: failed to write to standard output: {}\n",
                                   std::strerror(errno)));
  return exit_code == verify::kExitPass ? verify::kExitUnknown : exit_code;
}

int print_early_exit(const verify::EarlyExit& early_exit) {
  verify::show(stdout, early_exit.out);
  verify::show(stderr, early_exit.error);
  return early_exit.exit_code;
}

int list_checks() {
  verify::show(stdout, verify::check_list());
  return verify::kExitPass;
}

int print_error(const host::Error& error) {
  verify::show(stderr, fmt::format("vfio-verify: {}\n", host::describe(error)));
  return verify::kExitUsage;
}

int run(const host::Result<host::Root>& root, const verify::Options& options) {
  return root ? options.command->run(*root, options) : print_error(root.error());
}

// True for an archive of `vfio-verify capture`, false for a directory.
bool is_file(const std::string& root) {
  std::error_code none;
  return std::filesystem::is_regular_file(root, none);
}

int answer(int argc, char** argv) {
  const auto [options, early_exit] = verify::parse_options(verify::commands(), argc, argv);
  if (early_exit) return print_early_exit(*early_exit);
  if (options->list_checks) return list_checks();

  if (options->quiet) verify::Progress::silence();
  if (!options->root) return run(host::Root::open(), *options);
  if (!is_file(*options->root)) return run(host::Root::open_tree(*options->root), *options);
  const auto unpacked = verify::capture::Unpacked::from(*options->root);
  return unpacked ? run(host::Root::open_tree(unpacked->root()), *options)
                  : print_error(unpacked.error());
}

}  // namespace

int main(int argc, char** argv) {
  return finish_output(answer(argc, argv));
}
