// SPDX-License-Identifier: GPL-2.0-or-later
//
// Inspection: all that a check judges.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "verify/check/finding.h"
#include "verify/inspect/boot/files.h"
#include "verify/inspect/facts.h"
#include "verify/inspect/image/next_image.h"
#include "verify/trial/trials.h"

namespace verify {

struct JudgedImage : NextImage {
  Findings findings;  // of the checks image.*
};

// One image of this machine, with its findings. The subject of a finding is not the file.
struct JudgedFile {
  std::string file;
  std::string releases;  // of the kernels whose modules are in it: "6.12.0"; "": unknown
  Findings findings;
};

struct JudgedImages {
  std::vector<JudgedFile> images;
  std::optional<Unread> unread;  // why there may be more
};

struct Inspection : Facts, Trials {
  std::optional<JudgedImage> next_image;  // nullopt: not read
  JudgedImages other_images;              // those that `next_image` is not
};

}  // namespace verify
