// SPDX-License-Identifier: GPL-2.0-or-later
//
// Kernel command lines in this machine's configuration. Each becomes part of every entry of the
// boot loader, or of every unified kernel image, when these are generated the next time.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "verify/boot_files.h"

namespace verify {

struct WrittenCommandLine {
  std::string place;               // "/etc/kernel/cmdline"
  std::vector<std::string> texts;  // several: which of them depends on conditions
  bool used = true;                // false: nothing on this machine seems to read it
};

std::vector<WrittenCommandLine> written_command_lines(BootFiles& files);

struct AddonCommandLine {
  std::string place, text;
};

// Those of addons, which systemd-stub appends to the command line of the unified image `file`: of
// its own addons, and those of the EFI system partition (systemd-stub(7)), if `file` is in one.
std::vector<AddonCommandLine> addon_command_lines(const std::string& file);

// `text` without lines that are comments, as one line.
std::string without_comments(std::string_view text);

}  // namespace verify
