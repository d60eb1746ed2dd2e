// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/passport_commands.h"

#include <cerrno>

#include <fmt/format.h>

#include "verify/after_update.h"
#include "verify/answer.h"
#include "verify/check/checks.h"
#include "verify/check_command.h"
#include "verify/inspect_machine.h"
#include "verify/output/exit_codes.h"
#include "verify/passport/passport.h"
#include "verify/report/report.h"

namespace verify {
namespace {

int no_passport(const host::Error& error, const std::string& file, const Options& options) {
  if (error.code == ENOENT)
    return print_error(
        fmt::format("no passport {} found: run 'vfio-verify save' before an update", file),
        kExitUnknown);
  if (error.code == EINVAL)
    return print_error(file + " is not a passport of 'vfio-verify save'", kExitUnknown);
  return print_host_error(error, options);
}

// Prints failures as --quiet does. Runs no other program: libvirt's daemons wait for the unit that
// runs this.
int print_failures(const host::Root& root, Options options) {
  options.quick = true;
  const auto configuration = config::read_configuration(root, options.configuration_file);
  auto inspection = inspect(root, configuration, options.scope(root));
  if (!inspection) return print_host_error(inspection.error(), options);
  inspect_guest(root, options, configuration, *inspection);
  const Findings findings = run_checks(*inspection);
  const Report report{options.arguments, *inspection, findings, false, /*quiet=*/true};
  return print(report_text(report), exit_code(verdict(findings)));
}

}  // namespace

int run_save(const host::Root& root, const Options& options) {
  const std::string file = options.operands.empty() ? kPassportFile : options.operands[0];
  if (const std::string why = unusable_file(file);
      !options.operands.empty() && file != "-" && !why.empty())
    return print_error(why, kExitUsage);
  const auto passport = take_passport(root, options.configuration_file);
  if (!passport) return print_host_error(passport.error(), options);
  if (file == "-") return print(passport_json(*passport), kExitPass);
  const auto saved = save_passport(*passport, file);
  return saved ? kExitPass : print_host_error(saved.error(), options);
}

int run_diff(const host::Root& root, const Options& options) {
  const auto& files = options.operands;
  const std::string old = files.empty() ? kPassportFile : files[0];
  const auto before = load_passport(old);
  if (!before) return no_passport(before.error(), old, options);
  const auto now =
      files.size() > 1 ? load_passport(files[1]) : take_passport(root, options.configuration_file);
  if (!now)
    return files.size() > 1 ? no_passport(now.error(), files[1], options)
                            : print_host_error(now.error(), options);
  const std::vector<std::string> sentences = compare_passports(*before, *now);
  std::string text;
  for (const std::string& sentence : sentences) text += sentence + "\n";
  if (sentences.empty() && !options.quiet) text = "Nothing has changed.\n";
  return print(text, sentences.empty() ? kExitPass : kExitFail);
}

int run_after_update(const host::Root& root, const Options& options) {
  const auto before = load_passport(kLastPassportFile);
  if (before && !is_updated(*before, take_passport_head(root))) return kExitPass;
  const auto now = take_passport(root, options.configuration_file);
  if (!now) return print_error(host::describe(now.error()), kExitUnknown);
  if (before) {
    std::string text = "the kernel or the firmware has changed since the last boot:\n";
    for (const std::string& sentence : compare_passports(*before, *now)) text += sentence + "\n";
    print(text, kExitPass);
    if (const auto kept = save_passport(*before, kBeforeUpdateFile); !kept)
      return print_error(host::describe(kept.error()), kExitUnknown);
  } else if (before.error().code != ENOENT) {
    print_error(host::describe(before.error()) + "; a new passport is written", kExitUnknown);
  }
  if (const auto saved = save_passport(*now, kLastPassportFile); !saved)
    return print_error(host::describe(saved.error()), kExitUnknown);
  if (!before) return kExitPass;
  const int outcome = print_failures(root, options);
  return outcome == kExitPass ? print("All checks that could be run passed.\n", kExitPass)
                              : outcome;
}

}  // namespace verify
