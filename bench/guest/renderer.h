// SPDX-License-Identifier: GPL-2.0-or-later
//
// Tells what draws, from the name that OpenGL (GL_RENDERER) or Vulkan (deviceName) has for it: the
// card, or a processor, and of which machine.
#pragma once

#include <string>
#include <string_view>

namespace bench {

// True if this renderer draws on a processor. EGL falls back to such a renderer, with only a
// warning, if the card's own driver does not work.
bool is_software(std::string_view renderer);

// The guest's commands are carried out by the host: "virgl (…)"; "Virtio-GPU Venus (…)", also as
// part of zink's name.
bool is_virgl(std::string_view renderer);
bool is_venus(std::string_view renderer);

enum class Drawer { kCard, kHostProcessor, kGuestProcessor };
Drawer drawer_of(std::string_view renderer);

// Why `renderer` is not the `expected` one: "virgl", "venus", or "native" (neither of them, and no
// processor). "" if it is.
std::string mismatch(std::string_view renderer, std::string_view expected);

}  // namespace bench
