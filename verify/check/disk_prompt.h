// SPDX-License-Identifier: GPL-2.0-or-later
//
// The check image.prompt.
#pragma once

#include "verify/check/finding.h"
#include "verify/inspect/image/image.h"

namespace verify {

// `platform`: with the tool that made the image.
Finding judge_disk_prompt(const ImageFacts& facts, const host::Platform& platform);

}  // namespace verify
