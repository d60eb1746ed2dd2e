// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/commands.h"

#include <cstdio>
#include <limits>

#include <fmt/format.h>

#include "host/machine.h"
#include "host/text.h"
#include "host/user_file.h"
#include "plan/card_functions.h"
#include "plan/suggestion.h"
#include "verify/answer.h"
#include "verify/capture/archive.h"
#include "verify/capture/capture.h"
#include "verify/card_operands.h"
#include "verify/check_command.h"
#include "verify/image_command.h"
#include "verify/inspect_machine.h"
#include "verify/list.h"
#include "verify/named_cards.h"
#include "verify/output/colour.h"
#include "verify/output/exit_codes.h"
#include "verify/output/progress.h"
#include "verify/passport_commands.h"
#include "verify/report/explain.h"
#include "verify/report/firmware.h"
#include "verify/setup/setup.h"

namespace verify {
namespace {

constexpr int kAny = 1 << 20;

int run_firmware(const host::Root& root, const Options& options) {
  return firmware::show(root, options.operands, options.format == "json");
}

int run_list(const host::Root& root, const Options& options) {
  std::optional<int> group;
  if (!options.operands.empty()) {
    const std::string& operand = options.operands.front();
    const auto number = host::parse_number(operand, 10, std::numeric_limits<int>::max());
    if (!number)
      return print_error("'list' needs the number of an IOMMU group, not " + operand, kExitUsage);
    group = static_cast<int>(*number);
  }
  const auto configuration = config::read_configuration(root, options.configuration_file);
  auto listing = list_machine(root, configuration);
  if (!listing) return print_host_error(listing.error(), options);
  if (group) *listing = only_group(std::move(*listing), *group);
  if (listing->functions.empty() && group)
    return print_error(
        fmt::format("no IOMMU group {} found; 'vfio-verify list' prints all groups", *group),
        kExitUsage);
  return print(
      options.format == "json" ? listing_json(*listing) : listing_text(*listing, wants_colour()),
      kExitPass);
}

// Not with show(), which would replace the tabs: card_operands() returns only printable text.
int run_cards(const host::Root& root, const Options& options) {
  const auto machine = host::read_machine(root);
  const auto configuration = config::read_configuration(root, options.configuration_file);
  const std::string cards = card_operands(configuration, machine ? *machine : host::Machine());
  std::fputs(cards.c_str(), stdout);
  return machine ? kExitPass : print_host_error(machine.error(), options);
}

// A guest gets the whole graphics card, not one function of it.
std::string whole_card(const host::Root& root, const std::string& named) {
  const auto address = host::PciAddress::parse(named);
  const auto machine = host::read_machine(root);
  if (!address || !machine) return named;
  const host::PciFunction* function = machine->find(*address);
  return function ? plan::operand_for(*machine, *function) : named;
}

int run_setup(const host::Root& root, const Options& given) {
  const auto configuration = config::read_configuration(root, given.configuration_file);
  const Options options = with_named_cards(given, configuration, root);
  if (options.operands.size() > 1)
    return print_error(fmt::format("{} matches several cards: {}; name one of them by its address",
                                   given.operands.front(), host::join(options.operands, " ")),
                       kExitUsage);
  const std::string card = whole_card(root, options.operands.front());
  auto inspection =
      inspect(root, configuration, {options.configuration_file, {card}, /*live=*/false});
  if (!inspection) return print_host_error(inspection.error(), options);
  hardware::read_serials(root, inspection->machine);
  inspection->guest.emplace().iommufd =
      guest::read_iommufd(root, inspection->addresses(), !options.quick);
  const std::string text = setup_text(*inspection, configuration, target_named(options.target));
  if (!text.empty()) return print(text, kExitPass);
  std::vector<std::string> slots;
  for (const host::PciSlot& slot : plan::graphics_slots(inspection->machine))
    slots.push_back(slot.str());
  return print_error(
      fmt::format(
          "no card {} found: it is not a section whose card exists, and not the address of a function for a guest; slots with graphics cards: {}",
          card, slots.empty() ? "none" : host::join(slots, " ")),
      kExitUsage);
}

int run_capture(const host::Root& root, const Options& options) {
  const std::string& file = options.operands.front();
  if (const std::string why = unusable_file(file); file != "-" && !why.empty())
    return print_error(why, kExitUsage);
  const Progress step("reading the machine");
  const auto packed = capture::pack(capture::capture_machine(root), file);
  if (!packed) return print_error(host::describe(packed.error()), kExitUnknown);
  if (file == "-") {
    std::fwrite(packed->data(), 1, packed->size(), stdout);
    return kExitPass;
  }
  if (const auto saved = host::replace_user_file(file, *packed, 0600); !saved)
    return print_host_error(saved.error(), options);
  return print(
      fmt::format(
          "{} contains the data that vfio-verify reads on this machine. Its MANIFEST lists the replacements. Read it before you publish the archive:\n"
          "  tar xf {}\n",
          file, file),
      kExitPass);
}

int run_explain(const host::Root&, const Options& options) {
  constexpr const char* kHint = "'vfio-verify --list-checks' prints all checks";
  if (options.operands.empty())
    return print_error(fmt::format("'explain' needs the id of a check; {}", kHint), kExitUsage);
  const std::string& id = options.operands.front();
  const std::string text = explanation_text(id);
  return text.empty() ? print_error(fmt::format("no check {} found; {}", id, kHint), kExitUsage)
                      : print(text, kExitPass);
}

constexpr Command kCommands[] = {
    {"check", "Check whether the configured cards can be given to a guest (the default)", "CARD", 0,
     kAny, run_check,
     "--config --root --format --output --quiet --verbose --live --cycles --force --backend --guest-memory --user --quick --passive --expires-after",
     nullptr},
    {"image", "Check whether the next boot from an initramfs binds the cards", "FILE", 0, 1,
     run_image, "--all --config --root --format --output --quiet",
     "text json junit tap prometheus nfd"},
    {"firmware", "Print how the firmware describes its IOMMUs: ACPI's DMAR, IVRS and VIOT", "FILE",
     0, kAny, run_firmware, "--root --format", "text json"},
    {"list",
     "Print all functions with their IOMMU groups, as a tree of the machine, or one GROUP by its number",
     "GROUP", 0, 1, run_list, "--config --root --format", "text json"},
    {"cards", "Print what CARD can be, for programs: sections and slots, one per line", "", 0, 0,
     run_cards, "--config --root"},
    {"setup", "Print what a card still needs: configuration, parameters, what the guest needs",
     "CARD", 1, 1, run_setup, "--config --root --for"},
    {"save", "Save this machine's passport, a baseline for 'diff' after an update", "FILE", 0, 1,
     run_save, "--config", "text", /*this_machine_only=*/true},
    {"diff", "Print what has changed since the passport was saved", "FILE", 0, 2, run_diff,
     "--config --root --quiet"},
    {"after-update",
     "Print once after an update of kernel or firmware what changed and what is wrong", "", 0, 0,
     run_after_update, "--config", "text", /*this_machine_only=*/true},
    {"capture", "Write an archive of the data that vfio-verify reads, for a bug report", "FILE", 1,
     1, run_capture, "--root --quiet"},
    {"explain", "Print what a check examines, and why", "CHECK", 0, 1, run_explain, ""},
};

}  // namespace

std::span<const Command> commands() {
  return kCommands;
}

}  // namespace verify
