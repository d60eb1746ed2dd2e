// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/guest/renderer.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

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

bool is_virgl(std::string_view renderer) {
  return renderer.starts_with("virgl");
}

bool is_venus(std::string_view renderer) {
  return renderer.find("Virtio-GPU Venus") != renderer.npos;
}

Drawer drawer_of(std::string_view renderer) {
  if (!is_software(renderer)) return Drawer::kCard;
  return is_virgl(renderer) || is_venus(renderer) ? Drawer::kHostProcessor
                                                  : Drawer::kGuestProcessor;
}

std::string mismatch(std::string_view renderer, std::string_view expected) {
  const bool found = expected == "virgl"   ? is_virgl(renderer)
                     : expected == "venus" ? is_venus(renderer)
                     : expected == "native"
                         ? !is_virgl(renderer) && !is_venus(renderer) && !is_software(renderer)
                         : false;
  if (found) return "";
  return fmt::format("the renderer is '{}', not {}{}", renderer,
                     expected == "native" ? "a native context" : expected,
                     drawer_of(renderer) == Drawer::kGuestProcessor
                         ? ": Mesa fell back to the guest's processor"
                         : "");
}

}  // namespace bench
