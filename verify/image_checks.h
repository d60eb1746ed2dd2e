// SPDX-License-Identifier: GPL-2.0-or-later
//
// vfio-verify image FILE: will the next boot, from this image, bind the cards? As for the running
// machine there is one table of checks, which judge plain values and read nothing themselves.
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "host/root.h"
#include "plan/configuration.h"
#include "verify/finding.h"
#include "verify/image_command_lines.h"
#include "verify/image_contents.h"
#include "verify/image_modprobe.h"
#include "verify/image_wiring.h"
#include "verify/inspection.h"

namespace verify {

// What one kernel of the image has of modules, by name.
struct ImageKernel {
  std::string release;
  std::map<std::string, std::string> modules;  // the files that are there, and why the kernel
                                               // would not take it ("": it would)
  std::map<std::string, std::vector<std::string>> needs;  // what each depends on
  std::set<std::string> built_in;
  bool knows_aliases = false;  // else the list of these could not be found
  std::vector<std::pair<std::string, std::string>> aliases;  // of what is built in: pattern, module
};

// `names`, and all that they need, each once.
std::vector<std::string> with_needs(const ImageKernel& kernel, std::vector<std::string> names);

struct ImageInspection {
  std::string file;
  ImageContents image;
  Wiring wiring;
  std::vector<ImageKernel> kernels;
  // The configuration: what follows /etc/vfio-early.conf in a file's name ("", ".d/a.conf"), text.
  std::map<std::string, std::string> ours, theirs;  // in the image; of this machine
  plan::Configuration configuration;                // of this machine
  std::vector<plan::Refusal> refusals;              // what of it this machine can't fulfil
  std::vector<std::string> forbidden;               // files of it that this user may not read
  std::map<std::string, std::string> kinds;  // of the configured functions: address, modalias
  BootLines boot;                            // what its command lines do for us
  std::vector<ModprobeObstacle> modprobe;    // what keeps vfio-pci from being loaded there
  Platform platform;
};

struct ImageCheck {
  const char* id;
  const char* question;
  Findings (*judge)(const ImageInspection& inspection);
};

std::span<const ImageCheck> image_checks();
Findings run_image_checks(const ImageInspection& inspection);

// `inspection` is of this machine, for which functions are meant.
ImageInspection inspect_image(const host::Root& root, const std::string& file,
                              std::string_view bytes, const plan::Configuration& configuration,
                              const std::string& configuration_file, const Inspection& inspection);

}  // namespace verify
