// SPDX-License-Identifier: GPL-2.0-or-later
//
// The archive that a test adds over an initramfs.
//
// What must hold:
// - A directory of the image that is a symbolic link stays a link. The kernel would replace it with
//   the directory of the archive, and everything below it would be lost. /usr/lib/dracut/hooks is a
//   link since dracut 106, but not in 112.
// - A hook of dracut runs in the order of its name among the hooks of the image. dracut 112 runs
//   all hooks of /var/lib/dracut/hooks before those of /usr/lib/dracut/hooks.
#pragma once

#include <filesystem>
#include <string>

#include "tests/lab/lab.h"

namespace initramfs {
class ImageContents;
}

namespace lab {

// The path for a file of the archive: "var/lib/dracut/hooks/cmdline/00-a.sh" for
// "usr/lib/dracut/hooks/cmdline/00-a.sh" if `image` has the former directory.
std::string path_in_image(const initramfs::ImageContents& image, const std::string& path);

// The test's files as a cpio archive for `image`, padded to whole sectors.
std::string overlay_archive(const Initramfs& initramfs, const std::filesystem::path& image);
// The same for the real root.
std::string root_archive(const Initramfs& initramfs, const std::filesystem::path& image);

}  // namespace lab
