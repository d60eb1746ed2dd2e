// SPDX-License-Identifier: GPL-2.0-or-later
//
// The remedies of the checks image.*: with the generator that made the image.
#pragma once

#include "verify/check/remedy.h"
#include "verify/inspect/image/image.h"

namespace verify {

// The platform with the generator that made this image, which may differ from the detected one.
host::Platform platform_of_image(const ImageFacts& facts);

// The command line of a unified image is a part of it, whatever started this machine.
host::Platform with_unified_image(host::Platform platform);

Remedy rebuild(const ImageFacts& facts);

Remedy add_section();

// Generators add vfio-early to an image only if there is a configuration file.
Remedy include_with_configuration(const ImageFacts& facts);

}  // namespace verify
