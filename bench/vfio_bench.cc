// SPDX-License-Identifier: GPL-2.0-or-later
//
// vfio-bench: how much faster a guest is with a card passed through than with an emulated one.
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "bench/comparison.h"
#include "bench/domain.h"
#include "bench/expectation.h"
#include "bench/files.h"
#include "bench/report.h"
#include "bench/series.h"
#include "host/child.h"
#include "host/pci_address.h"

namespace {

constexpr int kExitOk = 0, kExitNotAsExpected = 1, kExitInconclusive = 2, kExitUsage = 64;

struct Options {
  bench::Series series;
  std::string domain;
  std::string markdown, csv, picture;
  std::vector<std::string> expectations;  // "RegisterRead=5:"
  std::string other;                      // results of another run
  double percent = 3;
};

constexpr const char* kDefaultModel = "virtio-gpu-pci";

const std::map<std::string, bench::Software> kSoftware = {{"never", bench::Software::kNowhere},
                                                          {"emulated", bench::Software::kEmulated},
                                                          {"always", bench::Software::kEverywhere}};

void print_message(const std::string& text) {
  std::fputs(("vfio-bench: " + text + "\n").c_str(), stderr);
}

// The cards of the named domain replace the pairs.
bool use_cards_of_domain(Options& options) {
  if (options.domain.empty()) return true;
  const auto root = host::Root::open();
  const auto slots = root ? bench::cards_of_domain(*root, options.domain) : root.error();
  if (!slots) return print_message(host::describe(slots.error())), false;
  options.series.pairs = *slots;
  return true;
}

int run(Options& options) {
  if (options.domain.empty() && options.series.pairs.empty())
    return print_message("name a card, for example 0000:01:00, or a libvirt domain with --domain"),
           kExitUsage;
  const bench::Series& series = options.series;
  if (!series.guest.kernel.empty() && series.guest.initrd.empty() && series.own.modules.empty())
    return print_message("--kernel needs --modules or --initrd"), kExitUsage;
  if (!use_cards_of_domain(options)) return kExitInconclusive;
  for (std::string& pair : options.series.pairs)
    if (pair.find('=') == pair.npos) pair += std::string("=") + kDefaultModel;
  const bench::SeriesResult end = bench::run(options.series);
  if (end == bench::SeriesResult::kInconclusive) return kExitInconclusive;
  const std::string& file = options.series.results;
  if (const auto results = bench::Results::parse(bench::read_file(file)))
    std::fputs(bench::as_markdown(*results).c_str(), stdout);
  print_message(
      fmt::format("the figures are in {}; to draw them, run: vfio-bench report --svg speed.svg {}",
                  file, file));
  return end == bench::SeriesResult::kMeasured ? kExitOk : kExitNotAsExpected;
}

bool draw(const std::vector<bench::Row>& rows, const std::string& picture) {
  const std::string script = picture + ".gnuplot";
  if (!bench::write_file(script, bench::as_gnuplot(rows, picture))) return false;
  const auto root = host::Root::open();
  const auto gnuplot = root ? host::find_program(*root, "gnuplot") : root.error();
  const auto drawn =
      gnuplot ? host::output_of({.command = {*gnuplot, script}, .limit = std::chrono::seconds(30)})
              : gnuplot;
  if (!drawn)
    print_message(fmt::format("cannot draw {} with gnuplot (Debian: gnuplot-nox): {}", picture,
                              host::describe(drawn.error())));
  if (drawn) std::filesystem::remove(script);
  return drawn.has_value();
}

int report(const Options& options) {
  const std::string& file = options.series.results;
  if (!std::filesystem::exists(file))
    return print_message("file not found: " + file), kExitInconclusive;
  const auto results = bench::Results::parse(bench::read_file(file));
  if (!results)
    return print_message(file + " does not contain results of 'vfio-bench run'"), kExitInconclusive;
  const auto rows = bench::compare(*results);
  if (rows.empty()) {
    print_message(options.series.results + " contains no figures");
    return kExitInconclusive;
  }
  const std::string text = bench::as_markdown(*results);
  bool written = true;
  if (options.markdown.empty())
    std::fputs(text.c_str(), stdout);
  else
    written = bench::write_file(options.markdown, text);
  if (!options.csv.empty()) written &= bench::write_file(options.csv, bench::as_csv(rows));
  if (!options.picture.empty()) written &= draw(rows, options.picture);
  if (!written) return kExitInconclusive;
  // With --expect, a workload that failed fails the report, even if no expectation names it.
  bool passed = true;
  for (const bench::Failure& failure : bench::failures(*results)) {
    if (options.expectations.empty()) break;
    print_message("not measured: " + failure.pair + ", " + bench::sentence_of(failure));
    passed = false;
  }
  for (const std::string& expectation : options.expectations)
    for (const auto& sentence : bench::violations(*bench::Expectation::parse(expectation), rows)) {
      print_message(sentence);
      passed = false;
    }
  if (options.other.empty()) return passed ? kExitOk : kExitNotAsExpected;
  const auto other = bench::Results::parse(bench::read_file(options.other));
  if (!other)
    return print_message(options.other + " does not contain results of 'vfio-bench run'"),
           kExitInconclusive;
  for (const auto& sentence : bench::differences(rows, bench::compare(*other), options.percent)) {
    print_message(sentence);
    passed = false;
  }
  return passed ? kExitOk : kExitNotAsExpected;
}

// "0000:01:00" or "0000:01:00=VGA"
std::string check_pair(const std::string& text) {
  const bool whole = host::PciAddress::parse(text.substr(0, text.find('=')) + ".0").has_value();
  return whole && !text.ends_with('=') ? "" : "use SLOT or SLOT=MODEL, for example 0000:01:00=VGA";
}

std::string check_expectation(const std::string& text) {
  const auto parsed = bench::Expectation::parse(text);
  return parsed ? "" : host::describe(parsed.error());
}

// Returns --initrd, which excludes the options that apply only to a guest with this machine's root.
CLI::Option* declare_guest(CLI::App& app, bench::Series& series) {
  bench::Guest& guest = series.guest;
  app.add_option("--kernel", guest.kernel, "The guest's kernel instead of the running one");
  app.add_option("--modules", series.own.modules, "The kernel's lib/modules/RELEASE");
  auto* initrd = app.add_option("--initrd", guest.initrd,
                                "An initramfs with the workloads, instead of this machine's root")
                     ->needs("--kernel")
                     ->excludes("--modules");
  app.add_option("--append", guest.arguments,
                 "Add these parameters to the guest's kernel command line");
  app.add_option("--qemu", guest.qemu, "The QEMU program")->capture_default_str();
  app.add_option("--accel", guest.accelerator, "kvm or tcg; the default is kvm if it works")
      ->check(CLI::IsMember({"kvm", "tcg"}));
  app.add_option("--memory", guest.memory, "The guest's memory in MB: 2048, or 256 with --initrd")
      ->check(CLI::PositiveNumber);
  app.add_option("--processors", guest.processors, "The guest's number of processors")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  return initrd;
}

void declare_run(CLI::App& app, Options& options) {
  bench::Series& series = options.series;
  auto* pairs =
      app.add_option(
             "PAIR", series.pairs,
             "SLOT[=MODEL]: a card on vfio-pci, and the QEMU model to compare it with (default: virtio-gpu-pci)")
          ->check(check_pair);
  app.add_option("--domain", options.domain,
                 "Use the graphics cards that are assigned to this libvirt domain")
      ->excludes(pairs);
  auto* initrd = declare_guest(app, series);
  app.add_option(
         "--rounds", series.rounds,
         "How often to run each workload: 6 with kvm, else 1. With 5 or more, the first is dropped")
      ->check(CLI::PositiveNumber);
  app.add_option("--only", series.only, "A regular expression: run only these workloads");
  app.add_option(
         "--software", series.software,
         "In which guests the processor may draw the graphics load instead of the card: never, emulated, always")
      ->transform(CLI::CheckedTransformer(kSoftware))
      ->excludes(initrd);
  app.add_option("--frames", series.frames,
                 "The number of frames of the graphics load: 200 with kvm, else 10")
      ->check(CLI::PositiveNumber)
      ->excludes(initrd);
  app.add_option("--size", series.size,
                 "The width and height of each frame in pixels: 1024 with kvm, else 128")
      ->check(CLI::Range(16, 8192))
      ->excludes(initrd);
  app.add_flag("--trapped", series.trapped, "Map no BAR into the guest, as a negative control");
  app.add_flag("--emulated-only", series.emulated_only, "Measure only the emulated cards");
  app.add_option("--card-options", series.card_properties,
                 "More properties for QEMU's vfio-pci device, for example romfile=/card.rom");
  app.add_option("--remark", series.remark, "A remark about the machine, for the report");
  app.add_option("--logs", series.directory, "The directory for the consoles of the guests")
      ->capture_default_str();
  app.add_option("--output,-o", series.results, "The file for the figures")->capture_default_str();
}

void declare_report(CLI::App& app, Options& options) {
  app.add_option("FILE", options.series.results, "The figures of vfio-bench run")
      ->capture_default_str();
  app.add_option("--markdown", options.markdown,
                 "Write the tables to this file instead of standard output");
  app.add_option("--csv", options.csv, "Also write the figures to this file");
  app.add_option("--svg", options.picture, "Also draw the ratios to this file, with gnuplot");
  app.add_option("--expect", options.expectations,
                 "[MODEL:]METRIC=LEAST:MOST: fail if the ratio is not between these limits")
      ->check(check_expectation);
  auto* other =
      app.add_option(
             "--same-as", options.other,
             "Fail if a ratio differs from the ratio in FILE, the figures of a different run")
          ->check(CLI::ExistingFile);
  app.add_option("--within", options.percent,
                 "The largest difference that --same-as allows, in percent")
      ->needs(other)
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  options.series.guest.accelerator.clear();  // empty: chosen by likely_accelerator()
  options.series.guest.memory = 0;
  options.series.directory = "vfio-bench";
  options.series.results = "vfio-bench.json";
  CLI::App app("Measure the performance of a graphics card that is passed through", "vfio-bench");
  app.set_version_flag("--version", "vfio-bench " VFIO_EARLY_VERSION);
  app.require_subcommand(1);
  auto* running =
      app.add_subcommand("run", "Start guests, measure, and write the figures to a file");
  auto* reporting =
      app.add_subcommand("report", "Compare the figures, and print or draw the result");
  running->footer(
      "Without --initrd, the guest uses this machine's root file system, read-only, over 9p.\n"
      "Programs in the guest can read all files that QEMU's user can read.\n\n"
      "Exit status: 0 all that these cards support was measured; 1 a workload failed;\n"
      "2 nothing was measured, or the result is inconclusive; 64 wrong usage.");
  reporting->footer(
      "Exit status: 0 as expected; 1 not as expected; 2 no figures, or a file cannot be written;\n"
      "64 wrong usage.");
  declare_run(*running, options);
  declare_report(*reporting, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitOk : kExitUsage;
  }
  return *running ? run(options) : report(options);
}
