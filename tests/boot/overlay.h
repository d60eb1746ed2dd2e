// SPDX-License-Identifier: GPL-2.0-or-later
//
// The archive that a test puts over an initramfs.
//
// What must hold: a directory of the image that is a symbolic link stays one. The kernel would
// replace it with the directory of the archive, and everything below it would be lost:
// /usr/lib/dracut/hooks is such a link since dracut 106.
#pragma once

#include <filesystem>
#include <string>

#include "tests/boot/lab.h"

namespace verify {
class ImageContents;
}

namespace lab {

// "var/lib/dracut/hooks/cmdline/00-a.sh" for "usr/lib/dracut/hooks/cmdline/00-a.sh", where `image`
// has that link.
std::string where_links_lead(const verify::ImageContents& image, const std::string& path);

// The test's files as a cpio archive for `image`, padded to whole sectors.
std::string overlay_archive(const Initramfs& initramfs, const std::filesystem::path& image);

}  // namespace lab
