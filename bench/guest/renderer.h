// SPDX-License-Identifier: GPL-2.0-or-later
//
// Who draws: the card, or the processor in its place.
#pragma once

#include <string_view>

namespace bench {

// Is this GL_RENDERER one that draws on the processor? EGL falls back to one with no more than a
// warning where the card's own driver does not come up.
bool is_software(std::string_view renderer);

}  // namespace bench
