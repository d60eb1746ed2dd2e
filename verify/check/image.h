// SPDX-License-Identifier: GPL-2.0-or-later
//
// vfio-verify image FILE: will the next boot from this image bind the cards? One table lists the
// checks. As in checks.h, they judge plain data and read no file.
#pragma once

#include <span>

#include "verify/check/finding.h"
#include "verify/inspect/image/image.h"

namespace verify {

struct ImageCheck {
  const char* id;
  const char* question;
  Findings (*judge)(const ImageFacts& image);
};

std::span<const ImageCheck> image_checks();
Findings run_image_checks(const ImageFacts& image);

}  // namespace verify
