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

constexpr int kExitFine = 0, kExitNotAsExpected = 1, kExitCouldNotTell = 2, kExitUsage = 64;

struct Options {
  bench::Series series;
  std::string domain;
  std::string markdown, csv, picture;
  std::vector<std::string> expectations;  // "RegisterRead=5:"
  std::string other;                      // results of another run
  double percent = 3;
};

constexpr const char* kRival = "virtio-gpu-pci";

const std::map<std::string, bench::Software> kSoftware = {{"never", bench::Software::kNowhere},
                                                          {"emulated", bench::Software::kEmulated},
                                                          {"always", bench::Software::kEverywhere}};

void say(const std::string& text) {
  std::fputs(("vfio-bench: " + text + "\n").c_str(), stderr);
}

// The cards of the named domain replace the pairs.
bool ask_domain(Options& options) {
  if (options.domain.empty()) return true;
  const auto root = host::Root::open();
  const auto slots = root ? bench::cards_of_domain(*root, options.domain) : root.error();
  if (!slots) return say(host::describe(slots.error())), false;
  options.series.pairs = *slots;
  return true;
}

int run(Options& options) {
  if (options.domain.empty() && options.series.pairs.empty())
    return say("name a card, such as 0000:01:00, or a --domain of libvirt's"), kExitUsage;
  const bench::Series& series = options.series;
  if (!series.guest.kernel.empty() && series.guest.initrd.empty() && series.own.modules.empty())
    return say("--kernel needs its --modules, or an --initrd"), kExitUsage;
  if (!ask_domain(options)) return kExitCouldNotTell;
  for (std::string& pair : options.series.pairs)
    if (pair.find('=') == pair.npos) pair += std::string("=") + kRival;
  const bench::SeriesEnd end = bench::run(options.series);
  if (end == bench::SeriesEnd::kCouldNotTell) return kExitCouldNotTell;
  const std::string& file = options.series.results;
  if (const auto results = bench::Results::parse(bench::read_file(file)))
    std::fputs(bench::as_markdown(*results).c_str(), stdout);
  say(fmt::format("kept in {}; 'vfio-bench report --svg speed.svg {}' draws it", file, file));
  return end == bench::SeriesEnd::kMeasured ? kExitFine : kExitNotAsExpected;
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
    say(fmt::format("gnuplot could not draw {} (Debian: gnuplot-nox): {}", picture,
                    host::describe(drawn.error())));
  if (drawn) std::filesystem::remove(script);
  return drawn.has_value();
}

int report(const Options& options) {
  const std::string& file = options.series.results;
  if (!std::filesystem::exists(file)) return say("there is no file " + file), kExitCouldNotTell;
  const auto results = bench::Results::parse(bench::read_file(file));
  if (!results) return say(file + " holds no results of 'vfio-bench run'"), kExitCouldNotTell;
  const auto rows = bench::compare(*results);
  if (rows.empty()) {
    say(options.series.results + " holds no figures");
    return kExitCouldNotTell;
  }
  const std::string text = bench::as_markdown(*results);
  bool written = true;
  if (options.markdown.empty())
    std::fputs(text.c_str(), stdout);
  else
    written = bench::write_file(options.markdown, text);
  if (!options.csv.empty()) written &= bench::write_file(options.csv, bench::as_csv(rows));
  if (!options.picture.empty()) written &= draw(rows, options.picture);
  if (!written) return kExitCouldNotTell;
  // With --expect, a workload that failed fails the report, even if no expectation names it.
  bool held = true;
  for (const bench::Failure& failure : bench::failures(*results)) {
    if (options.expectations.empty()) break;
    say("not measured: " + failure.pair + ", " + bench::sentence_of(failure));
    held = false;
  }
  for (const std::string& expectation : options.expectations)
    for (const auto& sentence : bench::violations(*bench::Expectation::parse(expectation), rows)) {
      say(sentence);
      held = false;
    }
  if (options.other.empty()) return held ? kExitFine : kExitNotAsExpected;
  const auto other = bench::Results::parse(bench::read_file(options.other));
  if (!other)
    return say(options.other + " holds no results of 'vfio-bench run'"), kExitCouldNotTell;
  for (const auto& sentence : bench::differences(rows, bench::compare(*other), options.percent)) {
    say(sentence);
    held = false;
  }
  return held ? kExitFine : kExitNotAsExpected;
}

// "0000:01:00" or "0000:01:00=VGA"
std::string check_pair(const std::string& text) {
  const bool whole = host::PciAddress::parse(text.substr(0, text.find('=')) + ".0").has_value();
  return whole && !text.ends_with('=') ? ""
                                       : "wanted is SLOT or SLOT=MODEL, such as 0000:01:00=VGA";
}

std::string check_expectation(const std::string& text) {
  const auto parsed = bench::Expectation::parse(text);
  return parsed ? "" : host::describe(parsed.error());
}

