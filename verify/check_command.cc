// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/check_command.h"

#include <algorithm>

#include <fmt/format.h>

#include "config/id_pattern.h"
#include "host/text.h"
#include "verify/answer.h"
#include "verify/check/checks.h"
#include "verify/inspect_machine.h"
#include "verify/named_cards.h"
#include "verify/output/exit_codes.h"
#include "verify/output/progress.h"
#include "verify/report/report.h"
#include "verify/trial/live/live.h"

namespace verify {
namespace {

// An error message for the first operand that is neither a section nor a PCI address; "": none.
std::string unknown_card(const Options& options, const config::Configuration& configuration) {
  for (const std::string& card : options.operands) {
    if (configuration.sections.contains(card) || is_pci_address(card)) continue;
    if (config::IdPattern::parse(card))
      return fmt::format(
          "no PCI function with the id {} found; 'vfio-verify list' prints all functions", card);
    std::vector<std::string> names;
    for (const auto& [name, where] : configuration.sections) names.push_back("[" + name + "]");
    return fmt::format(
        "no section [{}] found in {}; {}", card, options.configuration_file,
        names.empty() ? "it has no sections" : "its sections are: " + host::join(names, " "));
  }
  return {};
}

// An error message for the first PCI address without a function; "": none.
std::string address_without_function(const Options& options, const Inspection& inspection) {
  for (const std::string& operand : options.operands)
    if (is_pci_address(operand) &&
        std::none_of(inspection.functions.begin(), inspection.functions.end(), [&](auto& function) {
          return function.card == operand ||
                 is_address_of(operand, function.function, inspection.machine);
        }))
      return fmt::format(
          "no PCI function {} found that can be given to a guest; 'vfio-verify list' prints all functions",
          operand);
  return {};
}

}  // namespace

void inspect_guest(const host::Root& root, const Options& options,
                   const config::Configuration& configuration, Inspection& inspection) {
  std::vector<int> groups;
  for (const InspectedGroup& group : inspection.groups) groups.push_back(group.number);
  inspection.guest =
      guest::read_readiness(root, {options.guest_memory, options.user},
                            {.live = root.live(), .programs = !options.quick && !options.passive},
                            groups, inspection.addresses());
  if (!root.live() || options.quick) return;
  const BootConfiguration boot(root);
  inspection.next_image =
      inspect_next_image(boot, configuration, options.configuration_file, inspection);
  if (configuration.cards.empty()) return;
  // If it is unknown which of several images is the next one, each is one of the others.
  const bool read = !inspection.next_image->file.empty();
  inspection.other_images =
      inspect_images(boot, configuration, options.configuration_file, inspection, std::nullopt,
                     read ? inspection.next_image->candidates : std::vector<std::string>());
}

int run_check(const host::Root& root, const Options& given) {
  if (const std::string why = unusable_output(given); !why.empty())
    return print_error(why, kExitUsage);
  const auto configuration = config::read_configuration(root, given.configuration_file);
  const Options options = with_named_cards(given, configuration, root);
  if (const std::string why = unknown_card(options, configuration); !why.empty())
    return print_error(why, kExitUsage);
  if (!options.user.empty() && root.live() && !guest::find_account(options.user))
    return print_error("no user " + options.user + " found", kExitUsage);
  const auto inspect_machine = [&] {
    const Progress step("checking the machine and its IOMMU groups");
    return inspect(root, configuration, options.scope(root));
  };
  auto inspection = inspect_machine();
  if (!inspection) return print_host_error(inspection.error(), options);
  if (const std::string why = address_without_function(options, *inspection); !why.empty())
    return print_error(why, kExitUsage);
  inspect_guest(root, options, configuration, *inspection);
  if (options.live)
    run_live_trials(root, {options.force, options.backend(), options.cycles}, *inspection,
                    *inspection,
                    [](const std::string& sentence) { print_error(sentence, kExitPass); });
  const Findings findings = run_checks(*inspection);
  const Output output = output_of(options);
  const Report report{.arguments = options.arguments,
                      .inspection = *inspection,
                      .findings = findings,
                      .colour = output.colour,
                      .quiet = options.quiet,
                      .width = output.width,
                      .symbols = output.symbols,
                      .expiry = expiry_of(options)};
  const std::string format = options.format_on(output.terminal);
  return write_report(format_named(format).write(report), exit_code(verdict(findings)), options);
}

}  // namespace verify
