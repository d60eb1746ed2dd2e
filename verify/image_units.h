// SPDX-License-Identifier: GPL-2.0-or-later
//
// A unit of an image's systemd, as systemd will read it there: the first file of its name, or of
// its template, with its drop-ins (systemd.unit(5)). Of the settings those that decide whether
// vfio-early is started, and before what.
//
// Files in an image's /run are ignored: systemd mounts its own /run over it
// (src/shared/mount-setup.c).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "verify/image_contents.h"

namespace verify {

struct ImageUnit {
  std::string file;                     // "usr/lib/systemd/system/x.service"; "": not found
  std::string alias_of;                 // the unit that its file is a link to; "": itself
  bool masked = false;                  // a link to /dev/null, or an empty file
  std::string text;                     // of the file, without drop-ins
  bool unread = false;                  // its text was not kept
  std::vector<std::string> exec_start;  // command lines
  std::vector<std::string> commands;    // of it and of ExecStartPre=, ExecStartPost=, …
  std::vector<std::string> before;      // names of units
  std::vector<std::string> after;       // likewise
  std::vector<std::string> pulled_in;   // likewise, by Wants=, Requires=, BindsTo= and Upholds=
  std::vector<std::string> needed;      // likewise, without which it is not started
  std::vector<std::string> conflicts;   // likewise
  std::vector<std::string> activates;   // likewise, as a socket, a timer or a path
  bool default_dependencies = true;
  std::vector<std::string> in_the_way;  // "ConditionPathExists=/x", which is not met
  std::vector<std::string> undecided;   // conditions that an image alone does not decide
  std::vector<std::string> unjudged;    // "is changed by FILE, which sets X=": effect not known
};

ImageUnit read_unit(const ImageContents& image, const std::string& name);

// "x@.service" of "x@y.service", and "y"; both "" for other names.
struct Instance {
  std::string of, name;
};
Instance instance_of(std::string_view unit);

// The names of all unit files in the image.
std::vector<std::string> unit_names(const ImageContents& image);

// The units that the directories NAME.wants and NAME.requires of `unit` name.
std::vector<std::string> linked_wants(const ImageContents& image, const std::string& unit);

// How `unit` is wanted, or required, by `target`.
struct ImageWant {
  bool wanted = false;
  std::string file;  // the link, or the file in its place; "": not found
  std::string
      why;  // it does not count ("is not a link"), or is doubtful ("is a link to x.service")
};

ImageWant find_want(const ImageContents& image, const std::string& unit, const std::string& target);

}  // namespace verify
