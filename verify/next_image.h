// SPDX-License-Identifier: GPL-2.0-or-later
//
// The initramfs that the running kernel starts from the next time, found where distributions put
// it, and judged as `vfio-verify image` does. Only where there is exactly one: which of several the
// boot loader will take is not guessed.
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
  Findings findings;  // of the checks image.*
};

// Where the image of the kernel `release` may be: those that are there.
std::vector<std::string> images_of(const host::Root& root, const std::string& release);

// `inspection` is of this machine, for which functions are meant.
NextImage look_at_next_image(const host::Root& root, const plan::Configuration& configuration,
                             const std::string& configuration_file, const Inspection& inspection);

}  // namespace verify
