// SPDX-License-Identifier: GPL-2.0-or-later
//
// Does each image of this machine bind the configured cards? vfio-verify judges that, if it is
// installed.
#pragma once

#include <string>

#include "host/root.h"

namespace early::enable {

enum class Images {
  kRight,
  kWrong,         // the next boot from one of them does not bind the cards
  kInconclusive,  // vfio-verify could not read or judge one of them
  kNotJudged,     // vfio-verify is not installed, or failed
};

struct JudgedImages {
  Images images = Images::kNotJudged;
  std::string report;  // of vfio-verify; or why it did not judge them
};

JudgedImages judge_images(const host::Root& root);

}  // namespace early::enable
