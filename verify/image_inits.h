// SPDX-License-Identifier: GPL-2.0-or-later
//
// Each kind of init: what it does with our units, hooks or scripts, up to the moment at which the
// gate and bind run. Each function reads the files of an image and adds to a Wiring what it finds;
// started_by stays empty if nothing of ours is where that init would look for it.
#pragma once

#include <string>
#include <string_view>

#include "verify/image_contents.h"
#include "verify/image_wiring.h"

namespace verify {

void look_at_systemd(const ImageContents& image, Wiring& wiring);
void look_at_dracut(const ImageContents& image, Wiring& wiring);
void look_at_initramfs_tools(const ImageContents& image, Wiring& wiring);
void look_at_mkinitcpio(const ImageContents& image, Wiring& wiring);

// Where an image has dracut's hooks, the one that counts most first.
inline constexpr const char* kDracutHooks[] = {"var/lib/dracut/hooks", "etc/dracut/hooks",
                                               "usr/lib/dracut/hooks"};

inline constexpr const char* kReinstall = "undo changes made by hand, and reinstall vfio-early";

// The remedy for a file of another version; the command that rebuilds follows it.
inline constexpr const char* kOfAnotherVersion =
    "rebuild the image after each update of vfio-early";

// The text of the file at `path`, as init would read it; "" if there is none.
std::string text_at(const ImageContents& image, const std::string& path);

// The file that starts gate and bind: one that differs from this version's `shipped` is broken if
// it does not call both, else undecided.
void judge_starter(const ImageContents& image, const std::string& path, std::string_view shipped,
                   Wiring& wiring);

// Another file of ours, which completes what the first began: undecided if it is missing or
// differs.
void judge_companion(const ImageContents& image, const std::string& path, std::string_view shipped,
                     Wiring& wiring);

// Why the kernel would not run the script at `path`; "" if it would: fs/binfmt_script.c.
std::string fault_of_script(const ImageContents& image, const std::string& path);

// `path` is sourced before us: what ends the shell there ends the boot.
void judge_sourced_before(const ImageContents& image, const std::string& path, Wiring& wiring);

}  // namespace verify
