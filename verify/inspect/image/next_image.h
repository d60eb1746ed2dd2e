// SPDX-License-Identifier: GPL-2.0-or-later
//
// The initramfs of the next boot of the running kernel, which is judged as by `vfio-verify image`.
// It is searched for in the usual paths of distributions. If several images are found, none is
// judged, because it is unknown which one the boot loader uses. If an entry of a boot loader lists
// more images with it, such as one by `vfio-early image`, all are judged together, one after the
// other as the kernel reads them.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "config/configuration.h"
#include "host/result.h"
#include "host/root.h"
#include "verify/inspect/boot/configuration.h"
#include "verify/inspect/facts.h"
#include "verify/inspect/image/image.h"

namespace verify {

struct NextImage {
  std::vector<std::string> candidates;  // images of the running kernel
  std::string why;                      // why it was not read; "": it was
  std::optional<host::Error> unreadable;
  std::string file;  // the images that were read: "/boot/a.img, /boot/initrd.img-6.12.0"
};

// For each entry by which the next boot may start the image `file`: the names of all images that
// the entry loads, in their order, each list once. Empty: no entry names the image.
std::vector<std::vector<std::string>> images_loaded_with(const BootConfiguration& boot,
                                                         const std::string& file);

// The existing files that may be the image of the kernel `release`.
std::vector<std::string> images_of(const host::Root& root, const std::string& release);

// Reads the image `file`, with all images that an entry loads with it. `visit` is called for each
// list of images by which the next boot may start. Only one of them is in memory at a time. Returns
// the files that were read: "/boot/a.img, /boot/initrd.img-6.12.0".
host::Result<std::string> read_with_others(const BootConfiguration& boot, const std::string& file,
                                           const config::Configuration& configuration,
                                           const std::string& configuration_file,
                                           const Facts& facts,
                                           const std::optional<host::Error>& unread_bus,
                                           const std::function<void(const ImageFacts&)>& visit);

// `facts`: of this machine; they have the configured functions. `visit` as above.
NextImage read_next_image(const BootConfiguration& boot, const config::Configuration& configuration,
                          const std::string& configuration_file, const Facts& facts,
                          const std::function<void(const ImageFacts&)>& visit);

}  // namespace verify
