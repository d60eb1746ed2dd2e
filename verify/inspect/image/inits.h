// SPDX-License-Identifier: GPL-2.0-or-later
//
// How each kind of init starts the units, hooks or scripts of vfio-early that run gate and bind.
// Each function reads the files of an image and adds its findings to a Startup. started_by stays
// empty if the image has none of these files for that init.
#pragma once

#include <string>
#include <string_view>

#include "initramfs/contents.h"
#include "verify/inspect/image/startup.h"

namespace verify {

void inspect_systemd(const initramfs::ImageContents& image, Startup& startup);
// The configuration of systemd itself.
void inspect_manager_settings(const initramfs::ImageContents& image, Startup& startup);
void inspect_dracut(const initramfs::ImageContents& image, Startup& startup);
void inspect_initramfs_tools(const initramfs::ImageContents& image, Startup& startup);
void inspect_mkinitcpio(const initramfs::ImageContents& image, Startup& startup);

// The directories of dracut's hooks in an image, by precedence. The last one is only another name
// of the third, unless /lib is a directory of its own, as on hosts without a merged /usr.
inline constexpr const char* kDracutHooks[] = {"var/lib/dracut/hooks", "etc/dracut/hooks",
                                               "usr/lib/dracut/hooks", "lib/dracut/hooks"};

inline constexpr const char* kReinstall = "undo manual changes, and reinstall vfio-early";

// The remedy for a file of a different version; the command that rebuilds the image follows.
inline constexpr const char* kUpdateFiles = "update the files of vfio-early in the image";

// Judges the file that starts gate and bind. If it differs from this version's `shipped`, it is
// broken if it does not call both, else undecided.
void judge_starter(const initramfs::ImageContents& image, const std::string& path,
                   std::string_view shipped, Startup& startup);

// Judges another file of vfio-early, which completes the work of the starter: undecided if it is
// missing or differs.
void judge_companion(const initramfs::ImageContents& image, const std::string& path,
                     std::string_view shipped, Startup& startup);

// Why the kernel would not run the script at `path`; "" if it would: fs/binfmt_script.c.
std::string fault_of_script(const initramfs::ImageContents& image, const std::string& path);

// Judges a file that init sources before it starts vfio-early: undecided if it may end the shell.
void judge_sourced_before(const initramfs::ImageContents& image, const std::string& path,
                          Startup& startup);

// The same for a file that should have only settings. Also judges whether it loads drivers or
// defines functions, which may replace functions of init.
void judge_settings_before(const initramfs::ImageContents& image, const std::string& path,
                           Startup& startup);

}  // namespace verify
