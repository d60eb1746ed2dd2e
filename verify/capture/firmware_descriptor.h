// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is kept of a descriptor of firmware for guests (QEMU's docs/interop/firmware.json): what
// verify/guest/qemu.h reads of it.
#pragma once

#include <string>

#include "verify/capture/anonymiser.h"

namespace verify::capture {

struct FirmwareDescriptor {
  std::string text;
  std::string image;       // that it names; "": it names none
  std::string kept_image;  // as `text` names it
};
// A text that is none becomes an empty object.
FirmwareDescriptor kept_firmware(const std::string& text, Anonymiser& anonymiser);

}  // namespace verify::capture
