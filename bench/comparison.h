// SPDX-License-Identifier: GPL-2.0-or-later
//
// Compares the two ways of giving a guest a card, from the reports of all runs.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "bench/metrics.h"

namespace bench {

// The key of a report's context with QEMU's display and its render node, if the host draws.
inline constexpr const char* kDisplay = "display";

enum class CardMode { kPassedThrough, kEmulated };

const char* name_of(CardMode mode);    // "passthrough", "emulated": in files
const char* words_for(CardMode mode);  // "passed through", "emulated": for readers

// All runs as one report in Google Benchmark's format. A run of BarRead is named
// "0000:01:00=bochs-display/passthrough/BarRead" and has its number as `repetition_index`.
class Results {
 public:
  Results();
  // Empty if `text` was not written by text().
  static std::optional<Results> parse(const std::string& text);

  // Adds what one guest reported.
  void add(const std::string& pair, CardMode mode, int round, const nlohmann::json& report);

  std::string text() const;
  const nlohmann::json& json() const { return json_; }

  // Records how the results were measured, for later readers: "qemu", "accelerator", …
  void note(const std::string& key, const std::string& value);
  // In one line: "QEMU 7.2.22, tcg; the guest's kernel 6.12.117; rounds: 1"; "" if nothing was
  // noted.
  std::string conditions() const;

 private:
  nlohmann::json json_;
};

// One figure over all rounds. With kRoundsToDropFrom or more, the first is left out: it warms up
// caches and firmware.
inline constexpr int kRoundsToDropFrom = 5;
struct Figure {
  double median = 0;
  double spread = 0;  // half of the range (largest minus smallest), as a fraction of the median
  // The card's interrupts in the guest per operation. Empty: they were not counted.
  std::optional<double> interrupts;
  bool by_msix = false;  // all of these interrupts were MSI-X
  std::string renderer;  // what drew, if the metric is a graphics load
};

// "bochs-display" of "0000:01:00=bochs-display"
std::string model_of(const std::string& pair);

// One metric of one card.
struct Row {
  std::string pair;  // "0000:01:00=bochs-display"
  const Metric* metric = nullptr;
  std::optional<Figure> passed_through, emulated;

  // How many times as fast the passed-through card is. Empty unless both figures exist.
  std::optional<double> ratio() const;
};

// The pairs, in the order of the results.
std::vector<std::string> pairs_in(const Results& results);

// The card as a guest found it.
struct GuestCard {
  std::string card;    // "1af4:1050"
  std::string driver;  // "virtio-pci"
  // The other functions of its slot: "8086:2668 (snd_hda_intel)"; "" none.
  std::string other_functions;

  std::string str() const;  // "1af4:1050 (virtio-pci), with 8086:2668 (snd_hda_intel)"
};
// Empty if no guest of this pair and way reported a card.
std::optional<GuestCard> found_in_guest(const Results& results, const std::string& pair,
                                        CardMode mode);

// In the order of the pairs and the metrics, without a metric that neither way has.
std::vector<Row> compare(const Results& results);

// A workload that failed, and why.
struct Failure {
  std::string pair;
  CardMode mode;
  std::string workload, why;

  bool operator==(const Failure&) const = default;
};
// Each one once, even if it failed in several rounds.
std::vector<Failure> failures(const Results& results);
// The metrics of a pair that were measured one way only, although the pair ran both ways and no
// workload failed. A guest measures what its card and its driver support, and two models seldom
// support the same.
std::vector<Failure> incomparable_metrics(const Results& results);
// The workloads for which the guest has no driver, and why: no failure.
std::vector<Failure> skipped_workloads(const Results& results);
// What else a reader must know about the guests of a pair, each sentence once: QEMU's display, if
// the host draws, and that QEMU had to be killed.
std::vector<std::string> remarks(const Results& results, const std::string& pair);
// The workload name for a guest that reported nothing.
inline constexpr const char* kWholeGuest = "the guest";

// What drew a graphics load, and the result.
struct Drawing {
  std::string pair;
  CardMode mode;
  std::string workload;  // "GraphicsLoad", "VulkanLoad"
  std::string renderer;  // GL_RENDERER, or the name of the Vulkan device
  uint32_t checksum = 0;
  std::array<double, 3> mean = {};  // red, green and blue, 0 to 255
};
// The last one of each pair, workload and way: both ways of a workload follow each other.
std::vector<Drawing> drawings(const Results& results);

}  // namespace bench
