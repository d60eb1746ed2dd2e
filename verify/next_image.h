// SPDX-License-Identifier: GPL-2.0-or-later
//
// The initramfs of the next boot of the running kernel, judged as by `vfio-verify image`. It is
// searched for in the usual paths of distributions. If several images are found, none is judged,
// because it is unknown which one the boot loader uses. If an entry of a boot loader lists more
// images with it, such as one by `vfio-early image`, all are judged together, one after the other
// as the kernel reads them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "host/root.h"
#include "plan/configuration.h"
#include "verify/finding.h"

namespace verify {

struct Inspection;

struct NextImage {
  std::vector<std::string> candidates;  // images of the running kernel
  std::string why;                      // why it was not judged; "": it was
  std::optional<host::Error> unreadable;
  std::string file;   // the images that were judged: "/boot/a.img, /boot/initrd.img-6.12.0"
  Findings findings;  // of the checks image.*
};

// For each entry by which the next boot may start the image `file`: the names of all images that
// the entry loads, in their order, each list once. Empty: no entry names the image.
std::vector<std::vector<std::string>> images_loaded_with(const host::Root& root,
                                                         const std::string& file);

// The existing files that may be the image of the kernel `release`.
std::vector<std::string> images_of(const host::Root& root, const std::string& release);

// `inspection`: of this machine; it has the configured functions.
NextImage look_at_next_image(const host::Root& root, const plan::Configuration& configuration,
                             const std::string& configuration_file, const Inspection& inspection);

}  // namespace verify
