// SPDX-License-Identifier: GPL-2.0-or-later
//
// All that is read of an initramfs, and of what loads it, before the checks image.* judge it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/configuration.h"
#include "initramfs/contents.h"
#include "verify/inspect/boot/configuration.h"
#include "verify/inspect/facts.h"
#include "verify/inspect/image/command_lines.h"
#include "verify/inspect/image/disk_prompt.h"
#include "verify/inspect/image/modprobe.h"
#include "verify/inspect/image/modules.h"
#include "verify/inspect/image/startup.h"

namespace verify {

struct ImageFacts {
  std::string file;
  initramfs::ImageContents image;
  Startup startup;
  std::string file_system;  // a file system image in the image, which is not read; "": none
  std::vector<ImageKernel> kernels;
  // The texts of the configuration files, by the part of the name after /etc/vfio-early.conf: "" or
  // ".d/a.conf".
  std::map<std::string, std::string> image_files, machine_files;  // in the image; of this machine
  config::Configuration configuration;                            // of this machine
  std::vector<config::Refusal> refusals;  // sections that this machine cannot fulfil
  std::vector<std::string> forbidden;     // files that this user may not read
  bool unified = false;                   // a unified kernel image
  std::optional<host::Error> unread_bus;  // why the functions of this machine are unknown
  std::map<std::string, std::string>
      modaliases;  // modaliases of the configured functions, by address
  DiskPrompt disk_prompt;
  BootLines boot;                      // the command lines of the next boot
  std::vector<ModprobeRule> modprobe;  // modprobe.d(5) lines about modules that are loaded
  host::Platform platform;
};

// `boot` and `facts`: of this machine; the facts have the configured functions. `unread_bus`: why
// they do not.
ImageFacts read_image_facts(const BootConfiguration& boot, const std::string& file,
                            std::string_view bytes, const config::Configuration& configuration,
                            const std::string& configuration_file, const Facts& facts,
                            const std::optional<host::Error>& unread_bus = std::nullopt);

}  // namespace verify
