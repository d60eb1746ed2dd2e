// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/options.h"

#include <sstream>

#include <CLI/CLI.hpp>

#include "verify/finding.h"

namespace verify {
namespace {

void declare(CLI::App& app, Options& options) {
  app.add_option("CARD", options.cards, "Cards to look at: names of sections (default: all)")
      ->option_text("...");
  app.add_option("--config", options.configuration_file, "Configuration of vfio-early")
      ->option_text("FILE")
      ->capture_default_str();
  app.add_option("--root", options.root, "Look at a captured tree instead of this machine")
      ->option_text("DIR");
  app.add_option("--format", options.format, "Report as text or as json")
      ->option_text("text|json")
      ->check(CLI::IsMember({"text", "json"}));
  auto* firmware = app.add_subcommand(
      "firmware", "Show what the firmware says of its IOMMUs: ACPI's DMAR, IVRS and VIOT");
  firmware->add_option("FILE", options.tables, "Tables to show (default: this machine's)")
      ->option_text("...");
  firmware->fallthrough();
  firmware->callback([&options] { options.firmware = true; });
  app.add_flag("--list-checks", options.list_checks, "Name every check and its question");
  app.set_version_flag("--version", "vfio-verify " VFIO_EARLY_VERSION);
  app.footer(
      "Exit status: 0 pass, 1 fail, 2 could not tell, 64 wrong usage; warnings and\n"
      "what was skipped do not count. See vfio-verify(8).");
}

}  // namespace

ParsedOptions parse_options(int argc, const char* const* argv) {
  Options options;
  options.arguments.assign(argv + (argc > 0 ? 1 : 0), argv + argc);
  CLI::App app("Can the configured cards be given to a guest, and if not, what is wrong?",
               "vfio-verify");
  declare(app, options);
  // The library reports by exception, also that it was asked for help.
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::ostringstream out, complaint;
    const int code = app.exit(error, out, complaint);
    return {std::nullopt, Dismissal{out.str(), complaint.str(), code == 0 ? 0 : kExitUsage}};
  }
  return {std::move(options), std::nullopt};
}

}  // namespace verify
