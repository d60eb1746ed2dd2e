// SPDX-License-Identifier: GPL-2.0-or-later
//
// usage: measurements-report FILE                            prints the tables
//        measurements-report FILE --same-as FILE [--within PERCENT]  compares two runs
//
// Exit status: 0, or 1 if the runs differ by more than PERCENT, or 2 for a file without figures.
#include <cstdio>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "bench/files.h"
#include "bench/measurements.h"

namespace {

constexpr int kUnusable = 2;

std::vector<bench::Measurement> read(const std::string& path) {
  const auto figures = bench::read_measurements(bench::read_file(path));
  if (!figures) fmt::print(stderr, "measurements: {}: {}\n", path, describe(figures.error()));
  if (figures && figures->empty()) fmt::print(stderr, "measurements: {} has no figures\n", path);
  return figures.value_or(std::vector<bench::Measurement>{});
}

int compare(const std::vector<bench::Measurement>& one,
            const std::vector<bench::Measurement>& other, double percent) {
  const bench::Agreement agreement = bench::compare_runs(one, other, percent);
  for (const std::string& line : agreement.distant) fmt::print("{}\n", line);
  fmt::print("{} figures compared; the largest difference is {:.2f} percent\n", agreement.compared,
             agreement.worst);
  return agreement.holds() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Prints the figures that a program of ci/bench measured, or compares two runs.");
  std::string file, other;
  double percent = 3;
  app.add_option("FILE", file, "the output of the program")->required();
  const auto* same = app.add_option("--same-as", other, "the output of another run");
  app.add_option("--within", percent, "percent; the default is 3")->needs("--same-as");
  CLI11_PARSE(app, argc, argv);
  const auto figures = read(file);
  if (figures.empty()) return kUnusable;
  if (same->count() == 0) return fmt::print("{}", bench::markdown(figures)), 0;
  const auto others = read(other);
  return others.empty() ? kUnusable : compare(figures, others, percent);
}
