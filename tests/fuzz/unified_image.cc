// SPDX-License-Identifier: GPL-2.0-or-later
//
// A unified kernel image: its sections are within it.
#include "verify/inspect/boot/unified_image.h"

#include "tests/fuzz/samples.h"
#include "tests/fuzz/target.h"

namespace fuzz {
namespace {

std::vector<std::string> samples() {
  return {unified_image({{".cmdline", "quiet rdinit=/vfio-early"}, {".initrd", "070701"}}),
          unified_image({{".linux", "MZ"}})};
}

void parse(std::string_view bytes) {
  for (const char* name : {".initrd", ".cmdline", ".linux"}) {
    const auto section = verify::section_of(bytes, name);
    if (!section) continue;
    require(section->data() >= bytes.data());
    require(section->data() + section->size() <= bytes.data() + bytes.size());
  }
  if (verify::is_unified_image(bytes)) require(verify::section_of(bytes, ".initrd").has_value());
}

const Target kTarget("unified_image", samples, parse);

}  // namespace
}  // namespace fuzz
