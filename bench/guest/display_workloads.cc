// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstring>
#include <exception>
#include <memory>
#include <string>

#include <benchmark/benchmark.h>

#include "bench/guest/display.h"
#include "bench/guest/workloads.h"

namespace bench {
namespace {

constexpr uint16_t kTile = 8;  // pixels a side

struct Subject {
  host::Root root;
  host::PciAddress address;
  std::unique_ptr<Display> display;
};

void fill(benchmark::State& state, Display& display) {
  const auto pixels = display.buffer(0).pixels();
  int colour = 0;
  for (auto _ : state) {
    std::memset(pixels.data(), colour++ & 0xff, pixels.size());
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(pixels.size()));
}

void flip(benchmark::State& state, Display& display) {
  size_t shown = 0;
  for (auto _ : state) display.flip_to(display.buffer(++shown));
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()));
}

void dirty_frame(benchmark::State& state, Display& display) {
  for (auto _ : state) display.mark_dirty(display.width(), display.height());
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()));
}

void dirty_tile(benchmark::State& state, Display& display) {
  for (auto _ : state) display.mark_dirty(kTile, kTile);
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()));
}

void send_cursor(benchmark::State& state, Display& display) {
  const DumbBuffer pixels = display.new_cursor();
  for (auto _ : state) display.send_cursor(pixels);
}

// A failed call ends this workload only, not the others.
benchmark::internal::Benchmark* add(const char* name, const std::shared_ptr<Subject>& subject,
                                    void (*workload)(benchmark::State&, Display&)) {
  return benchmark::RegisterBenchmark(
             name,
             [subject, workload](benchmark::State& state) {
               const Interrupts before = interrupts_of(subject->root, subject->address);
               try {
                 workload(state, *subject->display);
               } catch (const std::exception& error) {
                 state.SkipWithError(error.what());
               }
               const Interrupts after = interrupts_of(subject->root, subject->address);
               state.counters["interrupts"] = static_cast<double>(after.all - before.all);
               state.counters["msix"] = static_cast<double>(after.msix - before.msix);
             })
      ->UseRealTime();
}

// A driver without a command for changed pixels returns ENOSYS (drm_mode_dirtyfb_ioctl).
bool supports_dirty(Display& display) {
  try {
    display.mark_dirty(kTile, kTile);
  } catch (const std::exception&) {
    return false;
  }
  return true;
}

// Registers the workloads with an error, so that the report says why they have no figure.
void add_unmeasured(const std::string& why) {
  for (const char* name : {"DumbBufferFill", "PageFlip"})
    benchmark::RegisterBenchmark(name, [why](benchmark::State& state) {
      state.SkipWithError(why.c_str());
    })->UseRealTime();
}

void add_workloads_of(const std::shared_ptr<Subject>& subject) {
  add("DumbBufferFill", subject, fill);
  // The reply time of QEMU's thread is random even under -icount: a longer run gives a stable mean.
  add("PageFlip", subject, flip)->MinTime(1.0);
  if (subject->display->awaits_cursor()) add("CommandRoundTrip", subject, send_cursor);
  if (!supports_dirty(*subject->display)) return;
  add("DirtyFrame", subject, dirty_frame);
  add("DirtyTile", subject, dirty_tile);
}

}  // namespace

void add_display_workloads(const host::Root& root, const Card& card) {
  // The DRM node of this card, not the first one.
  const std::string directory = card.function.address.sysfs() + "/drm";
  std::string why = "no driver in the guest created a display for the card";
  for (const std::string& name : root.list(directory).value_or({})) {
    if (!name.starts_with("card")) continue;
    try {
      if (auto own = Display::open(("/dev/dri/" + name).c_str()))
        return add_workloads_of(std::make_shared<Subject>(
            Subject{*host::Root::open(), card.function.address, std::move(own)}));
      why = "no monitor is connected to the card; a dummy plug is enough";
    } catch (const std::exception& error) {
      why = name + ": " + error.what();
    }
  }
  add_unmeasured(why);
}

}  // namespace bench
