// SPDX-License-Identifier: GPL-2.0-or-later
//
// The commands of the table of platforms (host/platform/platforms.h), as programs to start.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/child.h"
#include "host/platform/platform.h"
#include "host/result.h"
#include "host/root.h"

namespace early::enable {

// One command a line. What needs a shell is passed to /bin/sh. ENOENT: a program is not installed.
host::Result<std::vector<host::Command>> commands_of(const host::Root& root,
                                                     std::string_view lines);

// "update-initramfs"; of a shell's command: the program that it starts.
std::string program_of(const host::Command& command);

// As the user would type it: "update-grub".
std::string shown(const host::Command& command);

// Builds the images of all installed kernels again, and the boot entries if the kernel command line
// changes. The error says why a program cannot do it.
host::Result<std::vector<host::Command>> rebuild_commands(const host::Root& root,
                                                          const host::Platform& platform,
                                                          bool parameters_change);

// Adds the commands that an earlier run recorded, except for those that are there already or whose
// program is not installed any more.
void add_recorded(const host::Root& root, const std::vector<host::Command>& recorded,
                  std::vector<host::Command>& commands);

// What builds the images again now, if an earlier run recorded these commands: they may name a
// generator that has been replaced since. The error says that no program can do it.
host::Result<std::vector<host::Command>> rebuild_commands_now(
    const host::Root& root, const std::vector<host::Command>& recorded);

// Does a rebuild change files that the running system sees? transactional-update builds the images
// in another snapshot.
bool rebuilds_here(const host::Platform& platform);

}  // namespace early::enable
