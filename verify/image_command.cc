// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/image_command.h"

#include <cstdio>

#include <unistd.h>

#include "verify/image_checks.h"
#include "verify/report.h"

namespace verify {
namespace {

// A path as the user gave it, from where the user is.
host::Result<std::string> read_file(const std::string& file) {
  char* whole = ::realpath(file.c_str(), nullptr);
  if (!whole) return host::Error{errno, "open " + file};
  const std::string path = whole;
  ::free(whole);
  const auto machine = host::Root::open("/");
  return machine ? machine->read(path, kMaxImage) : machine.error();
}

int complain(const host::Error& error, int exit_code) {
  std::fprintf(stderr, "vfio-verify: %s\n", describe(error).c_str());
  return exit_code;
}

}  // namespace

int judge_image(const host::Root& root, const plan::Configuration& configuration,
                const Options& options, bool colour) {
  const auto bytes = read_file(options.image);
  if (!bytes)
    return complain(bytes.error(), bytes.error().code == ENOENT ? kExitUsage : kExitUnknown);
  // Of the machine only what is meant is of interest: no device is asked.
  const auto inspection =
      inspect(root, configuration, {options.configuration_file, options.cards, false});
  if (!inspection) return complain(inspection.error(), kExitUnknown);
  const Findings findings = run_image_checks(inspect_image(
      root, options.image, *bytes, configuration, options.configuration_file, *inspection));
  const Report report{.arguments = options.arguments,
                      .inspection = *inspection,
                      .findings = findings,
                      .passed = "PASS: the next boot from this image binds",
                      .failed = "FAIL: the next boot from this image does not bind"};
  const std::string text =
      options.format == "json" ? report_json(report) : report_text(report, colour);
  if (std::fputs(text.c_str(), stdout) == EOF || std::fflush(stdout) == EOF) return kExitUnknown;
  return exit_code(verdict(findings));
}

}  // namespace verify
