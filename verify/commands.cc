// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/commands.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <limits>

#include <fmt/format.h>
#include <unistd.h>

#include "config/id_pattern.h"
#include "host/budget.h"
#include "host/machine.h"
#include "host/printable.h"
#include "host/text.h"
#include "host/user_file.h"
#include "plan/card_functions.h"
#include "plan/plan.h"
#include "plan/suggestion.h"
#include "verify/after_update.h"
#include "verify/capture/archive.h"
#include "verify/capture/capture.h"
#include "verify/card_operands.h"
#include "verify/check/checks.h"
#include "verify/check/image.h"
#include "verify/inspect/hardware/power.h"
#include "verify/inspect_machine.h"
#include "verify/list.h"
#include "verify/named_cards.h"
#include "verify/output/colour.h"
#include "verify/output/progress.h"
#include "verify/output/show.h"
#include "verify/output/terminal.h"
#include "verify/output/wrapped.h"
#include "verify/passport/passport.h"
#include "verify/report/explain.h"
#include "verify/report/firmware.h"
#include "verify/report/report.h"
#include "verify/setup.h"
#include "verify/trial/live/live.h"

namespace verify {
namespace {

constexpr int kAny = 1 << 20;

int print_error(const std::string& sentence, int exit_code) {
  show(stderr, fmt::format("vfio-verify: {}\n", sentence));
  return exit_code;
}

// Prints an error, with a hint if a permission or a file below --root is missing.
int print_host_error(const host::Error& error, const Options& options) {
  std::string sentence = host::describe(error);
  if (error.code == EACCES || error.code == EPERM) sentence += "; run vfio-verify as root";
  if (error.code == ENOENT && options.root)
    sentence +=
        "; --root needs a directory tree of a machine, or an archive of 'vfio-verify capture'";
  return print_error(sentence, kExitUnknown);
}

// The directory of `file` if it does not exist, else "". Directories are not created, because the
// path may have a typo.
std::string missing_directory(const std::string& file) {
  std::error_code unknown;
  const auto directory = std::filesystem::absolute(file, unknown).parent_path();
  return std::filesystem::is_directory(directory, unknown) ? "" : directory.string();
}

// main() reports write errors.
int print(const std::string& text, int exit_code) {
  show(stdout, text);
  return exit_code;
}

// Where the report goes, and what can be shown there.
struct Output {
  bool terminal = false, colour = false, symbols = false;
  size_t width = kWidth;
};

Output output_of(const Options& options) {
  if (options.writes_to_file()) return {};
  return {.terminal = is_terminal(STDOUT_FILENO),
          .colour = wants_colour(),
          .symbols = wants_symbols(),
          .width = columns_of(STDOUT_FILENO)};
}

// An error message if the report cannot go where the options say; "": it can. The checks may take
// seconds, so this is found before they run.
std::string unusable_output(const Options& options) {
  if (options.format == "html" && output_of(options).terminal)
    return "--format html is a page for a browser: write it to a file with -o FILE";
  const std::string missing = options.writes_to_file() ? missing_directory(*options.output) : "";
  return missing.empty() ? "" : "no directory " + missing + " found";
}

// To the file of --output, which only its owner can read, or to standard output. If the report
// could not be written, the exit status is never "pass".
int write_report(const std::string& text, int exit_code, const Options& options) {
  if (!options.writes_to_file()) return print(text, exit_code);
  const auto written = host::replace_user_file(*options.output, host::printable(text), 0600);
  if (written) return exit_code;
  return print_error(host::describe(written.error()),
                     exit_code == kExitPass ? kExitUnknown : exit_code);
}

const Format& format_named(const std::string& name) {
  const auto all = formats();
  return *std::find_if(all.begin(), all.end(), [&](const auto& f) { return f.name == name; });
}

// The options with the cards in full, as the rest of the program knows them.
Options with_named_cards(Options options, const config::Configuration& configuration,
                         const host::Root& root) {
  if (options.operands.empty()) return options;
  const auto machine = host::read_machine(root);
  options.operands = named_cards(options.operands, configuration,
                                 machine ? machine->functions : std::vector<host::PciFunction>());
  return options;
}

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

// Reads what the checks guest.* need (vfio-verify(8)).
void inspect_guest(const host::Root& root, const Options& options,
                   const config::Configuration& configuration, Inspection& inspection) {
  std::vector<int> groups;
  for (const InspectedGroup& group : inspection.groups) groups.push_back(group.number);
  inspection.guest = guest::read_readiness(root, {options.guest_memory, options.user},
                                           {.live = root.live(), .programs = !options.quick},
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
    run_live_trials(root, {options.force, options.backend()}, *inspection, *inspection,
                    [](const std::string& sentence) { print_error(sentence, kExitPass); });
  const Findings findings = run_checks(*inspection);
  const Output output = output_of(options);
  const Report report{.arguments = options.arguments,
                      .inspection = *inspection,
                      .findings = findings,
                      .colour = output.colour,
                      .quiet = options.quiet,
                      .width = output.width,
                      .symbols = output.symbols};
  const std::string format = options.format_on(output.terminal);
  return write_report(format_named(format).write(report), exit_code(verdict(findings)), options);
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
  if (!machine) return print_host_error(machine.error(), options);
  const auto configuration = config::read_configuration(root, options.configuration_file);
  std::fputs(card_operands(configuration, *machine).c_str(), stdout);
  return kExitPass;
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
  const std::string text = setup_text(*inspection, configuration);
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

int run_save(const host::Root& root, const Options& options) {
  const std::string file = options.operands.empty() ? kPassportFile : options.operands[0];
  const auto passport = take_passport(root, options.configuration_file);
  if (!passport) return print_host_error(passport.error(), options);
  if (file == "-") return print(passport_json(*passport), kExitPass);
  if (const std::string missing = missing_directory(file);
      !options.operands.empty() && !missing.empty())
    return print_error("no directory " + missing + " found", kExitUsage);
  const auto saved = save_passport(*passport, file);
  return saved ? kExitPass : print_host_error(saved.error(), options);
}

int no_passport(const host::Error& error, const std::string& file, const Options& options) {
  if (error.code == ENOENT)
    return print_error(
        fmt::format("no passport {} found: run 'vfio-verify save' before an update", file),
        kExitUnknown);
  if (error.code == EINVAL)
    return print_error(file + " is not a passport of 'vfio-verify save'", kExitUnknown);
  return print_host_error(error, options);
}

// Without operands: the saved passport and this machine. One file: that passport and this machine.
// Two files: these passports.
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

// Saves both passports before it runs the checks. If the checks are interrupted, the next boot does
// not run them again.
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

int run_capture(const host::Root& root, const Options& options) {
  const std::string& file = options.operands.front();
  if (const std::string missing = missing_directory(file); file != "-" && !missing.empty())
    return print_error("no directory " + missing + " found", kExitUsage);
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
     "--config --root --format --output --quiet --verbose --live --force --backend --guest-memory --user --quick",
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
    {"setup", "Print what a card still needs: configuration, parameters, libvirt, QEMU", "CARD", 1,
     1, run_setup, "--config --root"},
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
