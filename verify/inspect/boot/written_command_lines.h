// SPDX-License-Identifier: GPL-2.0-or-later
//
// Kernel command lines in configuration files of this machine. Each becomes part of every entry of
// the boot loader, or of every unified kernel image, when these are next generated.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "verify/inspect/boot/files.h"

namespace verify {

struct WrittenCommandLine {
  std::string location;            // "/etc/kernel/cmdline"
  std::vector<std::string> texts;  // several: conditions decide which one is used
  bool used = true;                // false: nothing on this machine seems to read it
};

std::vector<WrittenCommandLine> written_command_lines(BootFiles& files);

struct AddonCommandLine {
  std::string location, text;
};

// The command lines of addons, which systemd-stub appends to the command line of the unified image
// `file`: its own addons, and those of the EFI system partition if `file` is on one
// (systemd-stub(7)).
std::vector<AddonCommandLine> addon_command_lines(const std::string& file);

// `text` as one line, without comment lines.
std::string without_comments(std::string_view text);

}  // namespace verify
