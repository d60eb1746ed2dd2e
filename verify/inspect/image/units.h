// SPDX-License-Identifier: GPL-2.0-or-later
//
// A systemd unit in an image, as systemd reads it there: the first file of its name or of its
// template, with its drop-ins (systemd.unit(5)). Only the settings that decide whether vfio-early
// is started, and in which order.
//
// Files in an image's /run are ignored: systemd mounts its own /run over it
// (src/shared/mount-setup.c).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "initramfs/contents.h"

namespace verify {

struct ImageUnit {
  std::string file;                         // "usr/lib/systemd/system/x.service"; "": not found
  std::string alias_of;                     // the unit that its file is a link to; "": none
  bool masked = false;                      // a link to /dev/null, or an empty file
  std::string text;                         // of the file, without drop-ins
  bool unread = false;                      // the text was not kept
  std::vector<std::string> exec_start;      // command lines
  std::vector<std::string> commands;        // of ExecStart=, ExecStartPre=, ExecStartPost=, …
  std::vector<std::string> before;          // names of units
  std::vector<std::string> after;           // likewise
  std::vector<std::string> wanted_units;    // likewise, by Wants=, Requires=, BindsTo= and Upholds=
  std::vector<std::string> required_units;  // likewise, by Requires=, BindsTo= and Requisite=
  std::vector<std::string> conflicts;       // likewise
  std::vector<std::string> activates;       // likewise, of a socket, a timer or a path
  bool default_dependencies = true;
  std::vector<std::string> unmet_conditions;  // "ConditionPathExists=/x"
  std::vector<std::string> undecided;         // conditions that cannot be decided from an image
  // Settings of unknown effect: "is changed by FILE, …".
  std::vector<std::string> unsupported_settings;
};

ImageUnit read_unit(const initramfs::ImageContents& image, const std::string& name);

// For "x@y.service": `of` is "x@.service", `name` is "y". Both are "" for other names.
struct Instance {
  std::string of, name;
};
Instance instance_of(std::string_view unit);

// The names of all unit files in the image.
std::vector<std::string> unit_names(const initramfs::ImageContents& image);

// The units in the directories .wants and .requires of `unit`.
std::vector<std::string> linked_wants(const initramfs::ImageContents& image,
                                      const std::string& unit);

// Whether and how `target` wants or requires `unit`.
struct ImageWant {
  bool wanted = false;
  std::string file;  // in a directory .wants or .requires; "": not found
  std::string why;   // it is ignored ("is not a link") or unusual ("is a link to x.service")
};

ImageWant find_want(const initramfs::ImageContents& image, const std::string& unit,
                    const std::string& target);

}  // namespace verify
