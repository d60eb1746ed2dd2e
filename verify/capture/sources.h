// SPDX-License-Identifier: GPL-2.0-or-later
//
// The files that a capture takes, and the parts of each that it keeps. The list is fixed, not
// recorded from a run: a run stops at the first missing item and reads only configured cards, but
// the reader of a bug report needs the other devices, too.
//
// Only listed files are read: an attribute of a graphics driver may wake its card, and the memory
// of a BAR is not text.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "verify/capture/anonymiser.h"

namespace verify::capture {

struct Source {
  enum class Kind {
    kFile,
    kConfigSpace,     // not read if the function is in D3cold
    kFirmware,        // a firmware descriptor, and an empty file for the image that it names
    kEmptyFile,       // an empty file: checks only ask whether it exists
    kLink,            // a link, and an empty directory for its target
    kEmptyDirectory,  // a directory, also if it is empty
  };

  const char* pattern = "";  // '*' within one part of a path
  Kind kind = Kind::kFile;
  // Returns the part of the content that is kept; null: all of it is kept, because it has only
  // numbers and words of the kernel.
  std::string (*keep)(std::string_view text, Anonymiser& anonymiser) = nullptr;
  // Hides the parts that are not kept; null: the file holds no secrets. If it is set, texts that
  // have the form of a secret are hidden as well.
  void (*learn)(std::string_view text, Anonymiser& anonymiser) = nullptr;
};

std::span<const Source> sources();

}  // namespace verify::capture
