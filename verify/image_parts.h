// SPDX-License-Identifier: GPL-2.0-or-later
//
// An initramfs is a sequence of cpio archives, each compressed in its own way or not at all, with
// zeros between them (Documentation/driver-api/early-userspace/buffer-format.rst). Here it is cut
// into these, as the kernel would (unpack_to_rootfs in init/initramfs.c).
//
// What must hold: any bytes at all come to an end here, within the budget (verify/budget.h).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "verify/budget.h"

namespace verify {

struct ImagePart {
  size_t offset = 0;
  size_t length = 0;
  const char* compression = "";  // "none", "gzip", "xz", "zstd", "lz4", …
};

struct ImageParts {
  std::vector<ImagePart> parts;
  std::string fault;  // why the rest could not be cut; "": there is none
};

// `meter`: for the time that it takes.
ImageParts cut_image(std::string_view image, Meter& meter);

}  // namespace verify
