// SPDX-License-Identifier: GPL-2.0-or-later
//
// vfio-verify image FILE: will the next boot from this image bind the cards? One table lists the
// checks. As in checks.h, they judge plain data and read no file.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "host/root.h"
#include "plan/configuration.h"
#include "verify/finding.h"
#include "verify/image_command_lines.h"
#include "verify/image_contents.h"
#include "verify/image_modprobe.h"
#include "verify/image_modules.h"
#include "verify/image_wiring.h"
#include "verify/inspection.h"

namespace verify {

struct ImageInspection {
  std::string file;
  ImageContents image;
  Wiring wiring;
  std::string file_system;  // a file system image in the image, which is not read; "": none
  std::vector<ImageKernel> kernels;
  // The texts of the configuration files, by the part of the name after /etc/vfio-early.conf: "" or
  // ".d/a.conf".
  std::map<std::string, std::string> ours, theirs;  // in the image; of this machine
  plan::Configuration configuration;                // of this machine
  std::vector<plan::Refusal> refusals;              // sections that this machine cannot fulfil
  std::vector<std::string> forbidden;               // files that this user may not read
  std::map<std::string, std::string> kinds;  // modaliases of the configured functions, by address
  BootLines boot;                            // the command lines of the next boot
  std::vector<ModprobeObstacle> modprobe;    // modprobe.d(5) lines that keep modules from loading
  Platform platform;
};

struct ImageCheck {
  const char* id;
  const char* question;
  Findings (*judge)(const ImageInspection& inspection);
};

std::span<const ImageCheck> image_checks();
Findings run_image_checks(const ImageInspection& inspection);

// `inspection`: of this machine; it has the configured functions.
ImageInspection inspect_image(const host::Root& root, const std::string& file,
                              std::string_view bytes, const plan::Configuration& configuration,
                              const std::string& configuration_file, const Inspection& inspection);

}  // namespace verify
