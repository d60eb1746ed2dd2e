// SPDX-License-Identifier: GPL-2.0-or-later
//
// vfio-bench: what passing a card through buys, against the same guest with an emulated one.
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "bench/comparison.h"
#include "bench/expectation.h"
#include "bench/files.h"
#include "bench/guest_run.h"
#include "bench/report.h"
#include "host/pci_address.h"

namespace {

using bench::Way;

constexpr int kExitFine = 0, kExitNotAsExpected = 1, kExitCouldNotTell = 2, kExitUsage = 64;

struct Options {
  bench::Guest guest;
  std::vector<std::string> pairs;  // "0000:01:00=virtio-gpu-pci"
  int rounds = 1;
  bool trapped = false;
  std::string only;
  std::string directory = "vfio-bench";  // of the guests' consoles
  std::string results = "vfio-bench.json";
  std::string markdown, csv, picture;
  std::vector<std::string> expectations;  // "RegisterRead=5:"
};

void say(const std::string& text) {
  std::fputs(("vfio-bench: " + text + "\n").c_str(), stderr);
}

// One guest, whose report joins the results.
bool run_one(const Options& options, const host::Root& root, const std::string& pair, Way way,
             int round, bench::Results& results) {
  const size_t equals = pair.find('=');
  const std::string slot = pair.substr(0, equals);
  const auto card = way == Way::kEmulated
                        ? host::Result<host::Command>(bench::emulated(pair.substr(equals + 1)))
                        : bench::passed_through(root, slot, options.trapped);
  const std::string directory =
      fmt::format("{}/{}-{}-{}", options.directory, pair, bench::name_of(way), round);
  std::error_code nobody_cares;  // what can't be written is said when it is written
  std::filesystem::create_directories(directory, nobody_cares);
  const auto report = card ? bench::run_guest(options.guest, *card, directory) : card.error();
  if (!report) {
    say(host::describe(report.error()));
    return false;
  }
  results.add(pair, way, round, *report);
  return true;
}

// The two ways take turns: what the machine does besides meets both.
int run(Options options) {
  if (!options.only.empty()) options.guest.arguments += " --benchmark_filter=" + options.only;
  const auto root = host::Root::open();
  if (!root) return say(host::describe(root.error())), kExitCouldNotTell;
  bench::Results results;
  for (int round = 0; round < options.rounds; ++round)
    for (const std::string& pair : options.pairs)
      for (const Way way : {Way::kPassedThrough, Way::kEmulated}) {
        say(fmt::format("round {} of {}: {}, {}", round + 1, options.rounds, pair,
                        bench::name_of(way)));
        if (!run_one(options, *root, pair, way, round, results)) return kExitCouldNotTell;
      }
  return bench::write_file(options.results, results.text()) ? kExitFine : kExitCouldNotTell;
}

bool draw(const std::vector<bench::Row>& rows, const std::string& picture) {
  const std::string script = picture + ".gnuplot";
  if (!bench::write_file(script, bench::as_gnuplot(rows, picture))) return false;
  const auto ending =
      host::run({"gnuplot", script}, "/dev/null", script + ".err", std::chrono::seconds(30));
  const bool drawn = ending && ending->status == 0;
  if (!drawn)
    say(fmt::format("gnuplot could not draw {} (Debian: gnuplot-nox): {}", picture,
                    bench::read_file(script + ".err")));
  std::filesystem::remove(script + ".err");
  if (drawn) std::filesystem::remove(script);
  return drawn;
}

int report(const Options& options) {
  const auto results = bench::Results::parse(bench::read_file(options.results));
  if (!results) {
    say(options.results + " holds no results of 'vfio-bench run'");
    return kExitUsage;
  }
  const auto rows = bench::compare(*results);
  if (rows.empty()) {
    say(options.results + " holds no figures");
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
  bool held = true;
  for (const std::string& expectation : options.expectations)
    for (const auto& sentence : bench::violations(*bench::Expectation::parse(expectation), rows)) {
      say(sentence);
      held = false;
    }
  return held ? kExitFine : kExitNotAsExpected;
}

// "0000:01:00=virtio-gpu-pci"
std::string check_pair(const std::string& text) {
  const size_t equals = text.find('=');
  const auto address = host::PciAddress::parse(text.substr(0, equals) + ".0");
  return equals != text.npos && address && equals + 1 < text.size()
             ? ""
             : "wanted is SLOT=MODEL, such as 0000:01:00=VGA";
}

std::string check_expectation(const std::string& text) {
  const auto parsed = bench::Expectation::parse(text);
  return parsed ? "" : host::describe(parsed.error());
}

void declare_run(CLI::App& app, Options& options) {
  bench::Guest& guest = options.guest;
  app.add_option("PAIR", options.pairs, "A card on vfio-pci and the model to compare it with")
      ->required()
      ->check(check_pair);
  app.add_option("--kernel", guest.kernel, "The guest's kernel")->required();
  app.add_option("--initrd", guest.initrd, "An initramfs with bench/guest in it")->required();
  app.add_option("--append", guest.arguments, "The kernel command line");
  app.add_option("--only", options.only, "A regular expression: these workloads alone");
  app.add_option("--qemu", guest.qemu, "QEMU")->capture_default_str();
  app.add_option("--accel", guest.accelerator, "kvm or tcg")
      ->check(CLI::IsMember({"kvm", "tcg"}))
      ->capture_default_str();
  app.add_option("--memory", guest.memory, "MB for the guest")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--rounds", options.rounds, "How often each is run")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_flag("--trapped", options.trapped, "Map no BAR into the guest: the broken twin");
  app.add_option("--logs", options.directory, "Where consoles are kept")->capture_default_str();
  app.add_option("--output,-o", options.results, "The results")->capture_default_str();
}

void declare_report(CLI::App& app, Options& options) {
  app.add_option("FILE", options.results, "What run wrote")->capture_default_str();
  app.add_option("--markdown", options.markdown, "Write the tables here, not to the terminal");
  app.add_option("--csv", options.csv, "Write the figures here, too");
  app.add_option("--svg", options.picture, "Draw them, by gnuplot");
  app.add_option("--expect", options.expectations,
                 "METRIC=LEAST:MOST: exit 1 unless the ratio lies between them")
      ->check(check_expectation);
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("What does passing a card through buy, against an emulated one?", "vfio-bench");
  app.require_subcommand(1);
  auto* running = app.add_subcommand("run", "Start guests, and write down what they measure");
  auto* reporting = app.add_subcommand("report", "Compare, print and draw");
  declare_run(*running, options);
  declare_report(*reporting, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitFine : kExitUsage;
  }
  return *running ? run(options) : report(options);
}
