// SPDX-License-Identifier: GPL-2.0-or-later
//
// vfio-verify: can the configured cards be given to a guest safely, and if not, what is wrong and
// what to type (vfio-verify(8)).
#include <cstdio>
#include <cstdlib>

#include <fmt/format.h>
#include <unistd.h>

#include "host/text.h"
#include "verify/checks.h"
#include "verify/firmware/show.h"
#include "verify/options.h"
#include "verify/report.h"

namespace {

int complain(const std::string& sentence, int exit_code) {
  std::fputs(fmt::format("vfio-verify: {}\n", sentence).c_str(), stderr);
  return exit_code;
}

int dismiss(const verify::Dismissal& dismissal) {
  std::fputs(dismissal.out.c_str(), stdout);
  std::fputs(dismissal.error.c_str(), stderr);
  return dismissal.exit_code;
}

int list_checks() {
  for (const verify::Check& check : verify::checks())
    std::fputs(fmt::format("{:<15} {}\n", check.id, check.question).c_str(), stdout);
  return verify::kExitPass;
}

// The first of the wanted cards that no section describes, with the sections that there are.
std::string unknown_card(const verify::Options& options, const plan::Configuration& configuration) {
  for (const std::string& card : options.cards) {
    if (configuration.sections.contains(card)) continue;
    std::vector<std::string> names;
    for (const auto& [name, where] : configuration.sections) names.push_back("[" + name + "]");
    return fmt::format("there is no section [{}] in {}; there {}", card, options.configuration_file,
                       names.empty() ? "is none at all" : "is " + host::join(names, " "));
  }
  return {};
}

// Colour is for a person at a terminal who has not declined it (no-color.org).
bool wants_colour() {
  const char* declined = std::getenv("NO_COLOR");
  return ::isatty(STDOUT_FILENO) && (!declined || !*declined);
}

}  // namespace

int main(int argc, char** argv) {
  const auto [options, dismissal] = verify::parse_options(argc, argv);
  if (dismissal) return dismiss(*dismissal);
  if (options->list_checks) return list_checks();

  const auto root = host::Root::open(options->root);
  if (!root) return complain(host::describe(root.error()), verify::kExitUsage);
  if (options->firmware)
    return verify::firmware::show(*root, options->tables, options->format == "json");
  const auto configuration = plan::read_configuration(*root, options->configuration_file);
  if (const std::string why = unknown_card(*options, configuration); !why.empty())
    return complain(why, verify::kExitUsage);

  const auto inspection = verify::inspect(*root, configuration, options->scope(*root));
  if (!inspection) return complain(host::describe(inspection.error()), verify::kExitUnknown);
  const verify::Findings findings = verify::run_checks(*inspection);

  const verify::Report report{options->arguments, *inspection, findings};
  const bool json = options->format == "json";
  const std::string text = json ? report_json(report) : report_text(report, wants_colour());
  // A report that did not arrive is no report.
  if (std::fputs(text.c_str(), stdout) == EOF || std::fflush(stdout) == EOF)
    return complain("the report can't be written", verify::kExitUnknown);
  return verify::exit_code(verify::verdict(findings));
}
