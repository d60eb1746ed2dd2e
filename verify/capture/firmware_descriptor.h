// SPDX-License-Identifier: GPL-2.0-or-later
//
// The fields of a firmware descriptor (QEMU's docs/interop/firmware.json) that a capture keeps:
// those that verify/inspect/guest/qemu.h reads.
#pragma once

#include <string>

#include "verify/capture/anonymiser.h"

namespace verify::capture {

struct FirmwareDescriptor {
  std::string text;
  std::string image;       // the path of its image; "": not named
  std::string kept_image;  // the path of the image in `text`
};
// A text that is not a descriptor becomes a descriptor without values, or an empty object if it is
// nested too deeply.
FirmwareDescriptor kept_firmware(const std::string& text, Anonymiser& anonymiser);

}  // namespace verify::capture
