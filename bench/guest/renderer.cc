// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/guest/renderer.h"

#include <algorithm>
#include <iterator>

#include "host/text.h"

namespace bench {
namespace {

// Mesa's, also as part of virgl and zink ("virgl (LLVMPIPE …)", "zink (llvmpipe …)"), and Google's.
constexpr const char* kSoftware[] = {"llvmpipe", "softpipe",    "swrast",
                                     "lavapipe", "swiftshader", "software rasterizer"};

}  // namespace

bool is_software(std::string_view renderer) {
  const std::string text = host::lower(renderer);
  return std::any_of(std::begin(kSoftware), std::end(kSoftware),
                     [&](const char* name) { return text.find(name) != text.npos; });
}

}  // namespace bench
