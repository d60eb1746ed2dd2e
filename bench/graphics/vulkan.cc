// SPDX-License-Identifier: GPL-2.0-or-later
//
// A real graphics load with Vulkan. It is skipped if the guest has no Vulkan driver for the card.
// Its options: program.h.
#include <string>

#include <fmt/format.h>

#include "bench/graphics/program.h"
#include "bench/graphics/vulkan_device.h"
#include "bench/graphics/vulkan_scene.h"
#include "bench/guest/renderer.h"

namespace {

void draw(benchmark::State& state, const bench::GraphicsOptions& options) {
  const bench::VulkanDevice device(bench::nodes_of_card().address);
  const std::string renderer = device.name();
  // Mesa installs a driver for processors beside those for cards. An error would be wrong here: the
  // card has no driver for Vulkan.
  if (options.renderer.empty() && !options.software && bench::is_software(renderer))
    throw bench::NotSupported(fmt::format(
        "the guest has no Vulkan driver for the card, only '{}', with which the processor draws",
        renderer));
  if (const std::string why = bench::refuse(state, renderer, options); !why.empty())
    return state.SkipWithError(why.c_str());
  bench::VulkanScene scene(device, options.size);
  bench::measure(state, [&](int frame) { scene.draw(frame); });
  bench::report(state, renderer, scene.picture());
}

// A model that must have Vulkan fails without it.
void draw_or_fail(benchmark::State& state, const bench::GraphicsOptions& options) {
  try {
    draw(state, options);
  } catch (const bench::NotSupported& reason) {
    if (options.renderer.empty()) throw;
    state.SkipWithError(reason.what());
  }
}

}  // namespace

int main(int argc, char** argv) {
  return bench::run_load(argc, argv, "VulkanLoad", draw_or_fail);
}
