// SPDX-License-Identifier: GPL-2.0-or-later
//
// A unit of an image's systemd, as systemd will read it there: the first file of its name, with its
// drop-ins (systemd.unit(5)). Of the settings those that decide whether vfio-early is started.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "verify/image_contents.h"

namespace verify {

struct ImageUnit {
  std::string file;                     // "usr/lib/systemd/system/x.service"; "": there is none
  bool masked = false;                  // a link to /dev/null, or an empty file
  std::vector<std::string> exec_start;  // command lines
  std::vector<std::string> before;      // names of units
  std::vector<std::string> in_the_way;  // "ConditionPathExists=/x, which it lacks"
  std::vector<std::string> undecided;   // conditions that an image alone does not decide
};

ImageUnit read_unit(const ImageContents& image, const std::string& name);

// Do the files or links of the image have `unit` started with `target`?
bool is_wanted_by(const ImageContents& image, const std::string& unit, const std::string& target);

}  // namespace verify
