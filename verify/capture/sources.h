// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which files a capture takes, and what it keeps of each: a list. A list, and not a record of what
// one run opened: a run stops at the first thing that is missing and looks at configured cards
// only, while who reads a bug report wants to see what lies beside them.
//
// Only what is named is read: an attribute of a graphics driver may wake its card, and the memory
// behind a BAR is no text.
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
    kMark,         // an empty file: only its existence is judged
    kLink,         // a link and, as an empty directory, where it leads
    kPlace,        // a directory, which is judged even when it is empty
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
