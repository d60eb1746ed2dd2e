// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is kept of a guest's firmware descriptor (QEMU's docs/interop/firmware.json): the fields
// that verify/guest/qemu.h reads.
#pragma once

#include <string>

#include "verify/capture/anonymiser.h"

namespace verify::capture {

struct FirmwareDescriptor {
  std::string text;
  std::string image;       // the path of its image; "": not named
  std::string kept_image;  // the path of the image in `text`
};
// A text that is not a descriptor becomes an empty object.
FirmwareDescriptor kept_firmware(const std::string& text, Anonymiser& anonymiser);

}  // namespace verify::capture
