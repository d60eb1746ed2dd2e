// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the graphics loads have in common: a program that draws a fixed number of frames, off
// screen, and reports them as Google Benchmark's JSON between the markers of bench/guest/markers.h.
//
// usage: PROGRAM [--software=allow] [--renderer=virgl|venus|native] [--frames=N] [--size=PIXELS]
//        [--benchmark_…]
#pragma once

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "bench/graphics/picture.h"
#include "host/pci_address.h"

namespace bench {

struct GraphicsOptions {
  bool software = false;  // the processor may draw
  std::string renderer;   // what must draw: see mismatch() in bench/guest/renderer.h; "": any card
  int frames = 200;
  int size = 1024;
};

// The machine does not have what the load needs. This is no failure: the load is skipped.
struct NotSupported : std::runtime_error {
  using runtime_error::runtime_error;
};

// Sets the label to `renderer`. Returns why it must not be measured; "": it may be.
std::string refuse(benchmark::State& state, const std::string& renderer,
                   const GraphicsOptions& options);

// Draws one frame more than there are iterations: the first compiles the shaders.
void measure(benchmark::State& state, const std::function<void(int frame)>& draw);

// Reports the picture, or an error if it is plain.
void report(benchmark::State& state, const std::string& renderer, const Picture& picture);

// The guest's card, if it has one.
struct CardNodes {
  host::PciAddress address;
  std::vector<std::string> nodes;  // "/dev/dri/card0", "/dev/dri/renderD128"
};
CardNodes nodes_of_card();

using Load = std::function<void(benchmark::State&, const GraphicsOptions&)>;

// main() of a graphics load. An exception of `load` is reported as its error.
int run_load(int argc, char** argv, const char* name, const Load& load);

}  // namespace bench
