// SPDX-License-Identifier: GPL-2.0-or-later
//
// vfio-micro: what the steps of a boot's work cost, depending on the size of their input. Measured
// by this machine's clock: it shows how they grow, and the effect of a change on the same machine.
#include <cstddef>
#include <cstring>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <linux/vfio.h>

#include "bench/micro/many_functions.h"
#include "config/configuration.h"
#include "config/ini.h"
#include "host/machine.h"
#include "plan/plan.h"
#include "vfio/capabilities.h"

namespace {

constexpr int kMinFunctions = 10, kMaxFunctions = 10'000;  // functions

// A typical configuration: a section for each card, with comments.
std::string configuration(int64_t cards) {
  std::string text;
  for (int64_t i = 0; i < cards; ++i) {
    const std::string number = std::to_string(10 + i % 90);
    text += "# The card of guest " + std::to_string(i) + "\n[guest-" + std::to_string(i) +
            "]\naddress = 00" + number + ":01:00\nidentity = 10de:1b81 10de:10f0\n" +
            "functions = 0 1\non-moved = refuse\n\n";
  }
  return text;
}

void ParseConfiguration(benchmark::State& state) {
  const std::string text = configuration(state.range(0));
  for (auto _ : state) {
    config::Configuration parsed;
    config::parse_configuration(text, config::kConfigurationFile, parsed);
    if (parsed.cards.size() != static_cast<size_t>(state.range(0)))
      return state.SkipWithError("a card was refused");
  }
  state.SetComplexityN(state.range(0));
}
BENCHMARK(ParseConfiguration)->RangeMultiplier(4)->Range(1, config::kMaxIniSections)->Complexity();

void ScanMachine(benchmark::State& state) {
  const bench::ManyFunctions large(static_cast<int>(state.range(0)));
  const auto root = host::Root::open_tree(large.directory());
  for (auto _ : state) {
    const auto machine = host::read_machine(*root);
    if (!machine || machine->functions.size() != static_cast<size_t>(state.range(0)))
      return state.SkipWithError("a function was not seen");
  }
  state.SetComplexityN(state.range(0));
}
BENCHMARK(ScanMachine)->RangeMultiplier(10)->Range(kMinFunctions, kMaxFunctions)->Complexity();

void MakePlan(benchmark::State& state) {
  const bench::ManyFunctions large(static_cast<int>(state.range(0)));
  const auto root = host::Root::open_tree(large.directory());
  const auto machine = host::read_machine(*root);
  const auto wanted = config::read_configuration(*root, config::kConfigurationFile);
  if (!machine) return state.SkipWithError("no machine");
  for (auto _ : state)
    if (plan::make_plan(wanted, *machine).claims.size() != 1)
      return state.SkipWithError("the card was not claimed");
  state.SetComplexityN(state.range(0));
}
BENCHMARK(MakePlan)->RangeMultiplier(10)->Range(kMinFunctions, kMaxFunctions)->Complexity();

// The kernel's layout: each header, followed by sixteen bytes.
std::vector<std::byte> chain(size_t count) {
  constexpr size_t kStep = sizeof(vfio_info_cap_header) + 16;
  std::vector<std::byte> info(kStep * (count + 1));
  for (size_t i = 1; i <= count; ++i) {
    const vfio_info_cap_header header = {
        .id = static_cast<uint16_t>(i),
        .version = 1,
        .next = i == count ? 0 : static_cast<uint32_t>(kStep * (i + 1))};
    std::memcpy(info.data() + kStep * i, &header, sizeof(header));
  }
  return info;
}

void ParseCapabilities(benchmark::State& state) {
  constexpr size_t kFixed = sizeof(vfio_info_cap_header) + 16;
  const auto count = static_cast<size_t>(state.range(0));
  const auto info = chain(count);
  for (auto _ : state) {
    const auto parsed = vfio::parse_capabilities(info, kFixed, kFixed);
    if (!parsed || parsed->size() != count) return state.SkipWithError("a capability was lost");
  }
  state.SetComplexityN(state.range(0));
}
BENCHMARK(ParseCapabilities)->RangeMultiplier(10)->Range(1, 1000)->Complexity();

}  // namespace

BENCHMARK_MAIN();
