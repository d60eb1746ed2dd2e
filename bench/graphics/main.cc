// SPDX-License-Identifier: GPL-2.0-or-later
//
// A real graphics load with EGL and OpenGL ES 2. If the processor draws instead of the card, it
// reports an error instead of a figure, unless this is allowed. Its options: program.h.
#include <string>

#include <GLES2/gl2.h>
#include <fmt/format.h>

#include "bench/graphics/context.h"
#include "bench/graphics/program.h"
#include "bench/graphics/scene.h"

namespace {

void draw(benchmark::State& state, const bench::GraphicsOptions& options) {
  const bench::Context context(bench::nodes_of_card().nodes);
  const std::string renderer = context.renderer();
  if (const std::string why = bench::refuse(state, renderer, options); !why.empty())
    return state.SkipWithError(why.c_str());
  bench::Scene scene(options.size);
  bench::measure(state, [&](int frame) { scene.draw(frame); });
  const bench::Picture picture = scene.picture();
  if (const GLenum error = glGetError(); error != GL_NO_ERROR)
    return state.SkipWithError(
        fmt::format("'{}' did not draw a picture: GL error 0x{:04x}", renderer, error).c_str());
  bench::report(state, renderer, picture);
}

}  // namespace

int main(int argc, char** argv) {
  return bench::run_load(argc, argv, "GraphicsLoad", draw);
}
