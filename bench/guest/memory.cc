// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstdint>
#include <memory>

#include <benchmark/benchmark.h>

#include "bench/guest/workloads.h"

namespace bench {
namespace {

using Caching = MappedBar::Caching;

// Large enough that loops and timers do not matter. An uncached read of a real card reaches some 10
// MB/s.
constexpr size_t kWindow = size_t{1} << 20;

std::span<volatile uint64_t> window(const MappedBar& bar) {
  const auto words = bar.words();
  return words.subspan(0, std::min(words.size(), kWindow / sizeof(uint64_t)));
}

void write_bar(benchmark::State& state, const MappedBar& bar) {
  const auto words = window(bar);
  uint64_t pixel = 0;
  for (auto _ : state) {
    for (volatile uint64_t& word : words) word = pixel;
    ++pixel;
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(words.size_bytes()));
}

void read_bar(benchmark::State& state, const MappedBar& bar) {
  const auto words = window(bar);
  uint64_t seen = 0;
  for (auto _ : state)
    for (const volatile uint64_t& word : words) seen += word;
  benchmark::DoNotOptimize(seen);
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(words.size_bytes()));
}

void read_register(benchmark::State& state, const MappedBar& bar, size_t offset) {
  const auto* at = reinterpret_cast<const volatile uint32_t*>(
      reinterpret_cast<const volatile std::byte*>(bar.words().data()) + offset);
  uint32_t seen = 0;
  for (auto _ : state) seen += *at;
  benchmark::DoNotOptimize(seen);
}

std::shared_ptr<MappedBar> map(const host::Root& root, const Card& card, int bar, Caching caching) {
  auto mapped = MappedBar::map(root, card.function.address, bar, caching);
  return mapped ? std::make_shared<MappedBar>(std::move(*mapped)) : nullptr;
}

}  // namespace

void add_memory_workloads(const host::Root& root, const Card& card) {
  const SafeMemory* known = card.safe_memory;
  if (!known) return;
  for (const auto& [caching, name] : {std::pair(Caching::kUncached, "/uncached"),
                                      std::pair(Caching::kWriteCombined, "/write_combined")}) {
    const auto bar =
        known->framebuffer < 0 ? nullptr : map(root, card, known->framebuffer, caching);
    if (!bar) continue;
    benchmark::RegisterBenchmark((std::string("BarWrite") + name).c_str(),
                                 [bar](benchmark::State& state) { write_bar(state, *bar); })
        ->UseRealTime();
    benchmark::RegisterBenchmark((std::string("BarRead") + name).c_str(),
                                 [bar](benchmark::State& state) { read_bar(state, *bar); })
        ->UseRealTime();
  }
  if (const auto bar = map(root, card, known->registers, Caching::kUncached))
    benchmark::RegisterBenchmark("RegisterRead", [bar, known](benchmark::State& state) {
      read_register(state, *bar, known->offset);
    })->UseRealTime();
}

}  // namespace bench
