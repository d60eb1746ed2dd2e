// SPDX-License-Identifier: GPL-2.0-or-later
//
// Tells whether the card draws, or the processor.
#pragma once

#include <string_view>

namespace bench {

// True if this GL_RENDERER draws on the processor. EGL falls back to such a renderer, with only a
// warning, if the card's own driver does not work.
bool is_software(std::string_view renderer);

}  // namespace bench
