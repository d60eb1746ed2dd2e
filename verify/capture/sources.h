// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which files a capture takes, and what it keeps of each: a fixed list, not a record of what one
// run opened. A run stops at the first thing that is missing and reads configured cards only, but
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
    kConfigSpace,  // not read of a function that sleeps
    kFirmware,     // a descriptor of firmware, with the image that it names, empty
    kMark,         // an empty file: checks only ask whether it exists
    kLink,         // a link and, as an empty directory, where it leads
    kPlace,        // a directory, also if it is empty
  };

  const char* pattern = "";  // '*' within one part of a path
  Kind kind = Kind::kFile;
  // What is kept of its content; null: all of it, which is numbers and words of the kernel's.
  std::string (*keep)(std::string_view text, Anonymiser& anonymiser) = nullptr;
  // Hides what is not kept; null: the file holds no secrets. If it is set, what has the form of a
  // secret is hidden as well.
  void (*learn)(std::string_view text, Anonymiser& anonymiser) = nullptr;
};

std::span<const Source> sources();

}  // namespace verify::capture
