// SPDX-License-Identifier: GPL-2.0-or-later
//
// An option ROM: its images are within it, without a gap between them.
#include "verify/inspect/hardware/rom.h"

#include "tests/fuzz/target.h"
#include "tests/unit/verify/rom_samples.h"

namespace fuzz {
namespace {

std::vector<std::string> samples() {
  return {text_of(::samples::rom({{}})),
          text_of(::samples::rom({{.last = false}, {.code_type = 3, .blocks = 3}})),
          text_of(::samples::rom(
              {{.code_type = 3, .machine = 0xaa64, .last = false}, {}, {.code_type = 1}}))};
}

void parse(std::string_view bytes) {
  const size_t size = bytes.size();
  const auto rom =
      verify::hardware::parse_rom({reinterpret_cast<const uint8_t*>(bytes.data()), size});
  require(!rom.images.empty() || !rom.fault.empty());
  size_t end = 0;
  for (const auto& image : rom.images) {
    require(image.offset == end && image.bytes > 0 && image.bytes <= size - image.offset);
    require(!image.str().empty());
    end = image.offset + image.bytes;
  }
}

const Target kTarget("rom", samples, parse);

}  // namespace
}  // namespace fuzz
