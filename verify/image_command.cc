// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/image_command.h"

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>

#include "host/budget.h"
#include "host/platform/platform.h"
#include "host/user_file.h"
#include "verify/answer.h"
#include "verify/check/image.h"
#include "verify/inspect_machine.h"
#include "verify/output/exit_codes.h"
#include "verify/output/progress.h"
#include "verify/report/report.h"

namespace verify {
namespace {

// A file that does not exist, or a directory, was named by mistake.
int exit_code_of(const host::Error& error) {
  const bool mistake = error.code == ENOENT || error.code == ENOTDIR || error.code == EISDIR;
  return mistake ? kExitUsage : kExitUnknown;
}

// Is the only fault that vfio-early starts after something that loads drivers? Then it may still be
// in time.
bool only_order_failed(const Findings& findings) {
  return std::none_of(findings.begin(), findings.end(), [](const Finding& finding) {
    return finding.status == Status::kFail && finding.id != "image.first";
  });
}

size_t count_failed(const JudgedImages& judged) {
  return static_cast<size_t>(std::count_if(
      judged.images.begin(), judged.images.end(),
      [](const JudgedFile& image) { return verdict(image.findings) == Status::kFail; }));
}

// With the file as the subject. Images that could not be found are one more finding.
Findings findings_of_all(const JudgedImages& judged) {
  Findings all;
  for (const JudgedFile& image : judged.images)
    for (Finding finding : image.findings) {
      if (finding.subject != kHost) finding.evidence = finding.subject + ": " + finding.evidence;
      finding.subject = image.file;
      all.push_back(std::move(finding));
    }
  if (!judged.unread) return all;
  all.push_back(
      unknown(kHost, "there may be more images: " + judged.unread->why, judged.unread->remedy));
  all.back().id = "image.readable";
  return all;
}

// Each image of this machine in turn.
int run_all_images(const host::Root& root, const Options& options,
                   const config::Configuration& configuration, const Inspection& inspection,
                   const std::optional<host::Error>& unread_bus) {
  const JudgedImages judged = inspect_images(BootConfiguration(root), configuration,
                                             options.configuration_file, inspection, unread_bus);
  if (judged.images.empty())
    return print_error(judged.unread ? judged.unread->why + "; " + judged.unread->remedy
                                     : "no image found in /boot, /efi and /boot/efi",
                       kExitUnknown);
  const Findings findings = findings_of_all(judged);
  const std::string failed =
      fmt::format("FAIL: a boot from {} of {} images does not bind the cards", count_failed(judged),
                  judged.images.size());
  const Report report{.arguments = options.arguments,
                      .inspection = inspection,
                      .findings = findings,
                      .colour = output_of(options).colour,
                      .quiet = options.quiet,
                      .passed = "PASS: a boot from each of these images binds the cards",
                      .failed = failed.c_str()};
  const std::string format = options.format_on(/*terminal=*/false);
  return write_report(
      format == "text" ? images_text(report, judged.images) : format_named(format).write(report),
      exit_code(verdict(findings)), options);
}

int run_one_image(const host::Root& root, const Options& options,
                  const config::Configuration& configuration, const Inspection& inspection,
                  const std::optional<host::Error>& unread_bus) {
  const std::string& file = options.operands.front();
  const Progress step("reading " + file);
  const auto bytes = host::read_user_file(file, host::kImageBudget.packed);
  if (!bytes) return print_error(host::describe(bytes.error()), exit_code_of(bytes.error()));
  const Findings findings =
      run_image_checks(read_image_facts(BootConfiguration(root), file, *bytes, configuration,
                                        options.configuration_file, inspection, unread_bus));
  const Report report{
      .arguments = options.arguments,
      .inspection = inspection,
      .findings = findings,
      .colour = output_of(options).colour,
      .quiet = options.quiet,
      .passed = "PASS: the next boot from this image binds the cards",
      .failed = only_order_failed(findings)
                    ? "FAIL: the next boot from this image may not bind the cards"
                    : "FAIL: the next boot from this image does not bind the cards"};
  return write_report(format_named(options.format_on(/*terminal=*/false)).write(report),
                      exit_code(verdict(findings)), options);
}

}  // namespace

int run_image(const host::Root& root, const Options& options) {
  if (options.all == !options.operands.empty())
    return print_error("'image' needs either FILE or --all", kExitUsage);
  if (const std::string why = unusable_output(options); !why.empty())
    return print_error(why, kExitUsage);
  const auto configuration = config::read_configuration(root, options.configuration_file);
  // Only the configured functions are needed: no device is opened. Without them the image itself
  // can still be judged, for example that of a disk that is mounted below --root.
  const auto inspected =
      inspect(root, configuration, {options.configuration_file, /*cards=*/{}, /*live=*/false});
  Inspection inspection = inspected ? *inspected : Inspection();
  std::optional<host::Error> unread_bus;
  if (!inspected) {
    unread_bus = inspected.error();
    inspection.platform = host::read_platform(root);
  }
  return options.all ? run_all_images(root, options, configuration, inspection, unread_bus)
                     : run_one_image(root, options, configuration, inspection, unread_bus);
}

}  // namespace verify
