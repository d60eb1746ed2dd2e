// SPDX-License-Identifier: GPL-2.0-or-later
//
// vfio-verify image FILE: will the next boot from this image bind the cards? One table has the
// checks, as in a chapter of check.h.
#pragma once

#include <span>

#include "verify/check/check.h"
#include "verify/inspect/image/image.h"

namespace verify {

using ImageCheck = BasicCheck<ImageFacts>;

// Their heading in the text report.
inline constexpr const char* kImageHeading = "Next boot";

std::span<const ImageCheck> image_checks();
Findings run_image_checks(const ImageFacts& image);
// Of image.readable, for a file that cannot be read.
Finding unreadable_image(const host::Error& error);

}  // namespace verify
