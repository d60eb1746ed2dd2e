// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any bytes as an option ROM. Images lie in it, one behind the other, and nothing is read outside.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "tests/fuzz/seeds.h"
#include "tests/unit/rom_samples.h"
#include "verify/hardware/rom.h"

namespace {

void hold(bool promise) {
  if (!promise) std::abort();
}

}  // namespace

std::vector<std::vector<uint8_t>> seeds() {
  return {samples::rom({{}}), samples::rom({{.last = false}, {.code_type = 3, .blocks = 3}}),
          samples::rom({{.code_type = 3, .machine = 0xaa64, .last = false}, {}, {.code_type = 1}})};
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto rom = verify::hardware::parse_rom({data, size});
  hold(!rom.images.empty() || !rom.fault.empty());
  size_t end = 0;
  for (const auto& image : rom.images) {
    hold(image.offset == end && image.bytes > 0 && image.bytes <= size - image.offset);
    hold(!image.str().empty());
    end = image.offset + image.bytes;
  }
  return 0;
}
