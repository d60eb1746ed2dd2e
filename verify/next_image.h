// SPDX-License-Identifier: GPL-2.0-or-later
//
// The initramfs that the running kernel starts from the next time, found where distributions put
// it, and judged as `vfio-verify image` does. Only where there is exactly one: which of several the
// boot loader will take is not guessed. If a boot loader's entry names others with it, such as what
// `vfio-early image` wrote, all are judged together, as the kernel gets them: one after the other.
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
  std::vector<std::string> candidates;  // of the running kernel
  std::string why;                      // it was not judged; "" it was
  std::optional<host::Error> unreadable;
  std::string file;   // the images that were judged: "/boot/a.img, /boot/initrd.img-6.12.0"
  Findings findings;  // of the checks image.*
};

// What boot loaders load with the image `file`, and itself, in their order, by name: each
// list that an entry has by which the next boot may start it. Empty: no entry names it.
std::vector<std::vector<std::string>> images_loaded_with(const host::Root& root,
                                                         const std::string& file);

// Where the image of the kernel `release` may be: those that are there.
std::vector<std::string> images_of(const host::Root& root, const std::string& release);

// `inspection` is of this machine, for which functions are meant.
NextImage look_at_next_image(const host::Root& root, const plan::Configuration& configuration,
                             const std::string& configuration_file, const Inspection& inspection);

}  // namespace verify
