// SPDX-License-Identifier: GPL-2.0-or-later
//
// From the runs to what they say: the two ways of giving a guest a card, side by side.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "bench/metrics.h"

namespace bench {

enum class Way { kPassedThrough, kEmulated };

const char* name_of(Way way);  // "passthrough", "emulated"

// All runs as one report in Google Benchmark's form, in which a run of BarRead is called
// "0000:01:00=bochs-display/passthrough/BarRead" and has its number as `repetition_index`.
class Results {
 public:
  Results();
  // Nothing where `text` is not what text() wrote.
  static std::optional<Results> parse(const std::string& text);

  // What one guest reported.
  void add(const std::string& pair, Way way, int round, const nlohmann::json& report);

  std::string text() const;
  const nlohmann::json& json() const { return json_; }

  // How it was measured, for whoever reads the figures later: "qemu", "accelerator", …
  void note(const std::string& key, const std::string& value);
  // In a line: "QEMU 7.2.22, tcg; guest's kernel 6.12.117; rounds 1"; "" where nothing was noted.
  std::string how() const;

 private:
  nlohmann::json json_;
};

// One figure, over all rounds; over all but the first, which warms caches and firmware up, where
// there are kRoundsToDropFrom or more.
inline constexpr int kRoundsToDropFrom = 5;
struct Figure {
  double median = 0;
  double spread = 0;  // half of what lies between the least and the most, as a part of the median
  // How often the card interrupted the guest for one operation. Nothing: it was not counted.
  std::optional<double> interrupts;
  bool by_msix = false;  // all of these were MSI-X
};

// One metric of one card.
struct Row {
  std::string pair;  // "0000:01:00=bochs-display"
  const Metric* metric = nullptr;
  std::optional<Figure> passed_through, emulated;

  // How many times as quick it is passed through. Nothing where there are not both.
  std::optional<double> ratio() const;
};

// The pairs, as they come.
std::vector<std::string> pairs_in(const Results& results);

// The card as a guest found it.
struct Found {
  std::string card;    // "1af4:1050"
  std::string driver;  // "virtio-pci"
  std::string beside;  // what else was in its slot: "8086:2668 on snd_hda_intel"; "" nothing

  std::string str() const;  // "1af4:1050 on virtio-pci, beside it 8086:2668 on snd_hda_intel"
};
// Nothing where no guest of the pair reported in that way.
std::optional<Found> found_in_guest(const Results& results, const std::string& pair, Way way);

// In the order of the pairs and the metrics; a metric that neither has is left out.
std::vector<Row> compare(const Results& results);

// What a workload could not measure, and why.
struct Failure {
  std::string pair;
  Way way;
  std::string workload, why;

  bool operator==(const Failure&) const = default;
};
// Each once, however many rounds it failed in.
std::vector<Failure> failures(const Results& results);
// What a pair that was run both ways has a figure of one way alone, and nobody failed at: a guest
// measures what its card and its driver have, and two models seldom have the same.
std::vector<Failure> one_sided(const Results& results);
// The workload of a guest that reported nothing.
inline constexpr const char* kWholeGuest = "the guest";

// Who drew the graphics load, and what came out.
struct Drawing {
  std::string pair;
  Way way;
  std::string renderer;  // GL_RENDERER
  uint32_t checksum = 0;
  std::array<double, 3> mean = {};  // red, green and blue, 0 to 255
};
// The last of each pair and way that has one.
std::vector<Drawing> drawings(const Results& results);

}  // namespace bench