// Returns --initrd, which excludes the options that apply only to a guest with this machine's root.
CLI::Option* declare_guest(CLI::App& app, bench::Series& series) {
  bench::Guest& guest = series.guest;
  app.add_option("--kernel", guest.kernel, "The guest's kernel, not the running one");
  app.add_option("--modules", series.own.modules, "Its lib/modules/RELEASE, not the running one's");
  auto* initrd =
      app.add_option("--initrd", guest.initrd,
                     "An initramfs with bench/guest in it, instead of this machine's root")
          ->needs("--kernel")
          ->excludes("--modules");
  app.add_option("--append", guest.arguments, "More for the kernel command line");
  app.add_option("--qemu", guest.qemu, "QEMU")->capture_default_str();
  app.add_option("--accel", guest.accelerator, "kvm or tcg; without it kvm where it works")
      ->check(CLI::IsMember({"kvm", "tcg"}));
  app.add_option("--memory", guest.memory, "MB for the guest: 2048, or 256 with --initrd")
      ->check(CLI::PositiveNumber);
  app.add_option("--processors", guest.processors, "For the guest")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  return initrd;
}

void declare_run(CLI::App& app, Options& options) {
  bench::Series& series = options.series;
  auto* pairs = app.add_option("PAIR", series.pairs,
                               "SLOT[=MODEL]: a card on vfio-pci and QEMU's model to compare it "
                               "with, virtio-gpu-pci unless told otherwise")
                    ->check(check_pair);
  app.add_option("--domain", options.domain,
                 "A domain of libvirt's: the graphics cards that it is given")
      ->excludes(pairs);
  auto* initrd = declare_guest(app, series);
  app.add_option(
         "--rounds", series.rounds,
         "How often each is run: 6 under kvm, else once. Of 5 and more the first is dropped")
      ->check(CLI::PositiveNumber);
  app.add_option("--only", series.only, "A regular expression: these workloads alone");
  app.add_option("--software", series.software,
                 "Where the processor may draw the graphics load in the card's place: never, "
                 "emulated, always")
      ->transform(CLI::CheckedTransformer(kSoftware))
      ->excludes(initrd);
  app.add_option("--frames", series.frames, "Of the graphics load: 200 under kvm, else 10")
      ->check(CLI::PositiveNumber)
      ->excludes(initrd);
  app.add_option("--size", series.size, "Its pixels a side: 1024 under kvm, else 128")
      ->check(CLI::Range(16, 8192))
      ->excludes(initrd);
  app.add_flag("--trapped", series.trapped, "Map no BAR into the guest: the broken twin");
  app.add_flag("--emulated-only", series.emulated_only, "Pass nothing through");
  app.add_option("--card-options", series.card_properties,
                 "Properties of QEMU's vfio-pci for the card, such as romfile=/card.rom");
  app.add_option("--remark", series.remark, "A few words on the machine, for the report");
  app.add_option("--logs", series.directory, "Where consoles are kept")->capture_default_str();
  app.add_option("--output,-o", series.results, "The results")->capture_default_str();
}

void declare_report(CLI::App& app, Options& options) {
  app.add_option("FILE", options.series.results, "What run wrote")->capture_default_str();
  app.add_option("--markdown", options.markdown, "Write the tables here, not to the terminal");
  app.add_option("--csv", options.csv, "Write the figures here, too");
  app.add_option("--svg", options.picture, "Draw them, by gnuplot");
  app.add_option("--expect", options.expectations,
                 "[MODEL:]METRIC=LEAST:MOST: exit 1 unless the ratio lies between them")
      ->check(check_expectation);
  auto* other = app.add_option("--same-as", options.other,
                               "Another run's FILE: exit 1 unless each ratio is the same")
                    ->check(CLI::ExistingFile);
  app.add_option("--within", options.percent, "How far apart they may be, in percent")
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
  CLI::App app("What does passing a card through buy, against an emulated one?", "vfio-bench");
  app.set_version_flag("--version", "vfio-bench " VFIO_EARLY_VERSION);
  app.require_subcommand(1);
  auto* running = app.add_subcommand("run", "Start guests, and write down what they measure");
  auto* reporting = app.add_subcommand("report", "Compare, print and draw");
  running->footer(
      "Without --initrd the guest has this machine's whole root, read-only, over 9p: whatever runs "
      "in "
      "it can\nread all that QEMU's user can. Start none but your own programs in it.\n\n"
      "Exit status: 0 all was measured that these cards have; 1 a workload failed; 2 nothing was "
      "measured,\nor it can't tell; 64 usage.");
  reporting->footer(
      "Exit status: 0 as expected; 1 not as expected; 2 no figures, or a file can't be written; 64 "
      "usage.");
  declare_run(*running, options);
  declare_report(*reporting, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitFine : kExitUsage;
  }
  return *running ? run(options) : report(options);
}
