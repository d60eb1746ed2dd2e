// SPDX-License-Identifier: GPL-2.0-or-later
//
// usage: graphics [--software=allow] [--frames=N] [--size=PIXELS] [--benchmark_…]
//
// A real graphics load, off screen: a fixed number of frames, reported as Google Benchmark's JSON
// between the markers of bench/guest/markers.h. If the processor draws instead of the card, it
// reports an error instead of a figure, unless --software=allow is given.
#include <cstdio>
#include <cstring>
#include <exception>
#include <iostream>
#include <string>

#include <GLES2/gl2.h>
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "bench/graphics/context.h"
#include "bench/graphics/scene.h"
#include "bench/guest/card.h"
#include "bench/guest/markers.h"
#include "bench/guest/renderer.h"
#include "host/text.h"

namespace {

struct Options {
  bool software = false;
  int frames = 200;
  int size = 1024;
};

// The card's DRM nodes.
std::vector<std::string> nodes_of_card() {
  std::vector<std::string> nodes;
  const auto root = host::Root::open();
  const auto card = root ? bench::find_card(*root) : root.error();
  if (!card) return nodes;
  const std::string directory = card->function.address.sysfs() + "/drm";
  for (const std::string& name : root->list(directory).value_or({}))
    nodes.push_back("/dev/dri/" + name);
  return nodes;
}

void show(benchmark::State& state, const bench::Picture& picture) {
  state.counters["checksum"] = picture.checksum;
  state.counters["red"] = picture.red;
  state.counters["green"] = picture.green;
  state.counters["blue"] = picture.blue;
}

void draw(benchmark::State& state, const Options& options) {
  const bench::Context context(nodes_of_card());
  const std::string renderer = context.renderer();
  state.SetLabel(renderer);
  if (!options.software && bench::is_software(renderer))
    return state.SkipWithError(
        fmt::format(
            "the renderer is '{}': the processor draws, not the card; the guest has no 3D driver for the card, or the host's processor draws for it",
            renderer)
            .c_str());
  bench::Scene scene(options.size);
  scene.draw(0);  // compiles the shaders
  int frame = 0;
  for (auto _ : state) scene.draw(++frame);
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()));
  const bench::Picture picture = scene.picture();
  if (const GLenum error = glGetError(); error != GL_NO_ERROR || picture.plain)
    return state.SkipWithError(
        fmt::format("'{}' did not draw a picture: GL error 0x{:04x}", renderer, error).c_str());
  show(state, picture);
}

// The options that Google Benchmark does not handle.
bool read_options(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const auto number =
        host::parse_number(word.substr(std::min(word.find('=') + 1, word.size())), 10);
    if (word == "--software=allow")
      options.software = true;
    else if (word.starts_with("--frames=") && number && *number > 0)
      options.frames = static_cast<int>(*number);
    else if (word.starts_with("--size=") && number && *number > 0 && *number <= 8192)
      options.size = static_cast<int>(*number);
    else
      return std::fprintf(stderr, "graphics: unknown option '%s'\n", argv[i]), false;
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  benchmark::Initialize(&argc, argv);
  if (!read_options(argc, argv, options)) return 64;
  benchmark::RegisterBenchmark("GraphicsLoad",
                               [&](benchmark::State& state) {
                                 try {
                                   draw(state, options);
                                 } catch (const std::exception& error) {
                                   state.SkipWithError(error.what());
                                 }
                               })
      ->Iterations(options.frames)
      ->UseRealTime();
  benchmark::JSONReporter reporter;
  std::cout << bench::kBegin << std::endl;
  benchmark::RunSpecifiedBenchmarks(&reporter);
  std::cout << std::endl << bench::kEnd << std::endl;
  return 0;
}
