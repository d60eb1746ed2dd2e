// SPDX-License-Identifier: GPL-2.0-or-later
//
// vfio-bench: how much faster a guest is with a card passed through than with an emulated one.
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "bench/comparison.h"
#include "bench/domain.h"
#include "bench/expectation.h"
#include "bench/files.h"
#include "bench/options.h"
#include "bench/report.h"
#include "bench/series.h"
#include "host/child.h"

namespace {

using bench::Options;

constexpr int kExitOk = 0, kExitNotAsExpected = 1, kExitInconclusive = 2, kExitUsage = 64;

constexpr const char* kDefaultModel = "virtio-gpu-pci";

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
  for (const auto& sentence :
       bench::different_pictures(options.same_picture, bench::drawings(*results))) {
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

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Measure the performance of a graphics card that is passed through", "vfio-bench");
  bench::declare(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitOk : kExitUsage;
  }
  return app.got_subcommand("run") ? run(options) : report(options);
}
